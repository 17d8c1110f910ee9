"""The killable worker: a hang, a crash or a memory bomb costs its page, and the next one works."""

import asyncio
import os
import signal
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from typing import Any

import pytest
from pebble import ProcessFuture, ProcessPool

from crawler.extract import extract
from crawler.extract.worker import Extract, ExtractionWorker
from crawler.outlets.model import Outlet
from crawler.page.response import Page
from storage.model.articles import Article, Refusal, RefusalReason
from tests.support.pages_fixture import load_page


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


def test_a_child_killed_between_two_pages_is_replaced() -> None:
    async def scenario() -> list[Article | Refusal]:
        async with ExtractionWorker(limit_seconds=60, function=behave) as worker:
            first = await worker.extract(_page("ok"), None)
            assert isinstance(first, Refusal)
            os.kill(int(first.evidence.removeprefix("read by ")), signal.SIGKILL)
            await asyncio.sleep(0.5)  # the pool finds out, and is broken from then on
            return [first, *[await worker.extract(_page("ok"), None) for _ in range(2)]]

    results = asyncio.run(scenario())
    assert [r.reason for r in results if isinstance(r, Refusal)] == [RefusalReason.EMPTY] * 3


def test_a_pool_that_answers_nobody_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a child is killed while it holds the pool's lock: no page ever ends."""
    schedule = ProcessPool.schedule
    stuck: list[ProcessPool] = []

    def get_stuck(pool: ProcessPool, *args: Any, **kwargs: Any) -> ProcessFuture[Any]:
        if not stuck:
            stuck.append(pool)
        # The stuck pool is waited for in vain; the next one may take its time to start.
        wait = 0.0 if pool is stuck[0] else 60.0
        monkeypatch.setattr("crawler.extract.worker._START_SECONDS", wait)
        return ProcessFuture() if pool is stuck[0] else schedule(pool, *args, **kwargs)

    monkeypatch.setattr(ProcessPool, "schedule", get_stuck)

    async def scenario() -> list[Article | Refusal]:
        async with ExtractionWorker(limit_seconds=5, function=behave) as worker:
            return [await worker.extract(_page("ok"), None) for _ in range(2)]

    results = asyncio.run(scenario())
    reasons = [r.reason for r in results if isinstance(r, Refusal)]
    assert reasons == [RefusalReason.TIMEOUT, RefusalReason.EMPTY]


def test_a_page_whose_child_was_killed_before_it_took_it_is_read_by_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    schedule = ProcessPool.schedule
    asked: list[ProcessPool] = []

    def broken_once(pool: ProcessPool, *args: Any, **kwargs: Any) -> ProcessFuture[Any]:
        asked.append(pool)
        if len(asked) > 1:
            return schedule(pool, *args, **kwargs)
        future: ProcessFuture[Any] = ProcessFuture()
        future.set_exception(BrokenProcessPool("All workers expired"))
        return future

    monkeypatch.setattr(ProcessPool, "schedule", broken_once)
    [result] = asyncio.run(_run([_page("ok")], behave, limit=60))
    assert isinstance(result, Refusal)
    assert result.reason is RefusalReason.EMPTY
    assert asked[0] is not asked[1]
