"""A warm parent: it imports the modules that crawls need, and forks a process for each request.

Run as `python -m crawler.jobs.warm FD MODULE …`: FD is a socket for requests, the modules are
imported first. It has one thread, no connection and no Twisted reactor, and it runs no code of its
children: whatever a child does, the next one begins from the same state. A child can request
others in its process group through a socket of its own (`crawler.jobs.start`).

A request is one message: JSON with `module`, `argv`, `env`, `cwd` and `group` (the process group
to join, 0 for one of its own), and four file descriptors: standard input, output and error, and
a pipe on which the child's id and later its exit code are written, one per line.
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
"""The most bytes of a request; a larger one is started as a new process instead."""
_STREAMS = 3


@dataclass(frozen=True, slots=True)
class ForkRequest:
    """A command for a child, which runs it as `python -m MODULE ARGV…` would."""

    module: str
    argv: list[str]
    env: dict[str, str]
    cwd: str
    group: int

    def run(self) -> None:
        """Run the command; called in the child."""
        os.environ.clear()
        os.environ.update(self.env)
        os.chdir(self.cwd)
        time.tzset()
        random.seed()
        sys.argv = [self.module, *self.argv]
        runpy.run_module(self.module, run_name="__main__", alter_sys=True)


class ForkServer:
    """Forks a child for each request, and reports how it ended."""

    def __init__(self, requests: socket.socket) -> None:
        """requests: the first request socket; when it closes, this ends with its last child."""
        self._first = requests
        self._selector = selectors.DefaultSelector()
        self._selector.register(requests, selectors.EVENT_READ)
        self._status_pipes: dict[int, int] = {}  # by child
        self._wakeup, self._wakeup_writer = os.pipe()
        for descriptor in (self._wakeup, self._wakeup_writer):
            os.set_blocking(descriptor, False)
        self._selector.register(self._wakeup, selectors.EVENT_READ)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakeup_writer, warn_on_full_buffer=False)

    def serve(self) -> ForkRequest | None:
        """Serve requests; return one in each child that is to run it, None in the parent."""
        while self._status_pipes or self._first.fileno() >= 0:
            for key, _ in self._selector.select():
                if key.fileobj == self._wakeup:
                    with suppress(BlockingIOError):
                        os.read(self._wakeup, 4096)
                    self._reap()
                elif isinstance(key.fileobj, socket.socket):
                    request = self._receive(key.fileobj)
                    if request is not None:
                        return request
        return None

    def _receive(self, requests: socket.socket) -> ForkRequest | None:
        """Fork a child for one request; return the request in the child, None in the parent."""
        try:
            message, descriptors, _, _ = socket.recv_fds(requests, REQUEST_BYTES, _STREAMS + 1)
        except OSError:
            message, descriptors = b"", []
        if not message:
            self._selector.unregister(requests)
            requests.close()
            return None
        request = ForkRequest(**json.loads(message))
        *streams, status_pipe = descriptors
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            pid = os.fork()
        except OSError:  # the requester sees the descriptors close
            ours.close()
            os.close(status_pipe)
        else:
            if pid == 0:
                ours.close()
                os.close(status_pipe)
                self._set_up_child(request, streams, theirs)
                return request
            with suppress(OSError):  # it has ended already, or has called setpgid itself
                os.setpgid(pid, request.group or pid)
            self._selector.register(ours, selectors.EVENT_READ)
            self._status_pipes[pid] = status_pipe
            _report(status_pipe, pid)
        for descriptor in (*streams, theirs.detach()):
            os.close(descriptor)
        return None

    def _set_up_child(
        self, request: ForkRequest, streams: list[int], requests: socket.socket
    ) -> None:
        """Close everything that belongs to the parent, and install the request's streams."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()
        for descriptor in (self._wakeup, self._wakeup_writer, *self._status_pipes.values()):
            os.close(descriptor)
        self._status_pipes.clear()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        with suppress(OSError):
            os.setpgid(0, request.group)
        from crawler.jobs import start  # noqa: PLC0415 - the parent does not need it

        start.inherit(requests)

    def _reap(self) -> None:
        for pid in list(self._status_pipes):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            with suppress(OSError):  # its group's leftovers, before the id can be reused
                os.killpg(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            status_pipe = self._status_pipes.pop(pid)
            _report(status_pipe, os.waitstatus_to_exitcode(status))
            os.close(status_pipe)


def _report(status_pipe: int, number: int) -> None:
    with suppress(OSError):  # the requester is gone
        os.write(status_pipe, b"%d\n" % number)


def preload(modules: list[str]) -> None:
    """Import modules, and check that processes can be forked afterwards. Raises RuntimeError."""
    for module in modules:
        import_module(module)
    if "twisted.internet.reactor" in sys.modules:
        raise RuntimeError("a reactor was installed by an import: no crawl could choose its own")
    if threading.active_count() > 1 or len([*Path("/proc/self/task").iterdir()]) > 1:
        raise RuntimeError("an import started a thread: no process can be forked beside it")
    gc.collect()
    gc.freeze()  # objects that the collector never visits stay shared between the children


class FastExit:
    """Ends this process without tearing down its modules, which takes as long as an idle crawl.

    The teardown would also write to the memory pages that are shared with the parent, and so copy
    them. Create it before anything is imported: exit handlers run in reverse order, so that this
    one runs last.
    """

    def __init__(self) -> None:
        """Register the handler; `code` is the exit code, None for Python's regular exit."""
        self.code: int | None = None
        atexit.register(self._exit)

    def _exit(self) -> None:
        """End the process; threads have ended, and all other exit handlers have run."""
        if self.code is None:
            return
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (AttributeError, OSError, ValueError):  # the regular exit reports the error
            return
        os._exit(self.code)


def main(arguments: list[Any]) -> None:
    """Serve requests; in a child, run the requested command."""
    fast_exit = FastExit()
    requests = socket.socket(fileno=int(arguments[0]))
    preload(arguments[1:])
    request = ForkServer(requests).serve()
    try:
        if request is not None:
            request.run()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            fast_exit.code = end.code or 0
        raise
    fast_exit.code = 0


if __name__ == "__main__":
    main(sys.argv[1:])
