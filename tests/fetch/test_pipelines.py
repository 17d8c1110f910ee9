"""What a page's way into the archive does when the archive does not take it."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy.exceptions import DropItem

from crawler.fetch.pipelines import ArchivePipeline
from crawler.fetch.spiders.items import CapturedPage
from crawler.page.response import Page
from storage.errors import ArchiveBusyError
from storage.model.articles import Capture, Refusal, RefusalReason
from storage.model.runs import Outcome

NOW = datetime(2026, 9, 14, tzinfo=UTC)
URL = "https://tienphong.vn/a-post1.tpo"
REFUSAL = Refusal("tienphong", URL, RefusalReason.NOT_FOUND, "HTTP status 404")
ITEM = CapturedPage(Page(URL, b"", NOW), Capture(URL, NOW, 404, "f", 0, "r", "d"), "1", (), REFUSAL)


def busy(*_: object) -> None:
    raise ArchiveBusyError("tinquan.db: held by another process")


def spider(**changes: object) -> Any:
    halted: list[tuple[Outcome, str]] = []
    plain = {
        "archive": SimpleNamespace(store=busy),
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
        asyncio.run(ArchivePipeline(crawl).process_item(ITEM))
    assert crawl.halted == [(Outcome.FAILED, "tinquan.db: held by another process")]


def test_nothing_is_stored_after_the_run_s_end() -> None:
    with pytest.raises(DropItem, match="the run has ended"):
        asyncio.run(ArchivePipeline(spider(is_over=True)).process_item(ITEM))


def test_the_pipeline_serves_our_spiders_only() -> None:
    crawler: Any = SimpleNamespace(spider=object())
    with pytest.raises(TypeError):
        ArchivePipeline.from_crawler(crawler)
