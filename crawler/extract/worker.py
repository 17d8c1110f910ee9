"""Extraction and tagging in killable subprocesses, so that a page that hangs costs only itself.

No signal can interrupt the C parsers; only killing their process does. So one or a few child
processes extract pages, each within limits of time and memory, and are replaced when killed.
"""

import asyncio
import logging
import os
import pickle
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self, TypeVar

from crawler.extract import extract
from crawler.extract.article import VERSION, slug_of
from crawler.extract.worker_process import LENGTH_BYTES, READY, packed
from crawler.jobs.start import Process, start
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
# How long a child may take to start, on a busy machine.
_START_SECONDS = 40.0
# A child is replaced after this many pages, so that a slow memory leak in a parser is bounded.
_PAGES_PER_CHILD = 5_000


class ChildDiedError(Exception):
    """A child ended while it extracted a page. code: its exit code, negative for a signal."""

    def __init__(self, code: int) -> None:
        """Store the exit code."""
        super().__init__(f"the extraction process ended with exit code {code}")
        self.code = code


class _Child:
    """A child process that extracts pages, with the socket for its calls."""

    def __init__(
        self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._calls = 0

    @classmethod
    async def begin(cls, memory_bytes: int) -> Self:
        """Start a child and wait until it is ready. Raises OSError, ChildDiedError."""
        ours, theirs = socket.socketpair()
        argv = [sys.executable, "-m", "crawler.extract.worker_process", str(memory_bytes)]
        try:
            with theirs:
                # In our own process group, so that killing a crawl's group kills this too.
                streams = (theirs.fileno(), 2, 2)
                process = await start(argv, os.environ, streams, os.getpgid(0))
        except BaseException:
            ours.close()
            raise
        try:
            child = cls(process, *await asyncio.open_unix_connection(sock=ours))
        except BaseException:
            process.drop()
            ours.close()
            raise
        try:
            await asyncio.wait_for(child._reader.readexactly(len(READY)), _START_SECONDS)
        except (EOFError, OSError):
            raise ChildDiedError(await child.end()) from None
        except BaseException:
            child.drop()
            raise
        return child

    @property
    def is_fit(self) -> bool:
        """True if it can take another page."""
        return self._calls < _PAGES_PER_CHILD and not self._process.has_ended

    async def ask(self, function: Callable[..., Any], arguments: tuple[object, ...]) -> None:
        """Send a call; return when the child has received it and begins."""
        self._calls += 1
        self._writer.write(packed((function, arguments)))
        await self._writer.drain()
        await self._reader.readexactly(len(READY))

    async def answer(self) -> Any:
        """Return (True, the function's result) or (False, the exception that it raised)."""
        length = await self._reader.readexactly(LENGTH_BYTES)
        answer = await self._reader.readexactly(int.from_bytes(length, "big"))
        return pickle.loads(answer)  # noqa: S301 - from our own child

    def drop(self) -> None:
        """Kill it without waiting for its exit."""
        self._process.drop()
        self._writer.transport.abort()

    async def end(self) -> int:
        """Kill it and return its exit code."""
        if not (self._process.has_ended or await self._is_ending()):
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
        self._writer.transport.abort()
        return await self._process.wait()

    async def _is_ending(self) -> bool:
        """True if it exits by itself: its socket closes a moment before the process ends."""
        if not self._reader.at_eof():
            return False
        deadline = asyncio.get_running_loop().time() + 1.0
        while not self._process.has_ended and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        return self._process.has_ended


class ExtractionWorker:
    """A pool of child processes that extract pages. Use it in a running asyncio loop, and close it.

    limit_seconds: wall-clock time for one page, after which its process is killed.
    memory_bytes: address space of a child. workers: the number of children.
    function: extracts a page in a child; it must be importable.
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
        self._slots = asyncio.Semaphore(workers)
        self._idle: list[_Child] = []
        self._children: set[_Child] = set()

    async def extract(self, page: Page, outlet: Outlet | None) -> Article | Refusal:
        """Return a page's article or refusal; a TIMEOUT or CRASH if its process ended.

        The time limit starts when a child takes the page, not while the page waits for one.
        """
        slug = outlet.slug if outlet else slug_of(page.url)
        return await self.guarded(slug, page.url, self._function, page, outlet)

    async def guarded(
        self, slug: str, url: str, function: Callable[..., T], *arguments: object
    ) -> T | Refusal:
        """Return the result of an importable function for the page at `url` of the outlet `slug`.

        If the function fails or its process ends, the result is a TIMEOUT or CRASH refusal.
        """

        def refuse(reason: RefusalReason, evidence: str) -> Refusal:
            return Refusal(slug, url, reason, evidence, VERSION)

        try:
            return await self.run(function, *arguments)
        except TimeoutError:
            return refuse(RefusalReason.TIMEOUT, f"not done within {self._limit_seconds:g} s")
        except ChildDiedError as error:
            evidence = f"the extraction process ended with exit code {error.code}"
            return refuse(RefusalReason.CRASH, evidence)
        except Exception as error:  # noqa: BLE001 - an error in a child costs its page only
            evidence = f"{type(error).__name__} in the extraction process: {error}"
            return refuse(RefusalReason.CRASH, evidence)

    async def read(
        self, page: Page, outlet: Outlet, tables: Tables | None
    ) -> tuple[Article | Refusal, Tags | None]:
        """Return a page's article or refusal, and its places, in one round trip to a child.

        After a failure the page is extracted again without tagging: if only the tagging failed,
        the article has no tags, and `tinquan places retag` adds them later.
        """
        if tables is not None:
            try:
                return await self.run(_extract_and_tag, self._function, page, outlet, tables)
            except Exception as error:  # noqa: BLE001 - an error in a child costs its tags at most
                reason = f"{type(error).__name__}: {error}"
                _LOG.warning("read without places: %s: %s", page.url, reason)
        return await self.extract(page, outlet), None

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """Call an importable function in a child, within the limits, and return its result.

        Raises TimeoutError, ChildDiedError (the child ended), MemoryError, RecursionError, OSError,
        and what the function raises.
        """
        async with self._slots:  # so that the time limit does not run while waiting for a child
            try:
                child = await self._send(function, arguments)
            except ChildDiedError:  # it was killed before it took the call
                child = await self._send(function, arguments)
            try:
                succeeded, answer = await asyncio.wait_for(child.answer(), self._limit_seconds)
            except BaseException as error:
                await self._kill(child, error)
                raise
            self._idle.append(child)
        if not succeeded:
            raise answer
        result: T = answer
        return result

    async def _send(
        self, function: Callable[..., object], arguments: tuple[object, ...]
    ) -> "_Child":
        """Return a child that has taken a call. Raises TimeoutError, ChildDiedError, OSError."""
        child = await self._child()
        try:
            await asyncio.wait_for(child.ask(function, arguments), _START_SECONDS)
        except BaseException as error:
            await self._kill(child, error)
            raise
        return child

    async def _kill(self, child: "_Child", error: BaseException) -> None:
        """Kill a child, the only way to stop its call. Raises ChildDiedError if it had died."""
        self._children.discard(child)
        code = await child.end()
        if isinstance(error, (EOFError, OSError)) and not isinstance(error, TimeoutError):
            raise ChildDiedError(code) from None

    async def _child(self) -> "_Child":
        """Return an idle or new child; one that was killed between two pages is replaced."""
        while self._idle:
            child = self._idle.pop()
            if child.is_fit:
                return child
            self._children.discard(child)
            await child.end()
        child = await _Child.begin(self._memory_bytes)
        self._children.add(child)
        return child

    def close(self) -> None:
        """Kill the children at once; pages in progress are abandoned."""
        for child in self._children:
            child.drop()
        self._children.clear()
        self._idle.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


def _extract_and_tag(
    function: Extract, page: Page, outlet: Outlet, tables: Tables
) -> tuple[Article | Refusal, Tags | None]:
    result = function(page, outlet)
    if isinstance(result, Refusal):
        return result, None
    request = TagRequest(result, page.fetched_at, outlet.province_of(result.section))
    [tags] = tag_articles(tables, [request])
    return result, tags
