"""Ends a crawl that has lost its hold of the host: somebody else may be crawling it by now."""

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

_SILENCE_SECONDS = 10.0  # of a server that does not answer; then it is taken for lost
_TICK_SECONDS = 0.5


class HoldWatch:
    """Asks in a thread, which a dead network may keep waiting, and ends the run from the loop.

    From a cut to the last request: the two times above and a tick; then the run has three seconds
    for what is under way (`Watchdog`) and ten to write its end.
    """

    def __init__(self, spider: OutletSpider):
        self._spider = spider
        self._hold = spider.session.hold
        self._sure_at = time.monotonic()
        self._done = threading.Event()
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Watch only where a connection keeps the locks, and a host is held."""
        spider = crawler.spider
        if not isinstance(spider, OutletSpider) or not spider.session.holds_shared_host:
            raise NotConfigured
        watch = cls(spider)
        crawler.signals.connect(watch.start, signals.engine_started)
        crawler.signals.connect(watch.stop, signals.engine_stopped)
        return watch

    def start(self) -> None:
        """Begin to ask; called when the engine starts."""
        self._sure_at = time.monotonic()
        threading.Thread(target=self._ask, name="hold-watch", daemon=True).start()
        self._task = asyncio.ensure_future(self._watch())

    def stop(self) -> None:
        """Stop asking; called when the engine has stopped."""
        self._done.set()
        if self._task is not None:
            self._task.cancel()

    def _ask(self) -> None:
        while not self._done.wait(ASK_SECONDS):
            if self._hold.was_cut():
                return
            self._sure_at = time.monotonic()

    async def _watch(self) -> None:
        while not self._hold.is_lost:
            await asyncio.sleep(_TICK_SECONDS)
            if time.monotonic() - self._sure_at > ASK_SECONDS + _SILENCE_SECONDS:
                self._hold.is_lost = True
        self._spider.halt(Outcome.STOPPED, f"{self._spider.outlet.host}: {LOST}")
