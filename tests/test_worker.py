"""The killable worker: a hang, a crash or a memory bomb costs its page, and the next one works."""

import asyncio
import os
from datetime import UTC, datetime

import pytest

from crawler.extract import extract
from crawler.outlets import Outlet
from crawler.page import Page
from crawler.worker import Extract, ExtractionWorker
from storage.model import Article, Refusal, RefusalReason
from tests.pages_fixture import load_page


def behave(page: Page, outlet: Outlet | None) -> Article | Refusal:
    """What a page's address asks for: the child imports and runs this."""
    if "hang" in page.url:
        while True:
            pass
    if "crash" in page.url:
        os._exit(139)
    if "raise" in page.url:
        raise ValueError("a surprise")
    if "memory" in page.url:
        return Refusal("x", page.url, RefusalReason.EMPTY, str(len(bytearray(3 * 1024**3))))
    return Refusal("x", page.url, RefusalReason.EMPTY, f"read by {os.getpid()}")


def _page(what: str) -> Page:
    return Page(f"https://a.vn/{what}", b"", datetime(2026, 1, 1, tzinfo=UTC))


async def _run(pages: list[Page], function: Extract, limit: float) -> list[Article | Refusal]:
    async with ExtractionWorker(limit_seconds=limit, function=function) as worker:
        return [await worker.extract(page, None) for page in pages]


def test_bad_pages_cost_only_themselves() -> None:
    pages = [_page(what) for what in ("ok", "hang", "crash", "raise", "memory", "ok")]
    results = asyncio.run(_run(pages, behave, limit=2))
    refusals = [result for result in results if isinstance(result, Refusal)]
    assert [refusal.reason for refusal in refusals] == [
        RefusalReason.EMPTY,
        RefusalReason.TIMEOUT,
        RefusalReason.CRASH,
        RefusalReason.CRASH,
        RefusalReason.CRASH,
        RefusalReason.EMPTY,
    ]
    assert all(refusal.outlet in ("x", "a.vn") for refusal in refusals)
    assert "2 s" in refusals[1].evidence
    assert "139" in refusals[2].evidence
    assert "a surprise" in refusals[3].evidence
    assert "MemoryError" in refusals[4].evidence
    first, last = refusals[0].evidence, refusals[5].evidence
    assert str(os.getpid()) not in (first, last)
    assert first != last, "the child was replaced"


def test_extracts_as_in_this_process() -> None:
    page, _ = load_page("tienphong")
    [result] = asyncio.run(_run([page], extract, limit=60))
    assert result == extract(page, None)


def test_cancelled_page_frees_the_worker() -> None:
    async def scenario() -> Article | Refusal:
        async with ExtractionWorker(limit_seconds=60, function=behave) as worker:
            hanging = asyncio.ensure_future(worker.extract(_page("hang"), None))
            await asyncio.sleep(0)  # lets it reach the pool
            hanging.cancel()
            with pytest.raises(asyncio.CancelledError):
                await hanging
            return await worker.extract(_page("ok"), None)

    assert isinstance(asyncio.run(scenario()), Refusal)
