"""What a page's way into the archive does when the archive does not take it."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem, NotConfigured

from crawler.fetch.pipelines import ExtractPipeline, ReportPipeline, StorePipeline
from crawler.fetch.spiders.items import PageItem
from crawler.page.response import Page
from storage.errors import ArchiveBusyError
from storage.model.articles import Capture, Refusal, RefusalReason
from storage.model.runs import Outcome

NOW = datetime(2026, 9, 14, tzinfo=UTC)
URL = "https://tienphong.vn/a-post1.tpo"
REFUSAL = Refusal("tienphong", URL, RefusalReason.NOT_FOUND, "HTTP status 404")
ITEM = PageItem(URL, Capture(URL, NOW, 404, "f", 0, "r", "d"), REFUSAL, key="1")


def busy(*_: object, **__: object) -> None:
    raise ArchiveBusyError("tinquan.db: held by another process")


def spider(**changes: object) -> Any:
    halted: list[tuple[Outcome, str]] = []
    plain = {
        "archive": SimpleNamespace(articles=SimpleNamespace(store=busy)),
        "run_id": "r1",
        "is_over": False,
        "addresses_of": lambda item: item.aliases,
        "halted": halted,
        "halt": lambda outcome, error: halted.append((outcome, error)),
    }
    return SimpleNamespace(**(plain | changes))


def test_an_archive_that_does_not_take_a_page_ends_the_run() -> None:
    crawl = spider()
    with pytest.raises(DropItem, match=r"not stored: tinquan\.db: held by another process"):
        asyncio.run(StorePipeline(crawl).process_item(ITEM))
    assert crawl.halted == [(Outcome.FAILED, "tinquan.db: held by another process")]


def test_nothing_is_stored_after_the_run_s_end() -> None:
    with pytest.raises(DropItem, match="the run has ended"):
        asyncio.run(StorePipeline(spider(is_over=True)).process_item(ITEM))


def test_the_pipeline_serves_our_spiders_only() -> None:
    crawler: Any = SimpleNamespace(spider=object())
    for pipeline in (ExtractPipeline, StorePipeline, ReportPipeline):
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
