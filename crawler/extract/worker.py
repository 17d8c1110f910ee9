"""Extraction and tagging in a process that can be killed: a page that hangs costs only itself.

No signal can interrupt the C parsers; only ending their process does. So one child (or a few)
reads pages, each within a limit of time and memory, and is replaced when it had to be killed.
"""

import asyncio
import logging
import resource
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType
from typing import Self, TypeVar

from pebble import ProcessExpired, ProcessPool

from crawler.extract import extract
from crawler.extract.article import VERSION, slug_of
from crawler.outlets.model import Outlet
from crawler.page.response import Page
from crawler.places.tag_articles import Tables, TagRequest, tag_articles
from storage.model.articles import Article, Refusal, RefusalReason
from storage.model.places import Tags

T = TypeVar("T")
_LOG = logging.getLogger(__name__)
Extract = Callable[[Page, Outlet | None], Article | Refusal]

# Hostile pages of the tests take under 1 s, ordinary ones 5 ms: 20 s is a hang, on a busy machine.
LIMIT_SECONDS = 20.0
# Address space, of which the interpreter and its libraries reserve some 300 MB before any page.
MEMORY_BYTES = 2 * 1024**3
# What starting a child may take besides, on a busy machine; then the pool itself is stuck.
_START_SECONDS = 40.0
# A child is replaced after so many pages, so that no slow leak of a parser lasts.
_PAGES_PER_CHILD = 5_000


class ExtractionWorker:
    """Reads pages in child processes. Use inside a running asyncio loop; close it in the end.

    limit_seconds: wall clock for one page, after which its process is killed.
    memory_bytes: address space of a child. workers: how many children.
    function: what a child runs; it must be importable, since children are spawned.
    """

    def __init__(
        self,
        *,
        limit_seconds: float = LIMIT_SECONDS,
        memory_bytes: int = MEMORY_BYTES,
        workers: int = 1,
        function: Extract = extract,
    ) -> None:
        self._limit_seconds = limit_seconds
        self._function = function
        self._memory_bytes = memory_bytes
        self._workers = workers
        self._turn = asyncio.Semaphore(workers)
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self._workers,
            max_tasks=_PAGES_PER_CHILD,
            initializer=_limit_memory,
            initargs=(self._memory_bytes,),
            # "spawn": a forked child would inherit the crawler's sockets, files and locks.
            context=get_context("spawn"),
        )

    async def extract(self, page: Page, outlet: Outlet | None) -> Article | Refusal:
        """Return what the page says; TIMEOUT or CRASH where its process had to end.

        The limit counts from when a child takes the page, not while it waits for one.
        """
        slug = outlet.slug if outlet else slug_of(page.url)
        return await self.guarded(slug, page.url, self._function, page, outlet)

    async def guarded(
        self, slug: str, url: str, function: Callable[..., T], *arguments: object
    ) -> T | Refusal:
        """Return what an importable function makes of the page at `url` of the outlet `slug`.

        Where its process had to end, that is a refusal: TIMEOUT or CRASH.
        """

        def refuse(reason: RefusalReason, evidence: str) -> Refusal:
            return Refusal(slug, url, reason, evidence, VERSION)

        try:
            return await self.run(function, *arguments)
        except TimeoutError:
            return refuse(RefusalReason.TIMEOUT, f"not done within {self._limit_seconds:g} s")
        except ProcessExpired as error:
            evidence = f"the extraction process ended with exit code {error.exitcode}"
            return refuse(RefusalReason.CRASH, evidence)
        except Exception as error:  # noqa: BLE001 - what a child raises costs its page only
            evidence = f"{type(error).__name__} in the extraction process: {error}"
            return refuse(RefusalReason.CRASH, evidence)

    async def read(
        self, page: Page, outlet: Outlet, tables: Tables | None
    ) -> tuple[Article | Refusal, Tags | None]:
        """Return what a page says, and of which places, in one round trip to a child.

        Whatever goes wrong is looked into by extraction alone: an article that only its tagging
        kept from being read comes without tags, and `tinquan places retag` finds it.
        """
        if tables is not None:
            try:
                return await self.run(_extract_and_tag, self._function, page, outlet, tables)
            except Exception as error:  # noqa: BLE001 - what a child raises costs its tags at most
                reason = f"{type(error).__name__}: {error}"
                _LOG.warning("read without places: %s: %s", page.url, reason)
        return await self.extract(page, outlet), None

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """Return what an importable function returns, called in a child within the limits.

        Raises TimeoutError, ProcessExpired (the child ended), BrokenProcessPool (twice before it
        took the page), MemoryError, RecursionError.
        """
        async with self._turn:  # so that nobody's time passes while others are served
            try:
                return await self._once(function, arguments)
            except BrokenProcessPool:  # its child was killed before it took the page
                return await self._once(function, arguments)

    async def _once(self, function: Callable[..., T], arguments: tuple[object, ...]) -> T:
        if not self._pool.active:  # a child was killed between two pages
            self._replace_pool()
        future = self._pool.schedule(function, args=arguments, timeout=self._limit_seconds)
        try:
            bound = self._limit_seconds + _START_SECONDS
            return await asyncio.wait_for(asyncio.wrap_future(future), bound)
        except BrokenProcessPool:
            self._replace_pool()
            raise
        except TimeoutError:
            if future.cancelled():  # by wait_for: a child was killed while it held the lock
                self._replace_pool()
            raise

    def _replace_pool(self) -> None:
        """Begin with new children. One that is killed from outside (kill -9, no memory left)
        breaks pebble's pool for good, or leaves the lock that it held to nobody.
        """
        self.close()
        self._pool = self._new_pool()

    def close(self) -> None:
        """End the children, at once; pages still being read are given up."""
        self._pool.stop()  # type: ignore[no-untyped-call]  # pebble left it without annotations
        self._pool.join()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _extract_and_tag(
    function: Extract, page: Page, outlet: Outlet, tables: Tables
) -> tuple[Article | Refusal, Tags | None]:
    result = function(page, outlet)
    if isinstance(result, Refusal):
        return result, None
    asked = TagRequest(result, page.fetched_at, outlet.province_of(result.section))
    [tags] = tag_articles(tables, [asked])
    return result, tags


def _limit_memory(memory_bytes: int) -> None:
    """Bound this child's address space, in bytes."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
