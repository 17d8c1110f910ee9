"""Limits the size of a crawl's log, so that it cannot fill the disk."""

import logging
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler

from crawler.capture.private import open_private


class _PrivateLog(RotatingFileHandler):
    def _open(self) -> TextIOWrapper:
        log: TextIOWrapper = open_private(self.baseFilename, self.mode, encoding=self.encoding)
        return log


class LogLimit:
    """Replaces Scrapy's unbounded log with a rotating one.

    Errors in a loop, or a page's text at every request, have filled disks before. The log and the
    one before it (`.log.1`) hold `max_bytes` together: the most recent lines, since they say how
    the crawl ended.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the limit; it applies to every file handler (setting TINQUAN_LOG_BYTES)."""
        limit = cls(crawler.settings.getint("TINQUAN_LOG_BYTES"))
        crawler.signals.connect(limit.install, signals.engine_started)
        return limit

    def install(self) -> None:
        """Replace the root logger's file handlers; called when the engine starts."""
        root = logging.getLogger()
        for handler in list(root.handlers):
            if type(handler) is logging.FileHandler:
                root.removeHandler(handler)
                handler.close()
                root.addHandler(self._rotating(handler))

    def _rotating(self, unbounded: logging.FileHandler) -> RotatingFileHandler:
        rotating = _PrivateLog(
            unbounded.baseFilename,
            maxBytes=self._max_bytes // 2,
            backupCount=1,
            encoding=unbounded.encoding,
        )
        rotating.setLevel(unbounded.level)
        rotating.setFormatter(unbounded.formatter)
        rotating.filters = unbounded.filters
        return rotating
