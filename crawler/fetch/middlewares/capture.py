"""Writes every response to a WARC file before any other code sees it."""

from functools import partial

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.capture.writer import Exchange, WarcFiles
from crawler.fetch.middlewares.errors import OversizeError, is_oversize
from crawler.fetch.middlewares.meta import CAPTURE, POLL, RECORD
from crawler.page.times import utc_now

_UNCHANGED = 304
_MAX_HEADER = 16 * 1024  # bytes; fastwarc drops the whole record for a line of 32 KiB


class CaptureMiddleware:
    """Records every response as it came, and passes its Capture on in the request's meta.

    It runs below redirects and decompression (priority 650), so that redirects are recorded too
    and bodies are stored as sent. Responses of polls are held back until one brings news.
    """

    def __init__(self, files: WarcFiles | None):
        self._files = files

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "CaptureMiddleware":
        """Return the middleware with the run's files; in a replay it records nothing."""
        files: WarcFiles | None = getattr(crawler.spider, "warc_files", None)
        if files is not None:
            crawler.signals.connect(files.close, signals.engine_stopped)
        return cls(files)

    def process_request(self, request: Request) -> None:
        """Drop the capture of an earlier response: a retry may end without one."""
        request.meta.pop(CAPTURE, None)

    def process_response(self, request: Request, response: Response) -> Response:
        """Record the response. Raises CaptureError; OversizeError if its body was cut off."""
        if RECORD in request.meta:  # read back from a record
            return response
        is_cut = is_oversize(response)
        if self._files is not None:
            exchange = Exchange(
                url=request.url,
                method=request.method,
                request_headers=_pairs(request.headers),
                status=response.status,
                response_headers=_pairs(response.headers),
                body=b"" if is_cut else response.body,
                received_at=utc_now(),
                protocol=response.protocol,
                ip_address=str(response.ip_address) if response.ip_address else None,
                is_cut=is_cut,
            )
            if response.status == _UNCHANGED or request.meta.get(POLL):
                self._files.hold(exchange, partial(request.meta.__setitem__, CAPTURE))
            else:
                request.meta[CAPTURE] = self._files.write(exchange)
        if is_cut:
            raise OversizeError(f"{request.url}: too large")
        return response


def _pairs(headers: dict[bytes, list[bytes]]) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers without those too long for readers of WARC files."""
    pairs = ((name, value) for name, values in headers.items() for value in values)
    return tuple((name, value) for name, value in pairs if len(value) <= _MAX_HEADER)
