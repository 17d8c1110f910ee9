"""The killable worker: a hang, a crash or a memory bomb costs its page, and the next one works."""

import asyncio
import os
import signal
import time
from datetime import UTC, datetime

import pytest

from crawler.extract import extract
from crawler.extract.worker import Extract, ExtractionWorker
from crawler.outlets.model import Outlet
from crawler.page.response import Page
from storage.model.articles import Article, Refusal, RefusalReason
from tests.support.pages_fixture import load_page
from tests.support.sites import is_gone

WARM = pytest.mark.usefixtures("warm")


def behave(page: Page, outlet: Outlet | None) -> Article | Refusal:
    """What a page's address asks for: the child imports and runs this."""
    if "hang" in page.url:
        while True:
            pass
    if "crash" in page.url:
        os._exit(139)
    if "raise" in page.url:
        raise ValueError("a surprise")
    if "print" in page.url:
        os.write(1, b"a line of a library")
    if "wait" in page.url:
        time.sleep(0.2)
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


@WARM
def test_extracts_as_in_this_process() -> None:
    page, _ = load_page("tienphong")
    [result] = asyncio.run(_run([page], extract, limit=60))
    assert result == extract(page, None)


@WARM
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
            pid = int(first.evidence.removeprefix("read by "))
            os.kill(pid, signal.SIGKILL)
            while not is_gone(pid):
                await asyncio.sleep(0.01)
            return [first, *[await worker.extract(_page("ok"), None) for _ in range(2)]]

    results = asyncio.run(scenario())
    assert [r.reason for r in results if isinstance(r, Refusal)] == [RefusalReason.EMPTY] * 3


def test_a_child_that_does_not_start_costs_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> list[Article | Refusal]:
        async with ExtractionWorker(limit_seconds=60, function=behave) as worker:
            monkeypatch.setattr("crawler.extract.worker._START_SECONDS", 0.0)
            first = await worker.extract(_page("ok"), None)
            monkeypatch.undo()
            return [first, await worker.extract(_page("ok"), None)]

    results = asyncio.run(scenario())
    reasons = [r.reason for r in results if isinstance(r, Refusal)]
    assert reasons == [RefusalReason.CRASH, RefusalReason.EMPTY]


@WARM
def test_what_a_page_s_code_prints_gets_between_no_answers() -> None:
    results = asyncio.run(_run([_page("print"), _page("ok")], behave, limit=60))
    reasons = [r.reason for r in results if isinstance(r, Refusal)]
    assert reasons == [RefusalReason.EMPTY] * 2


def test_a_child_ends_with_whoever_asked_it() -> None:
    async def scenario() -> int:
        worker = ExtractionWorker(limit_seconds=60, function=behave)
        first = await worker.extract(_page("ok"), None)
        assert isinstance(first, Refusal)
        worker.close()
        return int(first.evidence.removeprefix("read by "))

    pid = asyncio.run(scenario())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@WARM
def test_pages_are_read_side_by_side() -> None:
    async def scenario() -> set[str]:
        async with ExtractionWorker(workers=2, limit_seconds=60, function=behave) as worker:
            pages = [worker.extract(_page("wait"), None) for _ in range(2)]
            read = await asyncio.gather(*pages)
            return {one.evidence for one in read if isinstance(one, Refusal)}

    assert len(asyncio.run(scenario())) == 2
