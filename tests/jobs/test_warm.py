"""Processes forked from a warm parent: as contained as commands of their own, whatever happens."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from crawler.jobs import start
from crawler.jobs.child import Bounds, EndedBy, Exit, run_child
from crawler.jobs.start import WarmParent
from crawler.jobs.supervisor import PRELOADED
from tests.support.paths import ROOT
from tests.support.sites import is_gone, wait_for

BOUNDS = Bounds(seconds=30, memory_bytes=400 * 2**20, grace_seconds=0.5)
Scenario = Callable[[WarmParent], Awaitable[None]]


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Return what writes a module that can be run by its name; its name comes back."""
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
    names = iter(range(100))

    def write(code: str) -> str:
        name = f"program{next(names)}"
        (tmp_path / f"{name}.py").write_text(code)
        return name

    yield write


async def run(parent: WarmParent, module: str, *argv: str, bounds: Bounds = BOUNDS) -> Exit:
    command = [sys.executable, "-m", module, *argv]
    return await run_child(command, os.environ, bounds, asyncio.Event(), parent.forks())


def with_parent(scenario: Scenario, *modules: str) -> None:
    async def main() -> None:
        parent = WarmParent(modules)
        try:
            await scenario(parent)
        finally:
            parent.close()

    asyncio.run(main())


def test_a_forked_command_is_the_command(programs: Callable[[str], str]) -> None:
    warm = programs("import os\nPARENT = os.getpid()\n")
    told = programs(
        "import os, sys\nimport WARM\n".replace("WARM", warm)
        + "assert sys.stdin.fileno() == 0 and os.environ['GIVEN'] == 'now'\n"
        f"forked, leads = {warm}.PARENT == os.getppid(), os.getpgid(0) == os.getpid()\n"
        "print(__name__, sys.argv[1:], forked, leads)\n"
        "sys.exit(3)\n"
    )

    async def scenario(parent: WarmParent) -> None:
        os.environ["GIVEN"] = "now"
        for _ in range(2):
            ended = await run(parent, told, "a", "b c")
            assert (ended.code, ended.by) == (3, EndedBy.ITSELF)
            assert ended.text == "__main__ ['a', 'b c'] True True"

    with_parent(scenario, warm)


def test_a_forked_command_ends_in_order(programs: Callable[[str], str], tmp_path: Path) -> None:
    note = tmp_path / "note"
    ends = programs(
        "import atexit, pathlib, sys, threading, time\n"
        f"note = pathlib.Path({str(note)!r})\n"
        "def add(word): note.write_text(note.read_text() + word)\n"
        "note.write_text('')\n"
        "atexit.register(add, 'registered')\n"
        "threading.Thread(target=lambda: (time.sleep(0.3), add('thread '))).start()\n"
        "print('not flushed', end='')\n"
        "sys.exit(*map(eval, sys.argv[1:]))\n"
    )

    async def scenario(parent: WarmParent) -> None:
        for argument, code in (("None", 0), ("3", 3), ("'why'", 1), ("-1", 255), ("True", 1)):
            ended = await run(parent, ends, argument)
            assert ended.code == code
            assert "not flushed" in ended.text
            assert note.read_text() == "thread registered"
            assert ended.printed_bytes == len("not flushed" + "why\n" * (argument == "'why'"))

    with_parent(scenario)


def test_what_a_child_does_reaches_no_other(programs: Callable[[str], str]) -> None:
    warm = programs("STATE = []\n")
    spoils = programs(f"import {warm}, os\n{warm}.STATE.append(1)\nos.chdir('/')\n")
    looks = programs(f"import {warm}, os\nprint({warm}.STATE, os.getcwd())\n")

    async def scenario(parent: WarmParent) -> None:
        assert (await run(parent, spoils)).code == 0
        assert (await run(parent, looks)).text == f"[] {Path.cwd()}"

    with_parent(scenario, warm)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import ctypes; ctypes.string_at(0)", "killed by SIGSEGV"),
        ("import os; os.kill(os.getpid(), 9)", "killed by SIGKILL"),
        ("raise ValueError('a surprise')", "ValueError: a surprise"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("import os; os._exit(7)", "ended with exit code 7"),
    ],
)
def test_a_child_that_fails_leaves_its_parent_whole(
    programs: Callable[[str], str], code: str, told: str
) -> None:
    fails, works = programs(code + "\n"), programs("print('well')\n")

    async def scenario(parent: WarmParent) -> None:
        assert (await run(parent, works)).text == "well"
        assert (await run(parent, fails)).text == told
        assert (await run(parent, works)).text == "well"

    with_parent(scenario)


def test_a_leak_and_a_hang_are_ended_with_all_that_they_started(
    programs: Callable[[str], str], tmp_path: Path
) -> None:
    note = tmp_path / "pid"
    leaks = programs("kept = []\nwhile True: kept.append(bytearray(20 << 20))\n")
    hangs = programs(
        "import pathlib, signal, subprocess, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'while True: pass'])\n"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid))\n"
        "while True: pass\n"
    )

    async def scenario(parent: WarmParent) -> None:
        ended = await run(parent, leaks, bounds=Bounds(20, 150 * 2**20, 0.5))
        assert "150 MiB of memory" in ended.text or "MemoryError" in ended.text
        ended = await run(parent, hangs, bounds=Bounds(2, 400 * 2**20, 0.3))
        assert (ended.code, ended.text) == (-9, "not done within its time limit of 2 s")
        wait_for(lambda: is_gone(int(note.read_text())))

    with_parent(scenario)


def test_a_killed_parent_takes_what_runs_with_it_and_is_started_anew(
    programs: Callable[[str], str],
) -> None:
    kills = programs("import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(600)\n")
    works = programs("import os\nprint(os.getppid())\n")

    async def scenario(parent: WarmParent) -> None:
        before = (await run(parent, works)).text
        ended = await run(parent, kills)
        assert (ended.code, ended.by) == (-9, EndedBy.ITSELF)
        after = (await run(parent, works)).text
        assert len({before, after, str(os.getpid())}) == 3, "another parent, and a parent"

    with_parent(scenario)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        ("import threading, time; threading.Thread(target=time.sleep, args=[60], daemon=True)"
         ".start()", "an import started a thread"),
        ("import twisted.internet.reactor", "a reactor was installed"),
        ("import ctypes; ctypes.string_at(0)", ""),
    ],
)  # fmt: skip
def test_where_the_parent_cannot_begin_commands_start_plainly(
    programs: Callable[[str], str], capfd: pytest.CaptureFixture[str], code: str, why: str
) -> None:
    broken, works = programs(code + "\n"), programs("import os\nprint(os.getppid())\n")

    async def scenario(parent: WarmParent) -> None:
        assert (await run(parent, works)).text == str(os.getpid())
        assert parent.forks() is None, "it is not tried again with the same code"
        assert (await run(parent, works)).text == str(os.getpid())

    with_parent(scenario, broken)
    assert capfd.readouterr().err.count(why) >= 1


def test_a_parent_that_is_killed_at_its_imports_is_started_anew(
    programs: Callable[[str], str], tmp_path: Path
) -> None:
    once = tmp_path / "once"
    killed = programs(
        f"import os, pathlib\nonce = pathlib.Path({str(once)!r})\n"
        "if not once.exists():\n    once.touch()\n    os.kill(os.getpid(), 9)\n"
    )
    works = programs("import os\nprint(os.getppid())\n")

    async def scenario(parent: WarmParent) -> None:
        assert (await run(parent, works)).text == str(os.getpid()), "started the plain way"
        assert (await run(parent, works)).text != str(os.getpid()), "forked"

    with_parent(scenario, killed)


@pytest.mark.slow
def test_a_parent_whose_imports_hang_is_waited_for_once(
    programs: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "_FORK_SECONDS", 3.0)
    note = tmp_path / "note"
    hangs = programs(
        f"import pathlib, time\nwith pathlib.Path({str(note)!r}).open('a') as f: f.write('x')\n"
        "time.sleep(600)\n"
    )
    works = programs("import os\nprint(os.getppid())\n")

    async def scenario(parent: WarmParent) -> None:
        for _ in range(3):
            assert (await run(parent, works)).text == str(os.getpid())

    with_parent(scenario, hangs)
    assert not note.exists() or note.read_text() == "x"  # where time was up before that


def test_new_code_on_the_disk_gets_a_new_parent_while_the_old_one_s_child_goes_on(
    programs: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "crawler"
    package.mkdir()
    code = package / "ours.py"
    code.write_text("")
    monkeypatch.setattr(start, "_CODE", package)
    works = programs("import os\nprint(os.getppid())\n")
    waits = programs(
        f"import os, pathlib, time\np = pathlib.Path({str(tmp_path)!r})\n"
        "(p / 'begun').touch()\nwhile not (p / 'go').exists(): time.sleep(0.02)\n"
        "print(os.getppid())\n"
    )

    async def scenario(parent: WarmParent) -> None:
        first = (await run(parent, works)).text
        assert (await run(parent, works)).text == first
        waiting = asyncio.ensure_future(run(parent, waits))
        while not (tmp_path / "begun").exists():
            await asyncio.sleep(0.02)
        code.write_text("NEW = True\n")
        assert (await run(parent, works)).text not in (first, str(os.getpid()))
        (tmp_path / "go").touch()
        assert (await waiting).text == first

    with_parent(scenario)


def test_a_parent_ends_with_whoever_keeps_it(programs: Callable[[str], str]) -> None:
    works = programs("import os\nprint(os.getppid())\n")
    keeper = (
        "import asyncio, os, sys\n"
        "from crawler.jobs.start import WarmParent\n"
        "from tests.jobs.test_warm import run\n"
        f"async def main(): print((await run(WarmParent([]), {works!r})).text, flush=True)\n"
        "asyncio.run(main())\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", keeper], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == -signal.SIGKILL
    wait_for(lambda: is_gone(int(ran.stdout)))


def test_what_crawls_import_can_be_forked() -> None:
    """No reactor, no thread, no configuration: all that is each crawl's own."""
    code = (
        "import sys\nfrom crawler.jobs.warm import preload\n"
        f"preload([{PRELOADED!r}])\n"
        "loaded = {'crawler.settings', 'twisted.internet.reactor'} & sys.modules.keys()\n"
        "missing = {'trafilatura', 'scrapy.core.engine', 'numpy', 'crawler.fetch.spiders.outlet',"
        " 'crawler.extract.worker'} - sys.modules.keys()\n"
        "print(loaded, missing)\n"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert ran.stdout == "set() set()\n"
