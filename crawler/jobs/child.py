"""A command in a process group of its own, bounded in time, memory and output.

Nothing that a child does reaches its parent: not a tight loop, not a leak, not a segfault, not
100 MB of output. Its standard input is a line to us: when it closes, we are gone, and it ends.
"""

import asyncio
import os
import re
import resource
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

import psutil

from crawler.jobs.start import Forks, Process, start

POLL_SECONDS = 0.25
TAIL_BYTES = 16 * 1024
_READ_BYTES = 64 * 1024
_DRAIN_SECONDS = 1.0
# "…/resource_tracker.py:254: UserWarning: …", and the line of code that gave it.
_WARNING = re.compile(r"^\S+:\d+: \w*Warning: .*\n?(?:^[ \t]+\S.*\n?)?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a child may take. grace_seconds: from TERM to KILL.

    overtime_seconds: how long past its time limit a child has that ends itself there.
    memory_bytes: resident memory of the child itself, looked at a few times a second; twice as
    much as data is what the system refuses it at once.
    """

    seconds: float
    memory_bytes: int
    grace_seconds: float = 10.0
    overtime_seconds: float = 0.0


class EndedBy(StrEnum):
    """What ended a child."""

    TIME = "time"
    MEMORY = "memory"
    STOP = "stop"
    ITSELF = "itself"


@dataclass(frozen=True, slots=True)
class Exit:
    """How a child ended. code: its exit code, negative where a signal ended it.

    reason: why we ended it, in words; None where it ended by itself. last_line: the error that it
    printed, else the last line.
    """

    code: int
    by: EndedBy
    reason: str | None
    last_line: str | None
    peak_bytes: int
    printed_bytes: int

    @property
    def text(self) -> str:
        """How it ended, in one line."""
        if self.reason:
            return self.reason
        if self.code < 0:
            name = signal.Signals(-self.code).name
            return f"killed by {name}" + (f"; it said: {self.last_line}" if self.last_line else "")
        return self.last_line or f"ended with exit code {self.code}"


class _Child:
    """A started process. Its output is read as it comes and all but its end is dropped.

    line: our end of its standard input. pipe: its output.
    """

    def __init__(self, process: Process, line: int, pipe: int, bounds: Bounds):
        self._process = process
        self._line = line
        self._pipe = pipe
        os.set_blocking(self._pipe, False)
        data = 2 * bounds.memory_bytes
        with suppress(ProcessLookupError):  # it has ended already
            resource.prlimit(self._process.pid, resource.RLIMIT_DATA, (data, data))
        self._tail = b""
        self.printed = 0
        self.peak = 0
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._pipe, self._read)
        self._listening = True

    def _read(self) -> None:
        try:
            piece = os.read(self._pipe, _READ_BYTES)
        except BlockingIOError:
            return
        if not piece:
            self._stop_listening()
            return
        self.printed += len(piece)
        self._tail = (self._tail + piece)[-TAIL_BYTES:]

    def _stop_listening(self) -> None:
        if self._listening:
            self._loop.remove_reader(self._pipe)
            self._listening = False

    @property
    def has_ended(self) -> bool:
        """True once the process has ended."""
        return self._process.has_ended

    def memory(self) -> int:
        """Return the resident memory in bytes, 0 where the process is gone."""
        try:
            now: int = psutil.Process(self._process.pid).memory_info().rss
        except psutil.Error:
            return 0
        self.peak = max(self.peak, now)
        return now

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the child and all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    async def close(self) -> int:
        """End what is left of the group, take in the last output; return the exit code."""
        self.send(signal.SIGKILL)
        code = await self._process.wait()  # it has ended, or has just been killed
        until = self._loop.time() + _DRAIN_SECONDS
        while self._listening and self._loop.time() < until:
            await asyncio.sleep(0.01)
        self._stop_listening()
        os.close(self._line)
        os.close(self._pipe)
        return code

    def last_line(self) -> str | None:
        """Return the error that it printed, else the last line, else None.

        Python's warnings say nothing of how a process ended; a killed one's helpers print some.
        """
        printed = _WARNING.sub("", self._tail.decode("utf-8", "replace"))
        lines = [line.strip() for line in printed.splitlines()]
        errors = [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]
        found = errors or [line for line in lines if line]
        return found[-1][:500] if found else None


async def run_child(
    argv: Sequence[str],
    environment: Mapping[str, str],
    bounds: Bounds,
    stopping: asyncio.Event,
    forks: Forks | None = None,
) -> Exit:
    """Run a command to its end, or to the end of what it may take, or until `stopping` is set.

    Then its whole group is asked to end (TERM), and after the grace killed. Whatever it started
    and left behind is killed too. Raises OSError where it cannot be started.
    forks: the warm parent that it is forked from; a command of its own by default.
    """
    child = await _start(argv, environment, bounds, forks)
    by = EndedBy.ITSELF
    try:
        by = await _watch(child, bounds, stopping)
        if by is not EndedBy.ITSELF:
            child.send(signal.SIGTERM)
            await _wait(child, bounds.grace_seconds)
    finally:
        code = await asyncio.shield(child.close())
    return Exit(code, by, _reason(by, bounds), child.last_line(), child.peak, child.printed)


async def _start(
    argv: Sequence[str], environment: Mapping[str, str], bounds: Bounds, forks: Forks | None
) -> _Child:
    """Start a process in a group of its own. Raises OSError."""
    theirs, line = os.pipe()
    pipe, printed = os.pipe()
    try:
        process = await start(argv, environment, (theirs, printed, printed), 0, forks)
    except BaseException:
        os.close(line)
        os.close(pipe)
        raise
    finally:
        os.close(theirs)
        os.close(printed)
    return _Child(process, line, pipe, bounds)


def _reason(by: EndedBy, bounds: Bounds) -> str | None:
    return {
        EndedBy.TIME: f"not done within its time limit of {bounds.seconds:g} s",
        EndedBy.MEMORY: f"took more than {bounds.memory_bytes / 2**20:.0f} MiB of memory",
        EndedBy.STOP: "asked to stop before it had ended",
    }.get(by)


async def _watch(child: _Child, bounds: Bounds, stopping: asyncio.Event) -> EndedBy:
    """Return why the child has to be ended, or that it has ended by itself."""
    clock = asyncio.get_running_loop().time  # monotonic: no clock step ends a crawl, or lets it run
    limit = clock() + bounds.seconds + bounds.overtime_seconds
    while not child.has_ended:
        if clock() > limit:
            return EndedBy.TIME
        if child.memory() > bounds.memory_bytes:
            return EndedBy.MEMORY
        if stopping.is_set():
            return EndedBy.STOP
        await asyncio.sleep(POLL_SECONDS)
    return EndedBy.ITSELF


async def _wait(child: _Child, seconds: float) -> None:
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    while not child.has_ended and clock() < until:
        await asyncio.sleep(POLL_SECONDS / 5)
