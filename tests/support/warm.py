"""Fork commands from a warm parent, as the schedule does: a cold crawl imports for two seconds.

Each test process has one warm parent, which ends with it.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache

import pytest

from crawler.jobs import start, supervisor
from crawler.jobs.start import Forks, WarmParent
from crawler.jobs.warm import ForkRequest
from tests.support.paths import ROOT


class Forked:
    """A process forked from the warm parent, with the interface of `subprocess.Popen`."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start `python -m MODULE …` in the clone, in its own process group."""
        assert list(argv[:2]) == [sys.executable, "-m"]
        self.args = argv
        self.returncode: int | None = None
        request = ForkRequest(argv[2], list(argv[3:]), dict(environment), str(ROOT), 0)
        self._printed, self._errors = (
            os.fdopen(os.memfd_create(name), "w+") for name in ("stdout", "stderr")
        )
        read_end, write_end = os.pipe()
        self._status = os.fdopen(read_end)  # the parent writes the process id, then the exit code
        try:
            files = (_devnull(), self._printed.fileno(), self._errors.fileno(), write_end)
            socket.send_fds(_parent(), [json.dumps(asdict(request)).encode()], files)
        finally:
            os.close(write_end)
        self.pid = int(self._status.readline())

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        if self.returncode is None and select.select([self._status], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once it has ended. Raises TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = int(self._status.readline())
            self._status.close()
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for the end; return its standard output and standard error."""
        self.wait(timeout)
        with self._printed as printed, self._errors as errors:
            printed.seek(0)
            errors.seek(0)
            return printed.read(), errors.read()

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


class _NoParent(WarmParent):
    """A parent that starts nothing: commands fork from the tests' warm parent instead."""

    def forks(self) -> None:
        return None


@contextmanager
def forking() -> Iterator[None]:
    """Make `crawler.jobs` fork every process from the warm parent."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(start, "_inherited", Forks(_parent()))
        patch.setattr(supervisor, "WarmParent", _NoParent)
        yield


@cache
def _devnull() -> int:
    return os.open(os.devnull, os.O_RDONLY)


@cache
def _parent() -> socket.socket:
    """Start a warm parent, which ends with this process; return the socket for its requests."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        parent = subprocess.Popen(
            [sys.executable, "-m", "crawler.jobs.warm", str(theirs.fileno()), supervisor.PRELOADED],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            cwd=ROOT,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
    atexit.register(parent.wait)
    atexit.register(ours.close)
    return ours
