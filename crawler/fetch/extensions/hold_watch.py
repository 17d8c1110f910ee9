"""Ends a crawl that has lost its lock on the host: another process may be crawling it by now."""

import asyncio
import threading
import time
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler.capture.hold import ASK_SECONDS, LOST
from crawler.fetch.spiders.outlet import OutletSpider
from storage.model.runs import Outcome

_SILENCE_SECONDS = 10.0  # after so long without a reply the connection counts as lost
_TICK_SECONDS = 0.5


class HoldWatch:
    """Checks the lock in a thread, which a dead network may block, and ends the run from the loop.

    The last request goes out at most `ASK_SECONDS`, the silence and a tick after the connection
    is cut; then the run has three seconds for open requests (`Watchdog`) and ten to write its end.
    """

    def __init__(self, spider: OutletSpider):
        self._spider = spider
        self._hold = spider.session.hold
        self._confirmed_at = time.monotonic()
        self._done = threading.Event()
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the watch. Raises NotConfigured unless a database connection holds the lock."""
        spider = crawler.spider
        if not isinstance(spider, OutletSpider) or not spider.session.holds_shared_host:
            raise NotConfigured
        watch = cls(spider)
        crawler.signals.connect(watch.start, signals.engine_started)
        crawler.signals.connect(watch.stop, signals.engine_stopped)
        return watch

    def start(self) -> None:
        """Start checking; called when the engine starts."""
        self._confirmed_at = time.monotonic()
        threading.Thread(target=self._check_lock, name="hold-watch", daemon=True).start()
        self._task = asyncio.ensure_future(self._watch())

    def stop(self) -> None:
        """Stop checking; called when the engine has stopped."""
        self._done.set()
        if self._task is not None:
            self._task.cancel()

    def _check_lock(self) -> None:
        while not self._done.wait(ASK_SECONDS):
            if self._hold.was_cut():
                return
            self._confirmed_at = time.monotonic()

    async def _watch(self) -> None:
        while not self._hold.is_lost:
            await asyncio.sleep(_TICK_SECONDS)
            if time.monotonic() - self._confirmed_at > ASK_SECONDS + _SILENCE_SECONDS:
                self._hold.is_lost = True
        self._spider.halt(Outcome.STOPPED, f"{self._spider.outlet.host}: {LOST}")
