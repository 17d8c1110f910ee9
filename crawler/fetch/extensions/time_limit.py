"""Ends a run at its time limit, and soon after a request to stop."""

import asyncio
import logging
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler.fetch.spiders.outlet import OutletSpider
from storage.model.runs import Outcome

_log = logging.getLogger(__name__)
_TICK_SECONDS = 0.25
_GRACE_SECONDS = 3.0  # for open requests; a scheduler kills a process that takes over 5 s


class Watchdog:
    """Checks a few times a second whether the run has to end.

    Scrapy's own shutdown waits for the request in flight, which may trickle for a minute, and for
    the delay before it. Pages cut off here are not lost: the next crawl reads the recorded ones
    back and requests the rest.
    """

    def __init__(self, crawler: Crawler, spider: OutletSpider, run_seconds: float):
        self._crawler = crawler
        self._spider = spider
        self._run_seconds = run_seconds
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the watchdog. Raises NotConfigured unless the spider is an OutletSpider."""
        if not isinstance(crawler.spider, OutletSpider):
            raise NotConfigured("the watchdog guards the spiders of outlet files only")
        watchdog = cls(crawler, crawler.spider, crawler.settings.getfloat("TINQUAN_RUN_SECONDS"))
        crawler.signals.connect(watchdog.start, signals.engine_started)
        crawler.signals.connect(watchdog.stop, signals.engine_stopped)
        return watchdog

    def start(self) -> None:
        """Start checking; called when the engine starts."""
        self._task = asyncio.ensure_future(self._watch())

    def stop(self) -> None:
        """Stop checking; called when the engine has stopped."""
        if self._task is not None:
            self._task.cancel()

    async def _watch(self) -> None:
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._run_seconds
        while self._crawler.crawling and clock() < deadline:
            await asyncio.sleep(_TICK_SECONDS)
        if self._crawler.crawling:
            error = f"not done within its time limit of {self._run_seconds:g} s"
            self._spider.halt(Outcome.TIMED_OUT, error)
        await asyncio.sleep(_GRACE_SECONDS)
        _log.warning("ending without waiting for open requests")
        self._spider.session.leaves_pages = True
        self._spider.closed("shutdown")
        # The import installs a reactor: it must follow Scrapy's choice, and the fork.
        from twisted.internet import reactor  # noqa: PLC0415

        running: Any = reactor  # Twisted replaces the module by the reactor; mypy cannot know
        running.stop()
