"""One captured page → its article or refusal, with places → the archive → the run's counts."""

import logging
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem, NotConfigured

from crawler.fetch.spiders.items import PageItem
from crawler.fetch.spiders.outlet import OutletSpider
from crawler.health.signals import HealthSignal, signals_of
from storage.errors import ArchiveError
from storage.model.articles import Article, Refusal, Stored, Verdict
from storage.model.runs import Outcome

_log = logging.getLogger(__name__)


class _Pipeline:
    """A step of the way of one outlet's pages; other spiders have none."""

    def __init__(self, spider: OutletSpider):
        self._spider = spider

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the pipeline of one of our spiders. Raises NotConfigured for any other."""
        if not isinstance(crawler.spider, OutletSpider):
            raise NotConfigured(f"{cls.__name__} serves the spiders of outlet files only")
        return cls(crawler.spider)


class ExtractPipeline(_Pipeline):
    """Reads a page, places included, in a process that can be killed."""

    async def process_item(self, item: PageItem) -> PageItem:
        """Set the item's result and tags, unless the spider has."""
        if item.page is not None and item.result is None:
            item.result, item.tags = await self._spider.session.read(item.page)
        item.page = None
        return item


class StorePipeline(_Pipeline):
    """Stores what was read. An error of the archive ends the run."""

    async def process_item(self, item: PageItem) -> PageItem:
        """Store one page. Raises DropItem where the archive does not take it."""
        spider = self._spider
        if item.result is None:
            raise DropItem("the page was not read")
        if spider.is_over:
            raise DropItem("the run has ended")
        try:
            aliases = spider.addresses_of(item)
            item.stored = spider.archive.articles.store(
                spider.run_id,
                item.capture,
                item.result,
                aliases,
                item.tags,
                is_final=item.is_final and isinstance(item.result, Refusal),
            )
            self._keep_for_next_time(item, item.stored)
        except ArchiveError as error:
            spider.halt(Outcome.FAILED, str(error))
            raise DropItem(f"not stored: {error}") from None
        return item

    def _keep_for_next_time(self, item: PageItem, stored: Stored) -> None:
        """Keep what a later look at an article needs, once the article is stored."""
        archive = self._spider.archive
        if item.known is not None:
            status = item.capture.status
            archive.schedule.note_check(stored.id or item.known, item.capture.captured_at, status)
        if (
            item.validator
            and isinstance(item.result, Article)
            and not self._spider.session.is_replay
        ):
            archive.links.save_validator(item.validator)


class ReportPipeline(_Pipeline):
    """Counts what was stored, and tells the listings that led to it."""

    async def process_item(self, item: PageItem) -> PageItem:
        """Count one stored page."""
        spider, result, stored = self._spider, item.result, item.stored
        if result is None or stored is None:
            raise DropItem("the page was not stored")
        reason = result.reason if isinstance(result, Refusal) else None
        published_at = result.published_at if isinstance(result, Article) else None
        spider.recorder.stored(stored, reason, published_at)
        if stored.apart_from is not None:
            _log.warning(
                "kept apart: %r names article %d, whose text has nothing in common with its own",
                item.url,
                stored.apart_from,
            )
            spider.recorder.record_signal(HealthSignal.KEPT_APART, item.url)
        if item.key is None:
            return item
        if stored.verdict is not Verdict.KNOWN:
            first = item.key not in spider.listings.frontier.looked_at
            for signal in signals_of(result, is_first=first and not item.is_final):
                spider.recorder.record_signal(signal, item.url)
        section = spider.listings.section_of(item.key)
        if section is not None and stored.verdict is Verdict.NEW:
            spider.recorder.new_article(section, published_at or item.capture.captured_at)
        # What brought no article waits in the archive; it needs no listing to be asked again.
        well = reason is None or reason.can_settle
        spider.listings.settled(item.key, published_at, well=well)
        return item
