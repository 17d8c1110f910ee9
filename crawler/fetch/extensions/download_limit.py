"""Stops downloads over the size limit, so that they are recorded without a body and refused.

Scrapy's own limit drops such responses silently, so that every crawl would request them again.
"""

from typing import Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import StopDownload

_RECEIVED = "oversize_bytes"  # meta key: the bytes of the body received so far


class OversizeStop:
    """Stops a download at `limit` bytes, or at its headers if the server announces more."""

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
        """Raise StopDownload if the announced length is over the limit."""
        request.meta[_RECEIVED] = 0
        # Twisted gives an unknown length as a string.
        if isinstance(body_length, int) and body_length > self._limit:
            raise StopDownload(fail=False)

    def bytes_received(self, data: bytes, request: Request) -> None:
        """Raise StopDownload once more bytes than the limit have arrived."""
        request.meta[_RECEIVED] = request.meta.get(_RECEIVED, 0) + len(data)
        if request.meta[_RECEIVED] > self._limit:
            raise StopDownload(fail=False)
