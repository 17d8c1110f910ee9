"""A process that reads pages for a crawl: it calls what it is asked to, one call at a time.

Run as `python -m crawler.extract.worker_process MEMORY_BYTES`, its standard input a socket. Both
ways each message is eight bytes of length and a pickle. The socket ends with whoever asks, and so
does it.
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
"""What it says once its imports are done, and again when it has taken a call: time counts then."""


def packed(message: object) -> bytes:
    """Return a message as it is sent."""
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return len(data).to_bytes(LENGTH_BYTES, "big") + data


def take(call: bytes) -> Callable[[], Any]:
    """Return a call that was sent, whose function's module is imported."""
    try:
        function, arguments = pickle.loads(call)  # noqa: S301 - from the crawl that started us
    except Exception as error:  # noqa: BLE001 - raised where the answer is worked out
        return partial(_raise, error)
    return partial(function, *arguments)


def _raise(error: Exception) -> None:
    raise error


def answer(call: Callable[[], Any]) -> bytes:
    """Make a call; return what is sent back: (True, its result) or (False, what it raised)."""
    try:
        return packed((True, call()))
    except Exception as error:  # noqa: BLE001 - it is handed to who asked
        return _failed(error)


def _failed(error: Exception) -> bytes:
    try:
        return packed((False, error))
    except Exception:  # noqa: BLE001 - some errors cannot be pickled
        return packed((False, RuntimeError(f"{type(error).__name__}: {error}")))


def serve(line: socket.socket) -> None:
    """Answer calls until no more come."""
    with suppress(ConnectionError), line.makefile("rb") as asked:
        line.sendall(READY)
        while len(length := asked.read(LENGTH_BYTES)) == LENGTH_BYTES:
            call = take(asked.read(int.from_bytes(length, "big")))
            line.sendall(READY)
            line.sendall(answer(call))


def limit_memory(memory_bytes: int) -> None:
    """Bound this process's address space, in bytes."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def main() -> None:
    """Serve whoever is at the other end of the standard input."""
    limit_memory(int(sys.argv[1]))
    for number in (signal.SIGINT, signal.SIGTERM):  # meant for the crawl, which ends us
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=os.dup(0)) as line:
        serve(line)


if __name__ == "__main__":
    import crawler.extract
    import crawler.places.tag_articles  # noqa: F401 - imported before time counts

    main()
