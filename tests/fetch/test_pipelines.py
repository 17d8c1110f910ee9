"""What a page's way into the archive does when the archive does not take it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem, NotConfigured

from crawler.fetch.pipelines import ExtractPipeline, StorePipeline
from crawler.fetch.spiders.items import PageItem
from crawler.fetch.store_group import MAX_PAGES, StoreGroup
from crawler.page.response import Page
from storage.errors import ArchiveBusyError, RowError
from storage.model.articles import Arrival, Capture, Refusal, RefusalReason, Stored, Verdict
from storage.model.runs import Outcome

NOW = datetime(2026, 9, 14, tzinfo=UTC)
URL = "https://tienphong.vn/a-post1.tpo"
REFUSAL = Refusal("tienphong", URL, RefusalReason.NOT_FOUND, "HTTP status 404")
ITEM = PageItem(URL, Capture(URL, NOW, 404, "f", 0, "r", "d"), REFUSAL, key="1")


class FakeArchive:
    """Takes pages, a group at a time, until it is told to refuse some."""

    def __init__(self, refuses: Callable[[Arrival], Exception | None] = lambda _: None) -> None:
        self.groups: list[list[str]] = []
        self._refuses = refuses
        self.articles = self

    def store_many(self, _run: str, arrivals: list[Arrival]) -> list[Stored]:
        for one in arrivals:
            if (error := self._refuses(one)) is not None:
                raise error
        self.groups.append([one.capture.url for one in arrivals])
        return [Stored(Verdict.REFUSED, None) for _ in arrivals]


def spider(archive: object = None, **changes: object) -> Any:
    halted: list[tuple[Outcome, str]] = []
    counted: list[object] = []
    faults: list[str] = []
    plain = {
        "archive": archive or FakeArchive(),
        "run_id": "r1",
        "is_over": False,
        "addresses_of": lambda item: item.aliases,
        "halted": halted,
        "halt": lambda outcome, error: halted.append((outcome, error)),
        "session": SimpleNamespace(is_replay=False),
        "counted": counted,
        "faults": faults,
        "recorder": SimpleNamespace(
            stored=lambda *told: counted.append(told),
            fault=lambda what, **_: faults.append(what),
        ),
    }
    return SimpleNamespace(**(plain | changes))


def refused(number: int) -> PageItem:
    capture = Capture(f"{URL}?{number}", NOW, 404, "f", number, f"r{number}", "d")
    return PageItem(capture.url, capture, REFUSAL)


async def through(group: StoreGroup, items: list[PageItem]) -> list[BaseException | None]:
    return await asyncio.gather(*map(group.add, items), return_exceptions=True)


def never(_waiting: int) -> bool:
    return False


def busy(_: Arrival) -> Exception:
    return ArchiveBusyError("tinquan.db: held by another process")


def test_an_archive_that_does_not_take_pages_ends_the_run() -> None:
    crawl = spider(FakeArchive(busy))
    group = StoreGroup(crawl, lambda waiting: waiting == 2)
    for error in asyncio.run(through(group, [refused(1), refused(2)])):
        assert isinstance(error, DropItem)
        assert str(error) == "not stored: tinquan.db: held by another process"
    assert crawl.halted == [(Outcome.FAILED, "tinquan.db: held by another process")]
    assert crawl.counted == []
    assert crawl.session.leaves_pages, "the next crawl reads them back"


def test_nothing_is_stored_after_the_run_s_end() -> None:
    crawl = spider(is_over=True)
    [error] = asyncio.run(through(StoreGroup(crawl, lambda _: True), [refused(1)]))
    assert isinstance(error, DropItem)
    assert crawl.archive.groups == []


def test_pages_are_stored_together_in_their_order() -> None:
    crawl = spider()
    items = [refused(number) for number in range(2 * MAX_PAGES)]
    assert asyncio.run(through(StoreGroup(crawl, never), items)) == [None] * (2 * MAX_PAGES)
    assert [len(group) for group in crawl.archive.groups] == [MAX_PAGES, MAX_PAGES]
    stored = [url for group in crawl.archive.groups for url in group]
    assert stored == [item.url for item in items]
    assert len(crawl.counted) == 2 * MAX_PAGES


def test_what_waits_is_stored_once_nothing_else_is_under_way() -> None:
    looks: list[int] = []

    def quiet(waiting: int) -> bool:
        looks.append(waiting)
        return len(looks) > 3

    crawl = spider()
    asyncio.run(through(StoreGroup(crawl, quiet), [refused(1), refused(2)]))
    assert crawl.archive.groups == [[refused(1).url, refused(2).url]]
    assert looks == [1, 2, 2, 2], "asked at each page, then again and again"


def test_a_page_that_cannot_be_stored_costs_no_other() -> None:
    bad = refused(2).url

    def refuses(one: Arrival) -> Exception | None:
        return ValueError("no") if one.capture.url == bad else None

    crawl = spider(FakeArchive(refuses))
    group = StoreGroup(crawl, lambda waiting: waiting == 3)
    first, second, third = asyncio.run(through(group, [refused(n) for n in (1, 2, 3)]))
    assert (first, third) == (None, None)
    assert isinstance(second, ValueError)
    assert crawl.archive.groups == [[refused(1).url], [refused(3).url]]
    assert crawl.halted == []


def test_a_row_that_the_database_does_not_take_costs_its_page_and_ends_no_crawl() -> None:
    def refuses(one: Arrival) -> Exception | None:
        return RowError("tinquan.db: NUL") if one.capture.url == refused(1).url else None

    crawl = spider(FakeArchive(refuses))
    group = StoreGroup(crawl, lambda waiting: waiting == 3)
    first, *others = asyncio.run(through(group, [refused(n) for n in (1, 2, 3)]))
    assert isinstance(first, DropItem)
    assert others == [None, None]
    assert crawl.archive.groups == [[refused(2).url], [refused(3).url]]
    assert (crawl.halted, crawl.faults) == ([], [f"{refused(1).url}: tinquan.db: NUL"])


@pytest.mark.parametrize("error", [ArchiveBusyError("held"), ValueError("no")])
def test_an_error_in_counting_a_page_leaves_no_other_waiting(error: Exception) -> None:
    def stored(*told: object) -> None:
        counted.append(told)
        if len(counted) == 1:
            raise error

    counted: list[object] = []
    crawl = spider(recorder=SimpleNamespace(stored=stored))
    group = StoreGroup(crawl, lambda waiting: waiting == 3)
    first, *others = asyncio.run(through(group, [refused(n) for n in (1, 2, 3)]))
    assert str(first) == str(error)
    assert others == [None, None]
    assert len(counted) == 3
    assert len(crawl.halted) == isinstance(error, ArchiveBusyError)


def test_pages_are_counted_as_stored_where_what_is_kept_for_later_is_not() -> None:
    def note_check(*_: object) -> None:
        raise ArchiveBusyError("held")

    archive: Any = FakeArchive()
    archive.schedule = SimpleNamespace(note_check=note_check)
    crawl = spider(archive)
    items = [refused(1), replace(refused(2), known=7)]
    group = StoreGroup(crawl, lambda waiting: waiting == 2)
    assert asyncio.run(through(group, items)) == [None, None]
    assert len(crawl.counted) == 2
    assert crawl.halted == [(Outcome.FAILED, "held")]


def test_a_crawl_that_is_cut_short_stores_what_waits() -> None:
    async def cut() -> None:
        adding = asyncio.ensure_future(group.add(refused(1)))
        await asyncio.sleep(0)
        assert crawl.archive.groups == []
        group.flush()
        assert crawl.archive.groups == [[refused(1).url]]
        assert len(crawl.counted) == 1, "counted before anybody waits for it"
        await adding

    crawl = spider()
    group = StoreGroup(crawl, never)
    asyncio.run(cut())


def test_the_pipeline_serves_our_spiders_only() -> None:
    crawler: Any = SimpleNamespace(spider=object())
    for pipeline in (ExtractPipeline, StorePipeline):
        with pytest.raises(NotConfigured, match="outlet files only"):
            pipeline.from_crawler(crawler)


def test_a_page_is_read_once() -> None:
    asked: list[Page] = []

    async def read(page: Page) -> tuple[Refusal, None]:
        asked.append(page)
        return REFUSAL, None

    page = Page(URL, b"<html>", NOW)
    item = PageItem(URL, ITEM.capture, page=page)
    pipeline = ExtractPipeline(spider(session=SimpleNamespace(read=read)))
    for _ in range(2):
        asyncio.run(pipeline.process_item(item))
    assert asked == [page]
    assert (item.result, item.page) == (REFUSAL, None)
    adapter = ItemAdapter(item)
    assert adapter["result"] is REFUSAL
    assert adapter.asdict()["capture"]["status"] == 404
