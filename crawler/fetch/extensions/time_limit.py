"""Ends a run at its time limit, and ends it soon when it was asked to stop."""

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
_GRACE_SECONDS = 3.0  # for what is under way; a scheduler kills a process that takes over 5 s


class Watchdog:
    """Looks a few times a second whether the run has to end.

    Scrapy's own way to stop waits for the request in flight, which may drip for a minute, and
    for the delay before it. Whatever is lost then was not stored: the next crawl reads back what
    was recorded, and asks for the rest.
    """

    def __init__(self, crawler: Crawler, spider: OutletSpider, run_seconds: float):
        self._crawler = crawler
        self._spider = spider
        self._run_seconds = run_seconds
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the watchdog of one of our spiders' crawls."""
        if not isinstance(crawler.spider, OutletSpider):
            raise NotConfigured("the watchdog guards the spiders of outlet files only")
        watchdog = cls(crawler, crawler.spider, crawler.settings.getfloat("TINQUAN_RUN_SECONDS"))
        crawler.signals.connect(watchdog.start, signals.engine_started)
        crawler.signals.connect(watchdog.stop, signals.engine_stopped)
        return watchdog

    def start(self) -> None:
        """Begin to look; called when the engine starts."""
        self._task = asyncio.ensure_future(self._watch())

    def stop(self) -> None:
        """Stop looking; called when the engine has stopped."""
        if self._task is not None:
            self._task.cancel()

    async def _watch(self) -> None:
        clock = asyncio.get_running_loop().time
        limit = clock() + self._run_seconds
        while self._crawler.crawling and clock() < limit:
            await asyncio.sleep(_TICK_SECONDS)
        if self._crawler.crawling:
            error = f"not done within its time limit of {self._run_seconds:g} s"
            self._spider.halt(Outcome.TIMED_OUT, error)
        await asyncio.sleep(_GRACE_SECONDS)
        _log.warning("ending without what is still under way")
        self._spider.session.leaves_pages = True
        self._spider.closed("shutdown")
        # Importing it installs one: not before Scrapy has chosen, nor before a process is forked.
        from twisted.internet import reactor  # noqa: PLC0415

        running: Any = reactor  # the module has become the reactor, which mypy cannot know
        running.stop()
