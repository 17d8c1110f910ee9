"""Answers Scrapy's requests from recorded responses instead of the network."""

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from crawler.capture.reader import Recorded, ReplayIndex
from crawler.fetch.middlewares.errors import NotRecordedError, OversizeError, UnreadableRecordError
from crawler.fetch.middlewares.meta import CAPTURE
from storage.errors import CaptureError


class ReplayHandler:
    """A replay's download handler: answers from the index and opens no socket."""

    lazy = False

    def __init__(self, index: ReplayIndex):
        self._index = index

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ReplayHandler":
        """Return the handler with the run's index."""
        index = getattr(crawler.spider, "replay_index", None)
        if not isinstance(index, ReplayIndex):
            raise TypeError("a replay needs a spider with its index")
        return cls(index)

    async def download_request(self, request: Request) -> Response:
        """Return the recorded response.

        Raises NotRecordedError, OversizeError, UnreadableRecordError; none of them ends the run.
        """
        try:
            recorded = self._index.find(request.url)
        except CaptureError as error:
            raise UnreadableRecordError(f"{request.url}: {error}") from None
        if recorded is None:
            raise NotRecordedError(f"{request.url}: not recorded")
        request.meta[CAPTURE] = recorded.capture
        if recorded.is_cut:
            raise OversizeError(f"{request.url}: too large")
        return as_response(request, recorded)

    async def close(self) -> None:
        """Do nothing: no file is held open."""


def as_response(request: Request, recorded: Recorded) -> Response:
    """Return a recorded response as the network would have delivered it."""
    headers = Headers({})
    for name, value in recorded.headers:
        headers.appendlist(name, value)
    kind = responsetypes.from_args(headers=headers, url=request.url, body=recorded.body)
    return kind(
        url=request.url, status=recorded.capture.status, headers=headers, body=recorded.body
    )
