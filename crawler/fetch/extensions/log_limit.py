"""A crawl's log keeps its end where all of it would fill the disk."""

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
    """Puts a rotating log in the place of Scrapy's endless one.

    Errors in a loop, or a page's text at every request, have filled disks before. The log and the
    one before it (`.log.1`) hold `most_bytes` together: the last that was written, for that is
    what tells how a crawl ended.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the limit, put on every log that goes to a file."""
        limit = cls(crawler.settings.getint("TINQUAN_LOG_BYTES"))
        crawler.signals.connect(limit.install, signals.engine_started)
        return limit

    def install(self) -> None:
        """Replace the handlers of files that there are."""
        root = logging.getLogger()
        for handler in list(root.handlers):
            if type(handler) is logging.FileHandler:
                root.removeHandler(handler)
                handler.close()
                root.addHandler(self._rotating(handler))

    def _rotating(self, endless: logging.FileHandler) -> RotatingFileHandler:
        rotating = _PrivateLog(
            endless.baseFilename,
            maxBytes=self._most_bytes // 2,
            backupCount=1,
            encoding=endless.encoding,
        )
        rotating.setLevel(endless.level)
        rotating.setFormatter(endless.formatter)
        rotating.filters = endless.filters
        return rotating
