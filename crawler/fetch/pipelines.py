"""One captured page → its article or refusal → its places → the archive."""

from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler.fetch.spiders.items import CapturedPage
from crawler.fetch.spiders.outlet import OutletSpider
from crawler.health.signals import signs_of
from storage.errors import ArchiveError
from storage.model.articles import Article, Refusal, RefusalReason, Stored, Verdict
from storage.model.runs import Outcome


class ArchivePipeline:
    """Reads and tags in a process that can be killed; stores. An archive's error ends the run."""

    def __init__(self, spider: OutletSpider):
        self._spider = spider

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the pipeline of one of our spiders."""
        if not isinstance(crawler.spider, OutletSpider):
            raise TypeError("the archive's pipeline serves the spiders of outlet files only")
        return cls(crawler.spider)

    async def process_item(self, item: CapturedPage) -> CapturedPage:
        """Store one page. Raises DropItem where the archive does not take it."""
        spider = self._spider
        result = item.refusal or await spider.session.extract(item.page)
        tags = None
        if isinstance(result, Article):
            tags = await spider.session.tag(result, item.capture.captured_at)
        if spider.is_over:
            raise DropItem("the run has ended")
        try:
            aliases = spider.addresses_of(item)
            stored = spider.archive.articles.store(
                spider.run_id, item.capture, result, aliases, tags
            )
            self._keep_for_next_time(item, result, stored)
        except ArchiveError as error:
            spider.halt(Outcome.FAILED, str(error))
            raise DropItem(f"not stored: {error}") from None
        reason = result.reason if isinstance(result, Refusal) else None
        published_at = result.published_at if isinstance(result, Article) else None
        spider.keeper.stored(stored, reason, published_at)
        if item.key is not None and stored.verdict is not Verdict.KNOWN:
            for sign in signs_of(result):
                spider.keeper.sign(sign, item.page.url)
        section = spider.listings.section_of(item.key)
        if section is not None and stored.verdict is Verdict.NEW:
            spider.keeper.new_article(section, published_at or item.capture.captured_at)
        # A backfill walks past pages that are gone; begun anew, it asks for them again.
        well = reason is None or reason.is_final
        well = well or (spider.plan.backfill and reason is RefusalReason.NOT_FOUND)
        if item.key is not None:
            spider.listings.settled(item.key, published_at, well=well)
        return item

    def _keep_for_next_time(
        self, item: CapturedPage, result: Article | Refusal, stored: Stored
    ) -> None:
        """Keep what a later look at an article needs, once the article is stored."""
        archive = self._spider.archive
        if item.known is not None:
            status = item.capture.status
            archive.schedule.note_check(stored.id or item.known, item.capture.captured_at, status)
        if item.validator and isinstance(result, Article) and not self._spider.session.is_replay:
            archive.links.save_validator(item.validator)
