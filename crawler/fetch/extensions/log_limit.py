"""A crawl's log ends where it would fill the disk."""

import logging
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler

_ROOM = 4096  # bytes for the line that says so, and what a record's form adds


class LogLimit(logging.Filter):
    """Lets records pass until so many bytes have been written, then one that says so.

    Errors in a loop, or a page's text at every request, have filled disks before.
    """

    def __init__(self, most_bytes: int) -> None:
        super().__init__()
        self._left = most_bytes - _ROOM

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the limit, put on every log that goes to a file."""
        limit = cls(crawler.settings.getint("TINQUAN_LOG_BYTES"))
        crawler.signals.connect(limit.install, signals.engine_started)
        return limit

    def install(self) -> None:
        """Watch over the handlers there are."""
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.FileHandler):
                handler.addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is written."""
        if self._left <= 0:
            return False
        self._left -= len(record.getMessage()) + 100
        if self._left <= 0:
            record.msg, record.args = "this log is at its limit; nothing more is written", ()
            record.exc_info = None
        return True
