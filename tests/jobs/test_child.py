"""Real processes that misbehave: none of them reaches its parent."""

import asyncio
import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from crawler.jobs.child import TAIL_BYTES, Bounds, Exit, run_child
from tests.support.sites import is_gone, wait_for

MIB = 2**20
BOUNDS = Bounds(seconds=20, memory_bytes=400 * MIB, grace_seconds=0.5)


def run(code: str, bounds: Bounds = BOUNDS, stop_after: float | None = None) -> Exit:
    async def main() -> Exit:
        stopping = asyncio.Event()
        if stop_after is not None:
            asyncio.get_running_loop().call_later(stop_after, stopping.set)
        return await run_child([sys.executable, "-c", code], os.environ, bounds, stopping)

    return asyncio.run(main())


def test_an_ordinary_end() -> None:
    ended = run("import sys; print('a'); print('Error: no such outlet'); print('b'); sys.exit(2)")
    assert (ended.code, ended.reason, ended.text) == (2, None, "no such outlet")
    assert run("pass").text == "ended with exit code 0"


def test_a_tight_loop_that_ignores_signals_is_killed_with_all_that_it_started(
    tmp_path: Path,
) -> None:
    note = tmp_path / "pid"
    code = (
        "import pathlib, signal, subprocess, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'while True: pass'])\n"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid))\n"
        "while True: pass\n"
    )
    begun = time.monotonic()
    ended = run(code, Bounds(seconds=1.0, memory_bytes=400 * MIB, grace_seconds=0.3))
    assert ended.code == -9
    assert ended.text == "not done within its time limit of 1 s"
    assert time.monotonic() - begun < 15
    wait_for(lambda: is_gone(int(note.read_text())))


def test_what_a_child_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import pathlib, subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid))\n"
    )
    assert run(code).code == 0
    wait_for(lambda: is_gone(int(note.read_text())))


@pytest.mark.parametrize(
    "code",
    [
        "import time\nkept = []\nwhile True: kept.append(bytearray(20 << 20)); time.sleep(0.01)",
        "bytearray(3 << 30)",
    ],
)
def test_a_leak_is_ended(code: str) -> None:
    ended = run(code, Bounds(seconds=20, memory_bytes=150 * MIB, grace_seconds=0.5))
    assert ended.code != 0
    assert "150 MiB of memory" in ended.text or "MemoryError" in ended.text
    assert ended.peak_bytes < 700 * MIB


def test_a_segfault_is_told() -> None:
    ended = run("import ctypes; print('so far', flush=True); ctypes.string_at(0)")
    assert ended.code == -11
    assert ended.text.startswith("killed by SIGSEGV")


def test_a_hundred_megabytes_of_output_are_read_and_dropped() -> None:
    before = psutil.Process().memory_info().rss
    ended = run("import sys\nfor _ in range(1600): sys.stdout.write('x' * 65535 + '\\n')")
    assert (ended.code, ended.printed_bytes) == (0, 1600 * 65536)
    assert len(ended.last_line or "") <= 500 < TAIL_BYTES
    assert psutil.Process().memory_info().rss - before < 30 * MIB


def test_asked_to_stop_a_child_ends_cleanly() -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
        "time.sleep(600)\n"
    )
    ended = run(code, Bounds(20, 400 * MIB, 10), stop_after=1.0)
    assert (ended.code, ended.text) == (7, "asked to stop before it had ended")


def test_what_cannot_be_started_is_an_error() -> None:
    async def main() -> Exit:
        return await run_child(["/no/such/command"], os.environ, BOUNDS, asyncio.Event())

    with pytest.raises(OSError, match="No such file"):
        asyncio.run(main())


@pytest.mark.parametrize(
    "printed",
    [
        "/usr/lib/multiprocessing/resource_tracker.py:254: UserWarning: resource_tracker:"
        " There appear to be 1 leaked semaphore objects\n  warnings.warn('resource_tracker: There",
        "sys:1: ResourceWarning: unclosed file",
        "/a/b.py:3: DeprecationWarning: old\n  import old\n/a/c.py:4: FutureWarning: new\n  x()",
    ],
)
def test_what_python_warns_of_is_no_reason(printed: str) -> None:
    said = (
        f"import os; print('the last step\\n' + {printed!r}, flush=True); os.kill(os.getpid(), 9)"
    )
    assert run(said).text == "killed by SIGKILL; it said: the last step"
    alone = f"import os; print({printed!r}, flush=True); os.kill(os.getpid(), 9)"
    assert run(alone).text == "killed by SIGKILL"
