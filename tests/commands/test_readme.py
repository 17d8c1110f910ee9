"""The commands of README and the tutorial run, and print what is shown there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.commands import Ran, Tinquan
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow  # each worker that has a test of it replays the demo

README = (ROOT / "README.md").read_text("utf-8")
COLUMNS = 100
NOT_HERE = (
    "crawl",
    "backfill",
    "schedule",
    "serve",
    "extract page.html",
    "export --format parquet",
)
"""Commands of README's list that fetch from outlets, never end, or need a missing file."""


def blocks() -> list[list[str]]:
    return [found.splitlines() for found in re.findall(r"```console\n(.*?)```", README, re.DOTALL)]


def masked(line: str) -> str:
    """Return a line without the time at which a crawl began."""
    begun = re.sub(r"^(\w+ +)\d{4}-\d\d-\d\d \d\d:\d\d(  done)", r"\1TIME\2", line)
    return begun.replace(f"{ROOT}/", "").rstrip()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readme")


@pytest.fixture
def run(place: Path, tinquan: Tinquan, monkeypatch: pytest.MonkeyPatch) -> Tinquan:
    tinquan.width = COLUMNS
    monkeypatch.delenv("TINQUAN_CONFIG", raising=False)
    monkeypatch.chdir(place)
    return tinquan


@pytest.fixture(scope="module")
def kept() -> list[Ran]:
    return []


@pytest.fixture
def demo(run: Tinquan, kept: list[Ran]) -> Ran:
    """Return what `tinquan demo` printed when it first ran here."""
    if not kept:
        kept.append(run("demo"))
    return kept[0]


def test_the_demo_prints_what_readme_shows(demo: Ran) -> None:
    assert demo.code == 0
    printed = iter([masked(line) for line in demo.out.splitlines()])
    [shown] = [block for block in blocks() if block[0].startswith("$ tinquan --config demo")]
    for line in shown:
        assert line == " …" or masked(line) in printed, line


def test_scrapy_finds_its_project_in_the_demo_s_folder(demo: Ran, place: Path) -> None:
    assert demo.code == 0
    argv = [sys.executable, "-m", "scrapy", "list"]
    ran = subprocess.run(argv, capture_output=True, check=False, cwd=place / "demo")
    assert (ran.returncode, b"tienphong" in ran.stdout.splitlines()) == (0, True), ran


def commands() -> list[str]:
    plain = (block for block in blocks() if all(line.startswith("$ tinquan") for line in block))
    listed = (line for block in plain for line in block)
    lines = [line.removeprefix("$ tinquan ").split(" #")[0].strip() for line in listed]
    return [line for line in lines if not line.startswith(NOT_HERE)]


@pytest.mark.parametrize("line", commands())
def test_readme_s_commands_run_in_the_demo(
    line: str, run: Tinquan, demo: Ran, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place / "demo")
    ran = run(*shlex.split(line))
    assert ran.code == 0, ran.err
    assert ran.out


def test_what_the_demo_proposes_next_runs(
    run: Tinquan, demo: Ran, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place / "demo")
    [said] = [line for line in demo.out.splitlines() if line.startswith("now look around")]
    proposed = said.partition(": cd demo; ")[2].split("; ")
    assert len(proposed) == 4
    for line in proposed:
        ran = run(*shlex.split(line)[1:])
        assert ran.code == 0, ran.err
        assert ran.out


def test_the_tutorial_s_commands_print_what_it_shows(
    run: Tinquan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs/tutorial.md").read_text("utf-8")
    here, printed = tmp_path, ""
    for kind, file, block in re.findall(r"```(\w+)(?: (\S+))?\n(.*?)```", text, re.DOTALL):
        if kind == "toml":
            (here / file).parent.mkdir(exist_ok=True)
            (here / file).write_text(block, "utf-8")
            continue
        for line in block.splitlines():
            if line.startswith("$ cd "):
                here = (here / line.removeprefix("$ cd ")).resolve()
                monkeypatch.chdir(here)
            elif line.startswith("$ tinquan "):
                ran = run(*shlex.split(line)[2:])
                assert ran.code == 0, (line, ran.err)
                printed = ran.out
            else:
                assert line.rstrip() in printed, (line, printed)
