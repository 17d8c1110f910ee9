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
    """Return a crawl's spider. Raises NotConfigured where it is none of ours."""
    if not isinstance(crawler.spider, OutletSpider):
        raise NotConfigured(f"{name} serves the spiders of outlet files only")
    return crawler.spider


class ExtractPipeline:
    """Reads a page, places included, in a process that can be killed."""

    def __init__(self, spider: OutletSpider):
        self._spider = spider

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the pipeline of one of our spiders. Raises NotConfigured for any other."""
        return cls(_spider_of(crawler, cls.__name__))

    async def process_item(self, item: PageItem) -> PageItem:
        """Set the item's result and tags, unless the spider has; let paging know its date."""
        if item.page is not None and item.result is None:
            item.result, item.tags = await self._spider.session.read(item.page)
        item.page = None
        if item.key is not None and isinstance(item.result, Article):
            self._spider.listings.dated(item.key, item.result.published_at)
        return item


class StorePipeline:
    """Stores what was read, in groups, and counts it. An error of the archive ends the run."""

    def __init__(self, group: StoreGroup):
        self._group = group

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the pipeline of one of our spiders. Raises NotConfigured for any other."""
        spider = _spider_of(crawler, cls.__name__)
        group = StoreGroup(spider, _Quiet(crawler))
        spider.store_waiting = group.flush
        return cls(group)

    async def process_item(self, item: PageItem) -> PageItem:
        """Store one page. Raises DropItem where the archive does not take it."""
        if item.result is None:
            raise DropItem("the page was not read")
        await self._group.add(item)
        return item


class _Quiet:
    """Tells whether a crawl waits for nothing but the pages that wait to be stored."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._is_empty = False
        crawler.signals.connect(self._emptied, signals.scheduler_empty)
        crawler.signals.connect(self._filled, signals.request_scheduled)

    def _emptied(self) -> None:
        self._is_empty = True

    def _filled(self) -> None:
        self._is_empty = False

    def __call__(self, waiting: int) -> bool:
        """True where no download is under way and no other page is being read.

        Also where Scrapy downloads nothing more until the pages that it holds are done with.
        """
        engine = self._crawler.engine
        slot = engine.scraper.slot if engine is not None else None
        if engine is None or slot is None or slot.needs_backout():
            return True
        is_last = self._is_empty or not self._crawler.crawling
        return is_last and not engine.downloader.active and len(slot.active) <= waiting
