"""Answers that end before their end: asked again, and taken as they are where that is no help."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response


def is_short(response: Response) -> bool:
    """True where less came than was announced (setting DOWNLOAD_FAIL_ON_DATALOSS is off)."""
    return "dataloss" in response.flags


class ShortAnswers:
    """Scrapy retries such answers and then loses the page; here what came last is kept.

    Many of these pages are whole, and only their Content-Length is wrong.
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
        """Return the same request again, or the response."""
        spider = self._crawler.spider
        if not is_short(response) or spider is None or not self._times:
            return response
        again = get_retry_request(
            request, spider=spider, reason="ends before its end", max_retry_times=self._times
        )
        return again or response
