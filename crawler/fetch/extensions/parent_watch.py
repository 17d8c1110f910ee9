"""Ends a crawl that `tinquan crawl` or the schedule started when that parent is gone."""

import os
import signal
import sys
import threading
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured


class ParentWatch:
    """Ends the crawl cleanly when the parent is gone: standard input then closes.

    Without it a killed `tinquan crawl` would leave crawls running unsupervised.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the watch. Raises NotConfigured unless a parent holds the pipe's other end."""
        if not crawler.settings.getbool("TINQUAN_SUPERVISED"):
            raise NotConfigured
        watch = cls()
        crawler.signals.connect(watch.spider_opened, signals.spider_opened)
        return watch

    def spider_opened(self) -> None:
        """Start watching in a thread that does not keep the process alive."""
        threading.Thread(target=_wait_for_end, name="parent-watch", daemon=True).start()


def _wait_for_end() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
