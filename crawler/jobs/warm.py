"""A warm parent: it has imported what crawls import, and forks a process for each that is asked.

Run as `python -m crawler.jobs.warm FD MODULE …`: FD is a socket for requests, the modules are
imported beforehand. It has one thread, no connection and no Twisted reactor, and it runs nothing
of what it forks: whatever a child does, the next one begins from the same state. A child can ask
for others of its group by a socket of its own (`crawler.jobs.start`).

A request is one message: JSON with `module`, `argv`, `env`, `cwd` and `group` (the process group
to join, 0 for one of its own), and four file descriptors: standard input, output and error, and
one on which the child's id and at last its exit code come back, a line each.
"""

import atexit
import gc
import json
import os
import random
import runpy
import selectors
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

REQUEST_BYTES = 128 * 1024
"""What a request may take; who asks for more starts a process the plain way."""
_STREAMS = 3


@dataclass(frozen=True, slots=True)
class ForkRequest:
    """What a child is to run, as `python -m MODULE ARGV…` would."""

    module: str
    argv: list[str]
    env: dict[str, str]
    cwd: str
    group: int

    def run(self) -> None:
        """Run it, in the child."""
        os.environ.clear()
        os.environ.update(self.env)
        os.chdir(self.cwd)
        time.tzset()
        random.seed()
        sys.argv = [self.module, *self.argv]
        runpy.run_module(self.module, run_name="__main__", alter_sys=True)


class Nursery:
    """Forks what is asked for, and tells how it ended."""

    def __init__(self, asks: socket.socket) -> None:
        """asks: the first socket for requests; when it closes, this ends with its last child."""
        self._first = asks
        self._selector = selectors.DefaultSelector()
        self._selector.register(asks, selectors.EVENT_READ)
        self._status: dict[int, int] = {}  # by child: where its end is told
        self._woken, self._wakes = os.pipe()
        for end in (self._woken, self._wakes):
            os.set_blocking(end, False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakes, warn_on_full_buffer=False)

    def serve(self) -> ForkRequest | None:
        """Return what this process is to run, in each child; None at the end of the parent."""
        while self._status or self._first.fileno() >= 0:
            for key, _ in self._selector.select():
                if key.fileobj == self._woken:
                    with suppress(BlockingIOError):
                        os.read(self._woken, 4096)
                    self._reap()
                elif isinstance(key.fileobj, socket.socket):
                    asked = self._take(key.fileobj)
                    if asked is not None:
                        return asked
        return None

    def _take(self, asks: socket.socket) -> ForkRequest | None:
        """Fork what one message asks for; return it in the child."""
        try:
            text, given, _, _ = socket.recv_fds(asks, REQUEST_BYTES, _STREAMS + 1)
        except OSError:
            text, given = b"", []
        if not text:
            self._selector.unregister(asks)
            asks.close()
            return None
        asked = ForkRequest(**json.loads(text))
        *streams, status = given
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            pid = os.fork()
        except OSError:  # who asked sees the descriptors close
            mine.close()
            os.close(status)
        else:
            if pid == 0:
                mine.close()
                os.close(status)
                self._become(asked, streams, theirs)
                return asked
            with suppress(OSError):  # it has ended already, or done so itself
                os.setpgid(pid, asked.group or pid)
            self._selector.register(mine, selectors.EVENT_READ)
            self._status[pid] = status
            _tell(status, pid)
        for end in (*streams, theirs.detach()):
            os.close(end)
        return None

    def _become(self, asked: ForkRequest, streams: list[int], asks: socket.socket) -> None:
        """Leave all that is the parent's, and take the streams that were given."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()
        for end in (self._woken, self._wakes, *self._status.values()):
            os.close(end)
        self._status.clear()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        with suppress(OSError):
            os.setpgid(0, asked.group)
        from crawler.jobs import start  # noqa: PLC0415 - the parent needs nothing of it

        start.inherit(asks)

    def _reap(self) -> None:
        for pid in list(self._status):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            with suppress(OSError):  # what it left behind, while its group's id is its own
                os.killpg(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            told = self._status.pop(pid)
            _tell(told, os.waitstatus_to_exitcode(status))
            os.close(told)


def _tell(status: int, number: int) -> None:
    with suppress(OSError):  # nobody waits for it any more
        os.write(status, b"%d\n" % number)


def preload(modules: list[str]) -> None:
    """Import modules so that a process can be forked afterwards. Raises RuntimeError."""
    for module in modules:
        import_module(module)
    if "twisted.internet.reactor" in sys.modules:
        raise RuntimeError("a reactor was installed by an import: no crawl could choose its own")
    if threading.active_count() > 1 or len([*Path("/proc/self/task").iterdir()]) > 1:
        raise RuntimeError("an import started a thread: no process can be forked beside it")
    gc.collect()
    gc.freeze()  # what is never looked at again stays shared between the children


class Leaving:
    """Ends this process without taking its modules apart, which costs as much as a look in vain.

    It would also write to all memory that is shared with the parent, so that each then holds its
    own. To be made before anything is imported: what ends in order runs first, last added first.
    """

    def __init__(self) -> None:
        """Wait for the end; `code` is what it ends with, None to end as Python does."""
        self.code: int | None = None
        atexit.register(self._leave)

    def _leave(self) -> None:
        """End; threads have ended, and what others registered has run."""
        if self.code is None:
            return
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (AttributeError, OSError, ValueError):  # Python says what went wrong
            return
        os._exit(self.code)


def main(arguments: list[Any]) -> None:
    """Serve requests; in a child, run what was asked for."""
    leaving = Leaving()
    asks = socket.socket(fileno=int(arguments[0]))
    preload(arguments[1:])
    asked = Nursery(asks).serve()
    try:
        if asked is not None:
            asked.run()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            leaving.code = end.code or 0
        raise
    leaving.code = 0


if __name__ == "__main__":
    main(sys.argv[1:])
