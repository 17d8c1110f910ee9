"""Responses over the size limit: stopped on the line, recorded without their body, refused.

Scrapy's own limit drops them without a trace, so that they would be asked for at every crawl.
"""

from typing import Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import StopDownload

_CAME = "oversize_bytes"  # the key in a request's meta: how much of its body has come


class OversizeStop:
    """Stops a download at `limit` bytes, or before it where the server announces more."""

    def __init__(self, limit: int):
        self._limit = limit

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Watch every download of the crawl (setting DOWNLOAD_MAXSIZE, bytes)."""
        stop = cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"))
        crawler.signals.connect(stop.headers_received, signals.headers_received)
        crawler.signals.connect(stop.bytes_received, signals.bytes_received)
        return stop

    def headers_received(self, body_length: int, request: Request) -> None:
        """Raise StopDownload where more is announced than the limit."""
        request.meta[_CAME] = 0
        # Twisted's word for an unknown length is a text.
        if isinstance(body_length, int) and body_length > self._limit:
            raise StopDownload(fail=False)

    def bytes_received(self, data: bytes, request: Request) -> None:
        """Raise StopDownload where more has come than the limit."""
        request.meta[_CAME] = request.meta.get(_CAME, 0) + len(data)
        if request.meta[_CAME] > self._limit:
            raise StopDownload(fail=False)
