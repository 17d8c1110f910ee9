"""Stores pages in groups: a transaction costs as much time as extracting a page."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from scrapy.exceptions import DropItem

from crawler.fetch.spiders.items import PageItem
from crawler.fetch.spiders.outlet import OutletSpider
from crawler.health.signals import HealthSignal, signals_of
from storage.errors import ArchiveError, NotFoundError, RowError
from storage.model.articles import Arrival, Article, Refusal, Stored, Verdict
from storage.model.runs import Outcome

_log = logging.getLogger(__name__)
MAX_PAGES = 20
"""The most pages in one transaction."""
_MAX_WAIT_SECONDS = 2.0  # how long the first page of a group waits for others
_POLL_SECONDS = 0.2

_PAGE_ERRORS = (RowError, NotFoundError)  # concern one page; other ArchiveErrors concern them all

_Pending = tuple[PageItem, asyncio.Future[None]]


class StoreGroup:
    """Collects a crawl's pages, stores them, counts them, and reports them to the listings.

    A group is stored when it has `MAX_PAGES`, two seconds after its first page was added, or as
    soon as the crawl is otherwise idle. A page counts as seen in the transaction that stores it;
    pages that a kill loses are in the WARC file and are read back from there. is_idle: given the
    number of pending pages, whether no further page can come.
    """

    def __init__(self, spider: OutletSpider, is_idle: Callable[[int], bool]) -> None:
        """Begin with no page."""
        self._spider = spider
        self._is_idle = is_idle
        self._pending: list[_Pending] = []
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def add(self, item: PageItem) -> None:
        """Return when the page is stored. Raises DropItem if the archive rejects it."""
        loop = asyncio.get_running_loop()
        if not self._pending:
            self._deadline = loop.time() + _MAX_WAIT_SECONDS
        stored: asyncio.Future[None] = loop.create_future()
        self._pending.append((item, stored))
        self._flush_if_due(loop)
        await stored

    def _flush_if_due(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._pending:
            return
        is_due = len(self._pending) >= MAX_PAGES or loop.time() >= self._deadline
        if is_due or self._is_idle(len(self._pending)):
            self.flush()
        else:
            self._timer = loop.call_later(_POLL_SECONDS, self._flush_if_due, loop)

    def flush(self) -> None:
        """Store all pending pages now."""
        group, self._pending = self._pending, []
        if not group:
            return
        try:
            self._store(group)
        except ArchiveError as error:
            self._spider.session.leaves_pages = True
            self._spider.halt(Outcome.FAILED, str(error))
            _drop(group, f"not stored: {error}")

    def _store(self, group: Sequence[_Pending]) -> None:
        if self._spider.is_over:
            _drop(group, "the run has ended")
            return
        items = [item for item, _ in group]
        try:
            results = store_pages(self._spider, items)
        except Exception as error:
            if isinstance(error, ArchiveError) and not isinstance(error, _PAGE_ERRORS):
                raise
            if len(group) == 1:
                self._fail(group[0], error)
                return
            for page in group:  # one by one: a bad page costs only itself
                self._store([page])
            return
        for page, result in zip(group, results, strict=True):
            self._report(page, result)
        save_for_next_crawl(self._spider, items)

    def _report(self, page: _Pending, result: Stored) -> None:
        item, stored = page
        item.stored = result
        try:
            report(self._spider, item, result)
        except Exception as error:  # noqa: BLE001 - the other pages' futures still complete
            self._fail(page, error)
        else:
            _complete(stored)

    def _fail(self, page: _Pending, error: Exception) -> None:
        item, stored = page
        if not isinstance(error, ArchiveError):
            _complete(stored, error)
            return
        if isinstance(error, RowError):  # of this page alone
            self._spider.recorder.fault(f"{item.url}: {error}", closes_host=True)
        else:
            self._spider.halt(Outcome.FAILED, str(error))
        _complete(stored, DropItem(str(error)))


def _complete(stored: asyncio.Future[None], error: Exception | None = None) -> None:
    if stored.done():  # cancelled: the crawl has ended
        return
    if error is None:
        stored.set_result(None)
    else:
        stored.set_exception(error)


def _drop(group: Sequence[_Pending], reason: str) -> None:
    for _, stored in group:
        _complete(stored, DropItem(reason))


def store_pages(spider: OutletSpider, items: Sequence[PageItem]) -> list[Stored]:
    """Store extracted pages in one transaction, all or none. Raises ArchiveError."""
    arrivals = [
        Arrival(
            item.capture,
            item.result,
            spider.addresses_of(item),
            item.tags,
            item.is_final and isinstance(item.result, Refusal),
        )
        for item in items
        if item.result is not None
    ]
    return spider.archive.articles.store_many(spider.run_id, arrivals)


def save_for_next_crawl(spider: OutletSpider, items: Sequence[PageItem]) -> None:
    """Save the recheck times and validators of stored pages. Raises ArchiveError."""
    for item in items:
        if item.known is not None and item.stored is not None:
            article_id, status = item.stored.id or item.known, item.capture.status
            spider.archive.schedule.note_check(article_id, item.capture.captured_at, status)
    validators = [
        item.validator for item in items if item.validator and isinstance(item.result, Article)
    ]
    if validators and not spider.session.is_replay:
        spider.archive.links.save_validators(validators)


def report(spider: OutletSpider, item: PageItem, stored: Stored) -> None:
    """Count one stored page, and report it to the listings that link to it."""
    result = item.result
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
    if item.key is None or result is None:
        return
    if stored.verdict is not Verdict.KNOWN:
        is_first = item.key not in spider.listings.frontier.retried
        for signal in signals_of(result, is_first=is_first and not item.is_final):
            spider.recorder.record_signal(signal, item.url)
    section = spider.listings.section_of(item.key)
    if section is not None and stored.verdict is Verdict.NEW:
        spider.recorder.note_new_article(section, published_at or item.capture.captured_at)
    # The archive retries addresses that brought no article; no listing has to name them again.
    is_ok = reason is None or reason.can_settle
    spider.listings.resolve(item.key, published_at, is_ok=is_ok)
