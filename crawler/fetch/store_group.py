"""Pages on their way into the archive, stored together: one transaction costs as much as a page."""

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
MOST = 20
"""Pages that are stored together."""
_SECONDS = 2.0  # how long the first of them waits for others
_LOOK_SECONDS = 0.2

_OF_ONE_PAGE = (RowError, NotFoundError)  # of the archive's errors; the others are of them all

_Waiting = tuple[PageItem, asyncio.Future[None]]


class StoreGroup:
    """Collects one crawl's pages, stores them, counts them, and tells the listings.

    They are stored when there are `MOST`, two seconds after the first of them came, or as soon as
    nothing else is under way. A page counts as seen in the transaction that stores it, as ever;
    what a kill loses lies in the WARC file and is read back from there. is_quiet: whether no
    further page can come but for those that wait here, whose number it is given.
    """

    def __init__(self, spider: OutletSpider, is_quiet: Callable[[int], bool]) -> None:
        """Begin with no page."""
        self._spider = spider
        self._is_quiet = is_quiet
        self._waiting: list[_Waiting] = []
        self._until = 0.0
        self._look: asyncio.TimerHandle | None = None

    async def add(self, item: PageItem) -> None:
        """Return when the page is stored. Raises DropItem where the archive did not take it."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            self._until = loop.time() + _SECONDS
        stored: asyncio.Future[None] = loop.create_future()
        self._waiting.append((item, stored))
        self._consider(loop)
        await stored

    def _consider(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None
        if not self._waiting:
            return
        is_full = len(self._waiting) >= MOST or loop.time() >= self._until
        if is_full or self._is_quiet(len(self._waiting)):
            self.flush()
        else:
            self._look = loop.call_later(_LOOK_SECONDS, self._consider, loop)

    def flush(self) -> None:
        """Store what waits, now."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            self._store(waiting)
        except ArchiveError as error:
            self._spider.session.leaves_pages = True
            self._spider.halt(Outcome.FAILED, str(error))
            _drop(waiting, f"not stored: {error}")

    def _store(self, waiting: Sequence[_Waiting]) -> None:
        if self._spider.is_over:
            _drop(waiting, "the run has ended")
            return
        items = [item for item, _ in waiting]
        try:
            answers = store_pages(self._spider, items)
        except Exception as error:
            if isinstance(error, ArchiveError) and not isinstance(error, _OF_ONE_PAGE):
                raise
            if len(waiting) == 1:
                self._fail(waiting[0], error)
                return
            for one in waiting:  # what is wrong with one page costs no other
                self._store([one])
            return
        for one, answer in zip(waiting, answers, strict=True):
            self._report(one, answer)
        keep_for_next_time(self._spider, items)

    def _report(self, one: _Waiting, answer: Stored) -> None:
        item, stored = one
        item.stored = answer
        try:
            report(self._spider, item, answer)
        except Exception as error:  # noqa: BLE001 - an error of one page leaves no other waiting
            self._fail(one, error)
        else:
            _settle(stored)

    def _fail(self, one: _Waiting, error: Exception) -> None:
        item, stored = one
        if not isinstance(error, ArchiveError):
            _settle(stored, error)
            return
        if isinstance(error, RowError):  # of this page; the archive takes others
            self._spider.recorder.fault(f"{item.url}: {error}", closes_host=True)
        else:
            self._spider.halt(Outcome.FAILED, str(error))
        _settle(stored, DropItem(str(error)))


def _settle(stored: asyncio.Future[None], error: Exception | None = None) -> None:
    if stored.done():  # nobody waits any more: the crawl was ended
        return
    if error is None:
        stored.set_result(None)
    else:
        stored.set_exception(error)


def _drop(waiting: Sequence[_Waiting], why: str) -> None:
    for _, stored in waiting:
        _settle(stored, DropItem(why))


def store_pages(spider: OutletSpider, items: Sequence[PageItem]) -> list[Stored]:
    """Store pages that are read, all or none. Raises ArchiveError."""
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


def keep_for_next_time(spider: OutletSpider, items: Sequence[PageItem]) -> None:
    """Keep what a later look at pages needs, once they are stored. Raises ArchiveError."""
    for item in items:
        if item.known is not None and item.stored is not None:
            about, status = item.stored.id or item.known, item.capture.status
            spider.archive.schedule.note_check(about, item.capture.captured_at, status)
    validators = [
        item.validator for item in items if item.validator and isinstance(item.result, Article)
    ]
    if validators and not spider.session.is_replay:
        spider.archive.links.save_validators(validators)


def report(spider: OutletSpider, item: PageItem, stored: Stored) -> None:
    """Count one stored page, and tell the listings that led to it."""
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
        first = item.key not in spider.listings.frontier.looked_at
        for signal in signals_of(result, is_first=first and not item.is_final):
            spider.recorder.record_signal(signal, item.url)
    section = spider.listings.section_of(item.key)
    if section is not None and stored.verdict is Verdict.NEW:
        spider.recorder.new_article(section, published_at or item.capture.captured_at)
    # What brought no article waits in the archive; it needs no listing to be asked again.
    spider.listings.settled(item.key, published_at, well=reason is None or reason.can_settle)
