"""How a command ends at SIGINT and SIGTERM."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
STOPPED_CODES = frozenset(128 + number for number in STOP_SIGNALS)
"""Exit codes of a command that a signal ended, as shells give them."""


def raise_on_term() -> None:
    """Let SIGTERM unwind this process as Ctrl-C does, so that it ends its children too."""
    signal.signal(signal.SIGTERM, _raise_exit)


def _raise_exit(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@contextmanager
def stop_on_signal(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` in the running event loop at a signal, and raise that signal's exit at the end.

    A signal that was ignored before stays ignored. Raises KeyboardInterrupt or SystemExit after
    the block if a signal was received in it.
    """
    import asyncio  # noqa: PLC0415 - every command loads this module, few have a loop

    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    handled = [number for number in STOP_SIGNALS if before[number] is not signal.SIG_IGN]
    received: list[signal.Signals] = []

    def on_signal(number: signal.Signals) -> None:
        received.append(number)
        stop()

    for number in handled:
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])
    if received:
        raise KeyboardInterrupt if received[0] == signal.SIGINT else SystemExit(128 + received[0])
