"""One captured page → its article or refusal, with places → the archive → the run's counts."""

from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem, NotConfigured

from crawler.fetch.spiders.items import PageItem
from crawler.fetch.spiders.outlet import OutletSpider
from crawler.fetch.store_group import StoreGroup
from storage.model.articles import Article


def _spider_of(crawler: Crawler, name: str) -> OutletSpider:
    """Return a crawl's spider. Raises NotConfigured unless it is an OutletSpider."""
    if not isinstance(crawler.spider, OutletSpider):
        raise NotConfigured(f"{name} serves the spiders of outlet files only")
    return crawler.spider


class ExtractPipeline:
    """Extracts a page's article, places included, in a process that can be killed."""

    def __init__(self, spider: OutletSpider):
        self._spider = spider

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the pipeline of an OutletSpider. Raises NotConfigured for any other spider."""
        return cls(_spider_of(crawler, cls.__name__))

    async def process_item(self, item: PageItem) -> PageItem:
        """Set the item's result and tags, unless the spider has; pass its date to pagination."""
        if item.page is not None and item.result is None:
            item.result, item.tags = await self._spider.session.read(item.page)
        item.page = None
        if item.key is not None and isinstance(item.result, Article):
            self._spider.listings.note_date(item.key, item.result.published_at)
        return item


class StorePipeline:
    """Stores extracted pages in groups, and counts them. An error of the archive ends the run."""

    def __init__(self, group: StoreGroup):
        self._group = group

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the pipeline of an OutletSpider. Raises NotConfigured for any other spider."""
        spider = _spider_of(crawler, cls.__name__)
        group = StoreGroup(spider, _IdleCheck(crawler))
        spider.flush_pending = group.flush
        return cls(group)

    async def process_item(self, item: PageItem) -> PageItem:
        """Store one page. Raises DropItem if the archive rejects it."""
        if item.result is None:
            raise DropItem("the page was not read")
        await self._group.add(item)
        return item


class _IdleCheck:
    """Tells whether a crawl has no work left except the pages pending in the store group."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._is_scheduler_empty = False
        crawler.signals.connect(self._on_scheduler_empty, signals.scheduler_empty)
        crawler.signals.connect(self._on_request_scheduled, signals.request_scheduled)

    def _on_scheduler_empty(self) -> None:
        self._is_scheduler_empty = True

    def _on_request_scheduled(self) -> None:
        self._is_scheduler_empty = False

    def __call__(self, pending: int) -> bool:
        """True if no download is in progress and only the `pending` pages are being processed.

        Also if Scrapy has stopped downloading until the responses that it holds are processed.
        """
        engine = self._crawler.engine
        slot = engine.scraper.slot if engine is not None else None
        if engine is None or slot is None or slot.needs_backout():
            return True
        nothing_scheduled = self._is_scheduler_empty or not self._crawler.crawling
        return nothing_scheduled and not engine.downloader.active and len(slot.active) <= pending
