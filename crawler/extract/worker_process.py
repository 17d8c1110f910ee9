"""The child process of an ExtractionWorker: it executes function calls, one at a time.

Run as `python -m crawler.extract.worker_process MEMORY_BYTES`, with a socket as standard input. In
both directions a message is eight bytes of length and a pickle. The process exits when its parent
closes the socket.
"""

import os
import pickle
import resource
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

LENGTH_BYTES = 8
READY = b"\0" * LENGTH_BYTES
"""Sent after the imports, and again when a call has been received, from when time counts."""


def packed(message: object) -> bytes:
    """Return a message in the wire format."""
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return len(data).to_bytes(LENGTH_BYTES, "big") + data


def take(call: bytes) -> Callable[[], Any]:
    """Return a received call; this imports the module of its function."""
    try:
        function, arguments = pickle.loads(call)  # noqa: S301 - from the crawl that started us
    except Exception as error:  # noqa: BLE001 - raised when the call is executed
        return partial(_raise, error)
    return partial(function, *arguments)


def _raise(error: Exception) -> None:
    raise error


def answer(call: Callable[[], Any]) -> bytes:
    """Execute a call; return the packed answer: (True, its result) or (False, its exception)."""
    try:
        return packed((True, call()))
    except Exception as error:  # noqa: BLE001 - it is raised in the parent
        return _failed(error)


def _failed(error: Exception) -> bytes:
    try:
        return packed((False, error))
    except Exception:  # noqa: BLE001 - some errors cannot be pickled
        return packed((False, RuntimeError(f"{type(error).__name__}: {error}")))


def serve(line: socket.socket) -> None:
    """Answer calls until the socket is closed."""
    with suppress(ConnectionError), line.makefile("rb") as calls:
        line.sendall(READY)
        while len(length := calls.read(LENGTH_BYTES)) == LENGTH_BYTES:
            call = take(calls.read(int.from_bytes(length, "big")))
            line.sendall(READY)
            line.sendall(answer(call))


def limit_memory(memory_bytes: int) -> None:
    """Limit this process's address space, in bytes."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def main() -> None:
    """Answer the calls on standard input."""
    limit_memory(int(sys.argv[1]))
    for number in (signal.SIGINT, signal.SIGTERM):  # for the crawl, which then ends this process
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=os.dup(0)) as line:
        serve(line)


if __name__ == "__main__":
    import crawler.extract
    import crawler.places.tag_articles  # noqa: F401 - imported before the time limit starts

    main()
