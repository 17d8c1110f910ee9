"""Runs a command in a process group of its own, bounded in time, memory and output.

Nothing that a child does harms its parent: not a tight loop, not a leak, not a segfault, not
100 MB of output. Its standard input is a pipe from us: when that closes, we are gone, and it ends.
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
# "…/resource_tracker.py:254: UserWarning: …", and the line of code that raised it.
_WARNING = re.compile(r"^\S+:\d+: \w*Warning: .*\n?(?:^[ \t]+\S.*\n?)?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Bounds:
    """A child's limits. grace_seconds: from SIGTERM to SIGKILL.

    seconds: wall time. overtime_seconds: what a child that keeps the time limit itself gets on
    top. memory_bytes: resident memory of the child itself, checked a few times a second; the
    system also refuses it more than twice as much data (RLIMIT_DATA).
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
    """How a child ended. code: its exit code; negative if a signal ended it.

    reason: why we ended it, in words; None if it ended by itself. last_line: the error that it
    printed, else its last line.
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
    """A started process. Its output is read as it arrives, and all but its tail is dropped.

    stdin: our end of its standard input. output: our end of its standard output and error.
    """

    def __init__(self, process: Process, stdin: int, output: int, bounds: Bounds):
        self._process = process
        self._stdin = stdin
        self._output = output
        os.set_blocking(self._output, False)
        data_bytes = 2 * bounds.memory_bytes
        with suppress(ProcessLookupError):  # it has ended already
            resource.prlimit(self._process.pid, resource.RLIMIT_DATA, (data_bytes, data_bytes))
        self._tail = b""
        self.printed = 0
        self.peak = 0
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._output, self._read)
        self._is_reading = True

    def _read(self) -> None:
        try:
            chunk = os.read(self._output, _READ_BYTES)
        except BlockingIOError:
            return
        if not chunk:
            self._stop_reading()
            return
        self.printed += len(chunk)
        self._tail = (self._tail + chunk)[-TAIL_BYTES:]

    def _stop_reading(self) -> None:
        if self._is_reading:
            self._loop.remove_reader(self._output)
            self._is_reading = False

    @property
    def has_ended(self) -> bool:
        """True once the process has ended."""
        return self._process.has_ended

    def memory(self) -> int:
        """Return the resident memory in bytes, 0 if the process is gone."""
        try:
            now: int = psutil.Process(self._process.pid).memory_info().rss
        except psutil.Error:
            return 0
        self.peak = max(self.peak, now)
        return now

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the child's process group."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    async def close(self) -> int:
        """Kill what is left of the group and read its last output; return the exit code."""
        self.send(signal.SIGKILL)
        code = await self._process.wait()  # it has ended, or has just been killed
        deadline = self._loop.time() + _DRAIN_SECONDS
        while self._is_reading and self._loop.time() < deadline:
            await asyncio.sleep(0.01)
        self._stop_reading()
        os.close(self._stdin)
        os.close(self._output)
        return code

    def last_line(self) -> str | None:
        """Return the error that it printed, else the last line, else None.

        Python's warnings are left out: they do not say how a process ended, and helpers of a
        killed process print some.
        """
        printed = _WARNING.sub("", self._tail.decode("utf-8", "replace"))
        lines = [line.strip() for line in printed.splitlines()]
        errors = [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]
        candidates = errors or [line for line in lines if line]
        return candidates[-1][:500] if candidates else None


async def run_child(
    argv: Sequence[str],
    environment: Mapping[str, str],
    bounds: Bounds,
    stopping: asyncio.Event,
    forks: Forks | None = None,
) -> Exit:
    """Run a command until it ends, exceeds its bounds, or `stopping` is set.

    In the last two cases its process group gets SIGTERM, and SIGKILL after the grace. Processes
    that it leaves behind are killed too. Raises OSError if it cannot be started.
    forks: the warm parent to fork it from; by default it is started as a new process.
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
    child_stdin, stdin = os.pipe()
    output, child_output = os.pipe()
    try:
        process = await start(
            argv, environment, (child_stdin, child_output, child_output), 0, forks
        )
    except BaseException:
        os.close(stdin)
        os.close(output)
        raise
    finally:
        os.close(child_stdin)
        os.close(child_output)
    return _Child(process, stdin, output, bounds)


def _reason(by: EndedBy, bounds: Bounds) -> str | None:
    return {
        EndedBy.TIME: f"not done within its time limit of {bounds.seconds:g} s",
        EndedBy.MEMORY: f"took more than {bounds.memory_bytes / 2**20:.0f} MiB of memory",
        EndedBy.STOP: "asked to stop before it had ended",
    }.get(by)


async def _watch(child: _Child, bounds: Bounds, stopping: asyncio.Event) -> EndedBy:
    """Return why the child has to be ended, or that it has ended by itself."""
    clock = asyncio.get_running_loop().time  # monotonic: a clock step does not move the deadline
    deadline = clock() + bounds.seconds + bounds.overtime_seconds
    while not child.has_ended:
        if clock() > deadline:
            return EndedBy.TIME
        if child.memory() > bounds.memory_bytes:
            return EndedBy.MEMORY
        if stopping.is_set():
            return EndedBy.STOP
        await asyncio.sleep(POLL_SECONDS)
    return EndedBy.ITSELF


async def _wait(child: _Child, seconds: float) -> None:
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    while not child.has_ended and clock() < deadline:
        await asyncio.sleep(POLL_SECONDS / 5)
