"""Measure the time and the statements that a crawl of benchmarks.crawl takes to store.

Scrapy imports this module in the crawl's process by its setting STATS_CLASS. The thread's CPU time
covers everything that storing takes: the transaction, the state for the next crawl, and the counts.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from scrapy.crawler import Crawler
from scrapy.statscollectors import MemoryStatsCollector

from crawler.fetch.store_group import StoreGroup


class StoreClock(MemoryStatsCollector):
    """Scrapy's stats collector that also measures storing, and writes its figures at the end."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._seconds = 0.0
        self._statements = 0
        self._groups = 0
        self._is_storing = False
        flush = StoreGroup.flush

        def timed(group: StoreGroup) -> None:
            begun, self._is_storing = time.thread_time(), True
            flush(group)
            self._seconds += time.thread_time() - begun
            self._is_storing = False
            self._groups += 1

        setattr(StoreGroup, "flush", timed)  # noqa: B010 - mypy rejects assigning to a method
        sa.event.listen(sa.Engine, "before_cursor_execute", self._count)

    def _count(self, *_: Any) -> None:
        self._statements += self._is_storing

    def close_spider(self, *arguments: Any, **named: Any) -> None:
        """Write the figures to the file that the environment names."""
        figures = {
            "seconds": self._seconds,
            "statements": self._statements,
            "groups": self._groups,
        }
        path = Path(os.environ["TINQUAN_BENCHMARK_STORE"])
        path.write_text(json.dumps(figures), encoding="utf-8")
        super().close_spider(*arguments, **named)
