"""How long a crawl of benchmarks.crawl stores, and with how many statements.

Scrapy imports it in the crawl's own process by its setting STATS_CLASS. The thread's CPU time is
that of all that storing takes: the transaction, what is kept for the next look, and the counts.
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
    """Scrapy's stats, and beside them what storing took, written when the crawl ends."""

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

        setattr(StoreGroup, "flush", timed)  # noqa: B010 - mypy lets no method be set
        sa.event.listen(sa.Engine, "before_cursor_execute", self._count)

    def _count(self, *_: Any) -> None:
        self._statements += self._is_storing

    def close_spider(self, *arguments: Any, **named: Any) -> None:
        """Write the figures down."""
        told = {
            "seconds": self._seconds,
            "statements": self._statements,
            "groups": self._groups,
        }
        Path(os.environ["TINQUAN_BENCHMARK_STORE"]).write_text(json.dumps(told), encoding="utf-8")
        super().close_spider(*arguments, **named)
