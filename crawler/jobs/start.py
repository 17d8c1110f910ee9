"""Starts processes: as new commands, or forked from a warm parent, which is faster.

A forked process runs the same command: `python -m MODULE …` with its streams, environment and
process group.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from crawler.jobs.warm import REQUEST_BYTES, ForkRequest

Streams = tuple[int, int, int]
"""File descriptors of a process's standard input, output and error; the caller closes its own."""

_FORK_SECONDS = 120.0  # a parent that takes longer for its imports counts as hung
_REPORT_SECONDS = 10.0  # from the kill of a process to its parent's report
_END_SECONDS = 5.0
_CODE = Path(__file__).resolve().parents[1]


class Process(Protocol):
    """A started process."""

    @property
    def pid(self) -> int:
        """Its process id, and that of its process group if it has its own."""

    @property
    def has_ended(self) -> bool:
        """True once it has ended; the system does not reuse its id before `wait`."""

    def drop(self) -> None:
        """Kill it without waiting for a report of its end."""

    async def wait(self) -> int:
        """Return its exit code once it has ended; negative if a signal ended it."""


class ColdProcess:
    """A process started as a new command. Raises OSError if it cannot be started.

    group: the process group to join, 0 for one of its own.
    """

    def __init__(
        self, argv: Sequence[str], environment: Mapping[str, str], streams: Streams, group: int
    ) -> None:
        """Start it."""
        self._process = subprocess.Popen(  # noqa: S603 - our own argv, no shell
            argv,
            stdin=streams[0],
            stdout=streams[1],
            stderr=streams[2],
            env=dict(environment),
            process_group=group,
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """True once it has ended; it is not reaped here, so its id is not reused."""
        if self._process.returncode is not None:
            return True
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.pid, options) is not None

    def drop(self) -> None:
        """Kill and reap it."""
        self._process.kill()
        self._process.wait()

    async def wait(self) -> int:
        """Return its exit code; it has ended, or has just been killed."""
        return self._process.wait()


class ForkedProcess:
    """A child of a warm parent, which reports its id and its exit code on a pipe."""

    LOST = -int(signal.SIGKILL)
    """The exit code of a process whose parent was killed: it is killed too, as it is orphaned."""

    def __init__(self, status: int) -> None:
        """Read the pipe `status`; `pid` is set once `started` is done, 0 if nothing was forked."""
        self._loop = asyncio.get_running_loop()
        self._status = status
        self._received = b""
        self.pid = 0
        self._code: int | None = None
        self.started: asyncio.Future[None] = self._loop.create_future()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        os.set_blocking(status, False)
        self._loop.add_reader(status, self._read)

    def _read(self) -> None:
        try:
            chunk = os.read(self._status, 64)
        except BlockingIOError:
            return
        self._received += chunk
        lines = self._received.splitlines()
        if lines and self.pid == 0:
            self.pid = int(lines[0])
        if len(lines) > 1:
            self._code = int(lines[1])
        if not chunk:
            self._close()
        if (self.pid or not chunk) and not self.started.done():
            self.started.set_result(None)

    def _close(self) -> None:
        self._loop.remove_reader(self._status)
        os.close(self._status)
        if self._code is None and self.pid:  # the parent is gone: nobody reports its end
            self._code = self.LOST
            with suppress(OSError):
                os.kill(self.pid, signal.SIGKILL)
        if not self._ended.done():
            self._ended.set_result(None)

    @property
    def has_ended(self) -> bool:
        """True once its parent has reported its end."""
        return self._ended.done()

    def drop(self) -> None:
        """Kill it, and stop reading the pipe."""
        if not self.has_ended:
            with suppress(OSError):
                os.kill(self.pid, signal.SIGKILL)
            self._close()

    async def wait(self) -> int:
        """Return its exit code once it has ended, or has just been killed."""
        await asyncio.wait([self._ended], timeout=_REPORT_SECONDS)
        return self.LOST if self._code is None else self._code


class Forks:
    """Requests processes from a warm parent, through a socket."""

    def __init__(self, requests: socket.socket, kill: Callable[[], object] = lambda: None) -> None:
        """requests: connected to the parent. kill: ends a parent that does not answer."""
        self._requests = requests
        self._kill = kill
        self.forked = 0
        self.is_gone = self.was_hung = False

    async def fork(
        self, argv: Sequence[str], environment: Mapping[str, str], streams: Streams, group: int
    ) -> Process | None:
        """Return a forked process that runs a command; None if it cannot be forked.

        argv: only "python -m MODULE …" can be forked.
        """
        if list(argv[:2]) != [sys.executable, "-m"]:
            return None
        request = ForkRequest(argv[2], list(argv[3:]), dict(environment), str(Path.cwd()), group)
        message = json.dumps(asdict(request)).encode()
        if len(message) > REQUEST_BYTES:
            return None
        status, status_writer = os.pipe()
        try:
            socket.send_fds(self._requests, [message], [*streams, status_writer])
        except OSError:
            os.close(status)
            self.is_gone = True
            return None
        finally:
            os.close(status_writer)
        process = ForkedProcess(status)
        if not (await asyncio.wait([process.started], timeout=_FORK_SECONDS))[0]:
            self.was_hung = True
            self._kill()
            await process.started
        self.is_gone = not process.pid
        self.forked += bool(process.pid)
        return process if process.pid else None

    def close(self) -> None:
        """Close the socket: the parent takes no further requests from it."""
        self._requests.close()


_inherited: Forks | None = None


def inherit(requests: socket.socket) -> None:
    """Let this forked process request others from its parent. requests: connected to it."""
    global _inherited  # noqa: PLW0603 - a process has one parent
    _inherited = Forks(requests)


async def start(
    argv: Sequence[str],
    environment: Mapping[str, str],
    streams: Streams,
    group: int,
    forks: Forks | None = None,
) -> Process:
    """Start a command, forked from a warm parent if there is one. Raises OSError.

    forks: the warm parent; by default the one that this process was forked from, if any.
    """
    parent = forks or _inherited
    forked = await parent.fork(argv, environment, streams, group) if parent else None
    return forked or ColdProcess(argv, environment, streams, group)


class WarmParent:
    """One warm parent, kept while a command starts many processes.

    modules: the modules that it imports. It is started with the first process, and restarted when
    it is gone or when the code on disk has changed since its imports; its children run on.
    """

    def __init__(self, modules: Sequence[str]) -> None:
        """Start nothing yet."""
        self._modules = tuple(modules)
        self._stamp: tuple[object, ...] = ()
        self._forks: Forks | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._retired: list[subprocess.Popen[bytes]] = []

    def forks(self) -> Forks | None:
        """Return the parent, started if need be; None if it cannot start with this code."""
        stamp, old, code = code_stamp(), self._forks, self._exit_code
        is_gone = old is not None and (old.is_gone or code is not None)
        is_broken = old and is_gone and stamp == self._stamp and not old.forked
        # A kill from outside does not show that its imports fail.
        if old and is_broken and (old.was_hung or code != -signal.SIGKILL):
            return None  # its imports fail: each new process then reports that itself
        if self._forks is None or stamp != self._stamp or is_gone:
            self._retire()
            self._stamp, self._forks = stamp, self._start()
        return self._forks

    @property
    def _exit_code(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def _start(self) -> Forks:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            argv = [sys.executable, "-m", "crawler.jobs.warm", str(theirs.fileno())]
            self._process = subprocess.Popen(  # noqa: S603 - our own argv, no shell
                [*argv, *self._modules],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                process_group=0,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )
        return Forks(ours, self._process.kill)

    def _retire(self) -> None:
        """Close the parent's socket; it ends with the last of its children."""
        if self._forks is not None:
            self._forks.close()
            self._forks = None
        if self._process is not None:
            self._retired = [parent for parent in self._retired if parent.poll() is None]
            self._retired.append(self._process)
            self._process = None

    def close(self) -> None:
        """End every parent; call it when all their children have ended."""
        self._retire()
        for process in self._retired:
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def code_stamp() -> tuple[object, ...]:
    """Return a value that changes when our code, or an installed library, changes on disk."""
    folders = {Path(entry) for entry in sys.path if entry.endswith("site-packages")}
    files = sorted([*_CODE.rglob("*.py"), *(_CODE.parent / "storage").rglob("*.py"), *folders])
    states = []
    for file in files:
        with suppress(OSError):
            state = file.stat()
            states.append((str(file), state.st_mtime_ns, state.st_size))
    return tuple(states)
