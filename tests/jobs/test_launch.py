"""Starting a crawl: its command's words, and whether a run can still be at work."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.progress import Progress

import crawler.jobs.process
from crawler import cli
from crawler.config.config import Config, load_config
from crawler.jobs.pool import Crawls
from crawler.jobs.process import Order, command, is_alive, log_file
from storage.archive import Archive
from storage.errors import ArchiveError, CrawlError
from storage.model.runs import Outcome, Run
from tests.support.commands import Tinquan

NOW = datetime(2026, 9, 14, tzinfo=UTC)
HERE = socket.gethostname()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "tinquan.toml"
    file.write_text('contact = "toa-soan@example.org"\n')
    return load_config(file)


def test_the_command_is_the_one_a_person_would_type(config: Config) -> None:
    order = Order("tienphong", "r1", ("a", "b"), since="2026-07-01T00:00:00+07:00", limit=5)
    words = command(order, config)
    assert words[1:5] == ["-m", "scrapy", "crawl", "tienphong"]
    assert "section=a,b" in words
    assert "limit=5" in words
    assert "TINQUAN_RUN_ID=r1" in words
    assert not any(config.archive in word for word in words), "a password may stand in it"
    assert not any(word.startswith(("until=", "recrawl=", "TINQUAN_REPLAY=")) for word in words)
    assert f"LOG_FILE={log_file(order, config)}" in words


def test_recordings_are_handed_over_whatever_their_names(config: Config) -> None:
    words = command(Order("thu", "r1", replay=(Path('/a,b "c".warc.gz'),)), config)
    assert 'TINQUAN_REPLAY=["/a,b \\"c\\".warc.gz"]' in words


def ended_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def test_a_run_lives_as_long_as_its_process() -> None:
    alive = Run("r", "thu", NOW, pid=os.getpid(), host=HERE)
    dead = Run("r", "thu", NOW, pid=ended_process(), host=HERE)
    assert is_alive(alive, 3600, NOW)
    assert not is_alive(dead, 3600, NOW)


def test_a_run_on_another_machine_is_judged_by_its_age() -> None:
    far = Run("r", "thu", NOW, pid=1, host="elsewhere.example")
    assert is_alive(far, 3600, NOW + timedelta(hours=1))
    assert not is_alive(far, 3600, NOW + timedelta(hours=2, seconds=1))


def test_a_process_id_that_is_used_again_does_not_keep_a_run_alive() -> None:
    old = Run("r", "thu", NOW, pid=os.getpid(), host=HERE)
    assert not is_alive(old, 3600, NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["articles", "--since", "0001-01-01"], "--since '0001-01-01': expected a day"),
        (["crawl", "--section", "none"], " has no section 'none'"),
        (["crawl", "--since", "2026-09-02", "--until", "2026-09-01"], "is not before --until"),
    ],
)
def test_wrong_words_start_no_crawl(
    tinquan: Tinquan, tmp_path: Path, words: list[str], told: str
) -> None:
    ran = tinquan(*words, "--archive", tmp_path / "new.db")
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert len(ran.err.splitlines()) == 1
    assert not (tmp_path / "new.db").exists()


SLEEPS = "print(end='', flush=True); import time; time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


def children_of(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    words = [sys.executable, "-S", "-c", code]
    monkeypatch.setattr(crawler.jobs.process, "command", lambda order, config: words)


def ticks(count: int, then: BaseException | float) -> Callable[[], float]:
    """Return a clock that stands still for `count` looks; then it raises, or jumps."""
    looks: list[None] = []

    def clock() -> float:
        looks.append(None)
        if len(looks) <= count:
            return 0.0
        if isinstance(then, BaseException):
            raise then
        return then

    return clock


def test_a_crawl_that_is_stopped_before_it_begins_is_no_dead_one(
    sqlite_archive: Archive, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    children_of(monkeypatch, SLEEPS)
    crawls = Crawls(sqlite_archive, config, 2, ticks(4, KeyboardInterrupt()))
    with Progress(disable=True) as progress, pytest.raises(KeyboardInterrupt):
        crawls.run([Order("thu", "r1"), Order("ba", "r2")], progress)
    assert {run.id: run.outcome for run in sqlite_archive.runs.find()} == {
        "r1": Outcome.STOPPED,
        "r2": Outcome.STOPPED,
    }


def test_a_crawl_over_its_time_is_said_to_be(
    sqlite_archive: Archive, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    children_of(monkeypatch, DEAF)
    monkeypatch.setattr(crawler.jobs.process, "TERM_SECONDS", 0.5)
    with Progress(disable=True) as progress:
        [run] = Crawls(sqlite_archive, config, 1, ticks(2, 1e9)).run([Order("thu", "r1")], progress)
    assert (run.outcome, run.error) == (
        Outcome.TIMED_OUT,
        "not done within its time limit of 3600 s",
    )


def test_an_archive_that_fails_leaves_no_process(
    sqlite_archive: Archive, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    children_of(monkeypatch, DEAF)
    monkeypatch.setattr(crawler.jobs.process, "TERM_SECONDS", 0.2)
    started: list[int] = []
    popen = subprocess.Popen

    def note(*words: object, **options: object) -> object:
        process = popen(*words, **options)  # type: ignore[call-overload] # passed on as they are
        started.append(process.pid)
        return process

    monkeypatch.setattr(subprocess, "Popen", note)

    def fail(run: Run) -> None:
        raise ArchiveError("the disk is full")

    monkeypatch.setattr(sqlite_archive.runs, "start", fail)
    crawls = Crawls(sqlite_archive, config, 2, ticks(4, KeyboardInterrupt()))
    with Progress(disable=True) as progress, pytest.raises(ArchiveError):
        crawls.run([Order("thu", "r1"), Order("ba", "r2")], progress)
    assert len(started) == 2
    for pid in started:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_log_that_cannot_be_made_is_one_line(config: Config) -> None:
    order = Order("thu", "r1")
    log_file(order, config).mkdir(parents=True)
    with pytest.raises(CrawlError, match=r"r1\.log: no log can be made: Is a directory"):
        crawler.jobs.process.CrawlProcess(order, config)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_command_with_the_usual_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int, code: int
) -> None:
    def app() -> None:
        crawler.jobs.process.raise_on_term()
        try:
            os.kill(os.getpid(), number)
            time.sleep(5)
        except KeyboardInterrupt:
            raise SystemExit(130) from None  # as typer does

    before = signal.getsignal(signal.SIGTERM)
    # A shell without job control starts what it runs in the background deaf to ctrl-C.
    deaf = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(cli, "app", app)
    try:
        with pytest.raises(SystemExit) as stop:
            cli.main()
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, deaf)
    assert stop.value.code == code
    assert capsys.readouterr().err == "tinquan: stopped\n"


def test_a_reader_that_goes_away_is_no_failure() -> None:
    code = "import sys; sys.argv = ['tinquan', 'outlets', 'list', '--json']\nimport crawler.cli\n"
    for many in (
        "",
        "crawler.commands.outlets.outlets.print_json_array = lambda _: print('x' * 10**6)\n",
    ):
        with subprocess.Popen(
            [sys.executable, "-c", code + many + "crawler.cli.main()"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            process.stdout.close()  # before anything is printed
            assert process.stderr is not None
            assert process.stderr.read() == b""
        assert process.returncode == 0
