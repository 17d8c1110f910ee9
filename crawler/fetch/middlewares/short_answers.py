"""Retries truncated responses, and accepts the last one if it is truncated too."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response


def is_short(response: Response) -> bool:
    """True if less arrived than was announced (setting DOWNLOAD_FAIL_ON_DATALOSS is off)."""
    return "dataloss" in response.flags


class ShortAnswers:
    """Keeps the last truncated response, where Scrapy's own retries drop the page.

    Many of these pages are complete, and only their Content-Length is wrong.
    """

    def __init__(self, crawler: Crawler, times: int):
        self._crawler = crawler
        self._times = times

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the middleware (settings RETRY_ENABLED, RETRY_TIMES)."""
        settings = crawler.settings
        return cls(crawler, settings.getint("RETRY_TIMES") * settings.getbool("RETRY_ENABLED"))

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Return a retry of the request, or the response once the retries are used up."""
        spider = self._crawler.spider
        if not is_short(response) or spider is None or not self._times:
            return response
        retry = get_retry_request(
            request, spider=spider, reason="truncated response", max_retry_times=self._times
        )
        return retry or response
