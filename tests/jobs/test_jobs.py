"""Starting a crawl: its command's words, and whether a run can still be at work."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.progress import Progress

import crawler.jobs.supervisor
from crawler import cli
from crawler.config.config import Config, load_config
from crawler.jobs.child import Bounds
from crawler.jobs.crawl_job import CrawlJob, crawl_argv, log_file, make_log
from crawler.jobs.liveness import is_alive
from crawler.jobs.pool import run_crawls
from crawler.jobs.signals import raise_on_term
from crawler.jobs.supervisor import Supervisor
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
    since = datetime(2026, 7, 1, tzinfo=UTC)
    job = CrawlJob("tienphong", "r1", ("a", "b"), since=since, limit=5)
    words = crawl_argv(job, config)
    assert words[1:5] == ["-m", "scrapy", "crawl", "tienphong"]
    assert "section=a,b" in words
    assert "limit=5" in words
    assert "since=2026-07-01T00:00:00+00:00" in words
    assert "TINQUAN_RUN_ID=r1" in words
    assert not any(config.archive in word for word in words), "a password may stand in it"
    assert not any(word.startswith(("until=", "recrawl=", "TINQUAN_REPLAY=")) for word in words)
    assert f"LOG_FILE={log_file(job, config)}" in words


def test_recordings_are_handed_over_whatever_their_names(config: Config) -> None:
    words = crawl_argv(CrawlJob("thu", "r1", replay=(Path('/a,b "c".warc.gz'),)), config)
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
        (["articles", "--since", "0001-01-01"], "--since '0001-01-01': is out of range"),
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


DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
SLEEPS = "time.sleep(60)\n"


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Return what lets a small program stand for each crawl; its argument is the run's id."""

    # A shell's background job is started deaf to it, and so are its children.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def run(code: str) -> None:
        def argv(job: CrawlJob, config: Config) -> list[str]:
            return [sys.executable, "-S", "-c", code, job.run_id]

        monkeypatch.setattr(crawler.jobs.supervisor, "crawl_argv", argv)
        monkeypatch.setattr(crawler.jobs.supervisor, "PRELOADED", "crawler.jobs.warm")

    yield run
    signal.signal(signal.SIGINT, before)


def interrupting(folder: Path, before: str = "") -> str:
    """Return a program that notes its process; the one of run r2 interrupts us when both run."""
    return (
        f"import os, pathlib, signal, sys, time; folder = pathlib.Path({str(folder)!r})\n"
        f"{before}"
        "(folder / f'{sys.argv[1]}.pid').write_text(str(os.getpid()))\n"
        "while not (folder / 'r1.pid').exists(): time.sleep(0.01)\n"
        f"if sys.argv[1] == 'r2': os.kill({os.getpid()}, signal.SIGINT)\n"
        "time.sleep(60)\n"
    )


def test_a_crawl_that_is_stopped_before_it_begins_is_no_dead_one(
    sqlite_archive: Archive, config: Config, tmp_path: Path, stand_in: Callable[[str], None]
) -> None:
    stand_in(interrupting(tmp_path))
    jobs = [CrawlJob("thu", "r1"), CrawlJob("ba", "r2")]
    with Progress(disable=True) as progress, pytest.raises(KeyboardInterrupt):
        run_crawls(sqlite_archive, config, jobs, progress, 2)
    assert {run.id: run.outcome for run in sqlite_archive.runs.find()} == {
        "r1": Outcome.STOPPED,
        "r2": Outcome.STOPPED,
    }


def test_a_crawl_over_its_limits_is_said_to_be(
    sqlite_archive: Archive, config: Config, stand_in: Callable[[str], None]
) -> None:
    stand_in(DEAF + SLEEPS)
    run = supervised(sqlite_archive, config, CrawlJob("thu"), Bounds(0.3, 400 << 20, 0.2))
    assert (run.outcome, run.error) == (
        Outcome.TIMED_OUT,
        "not done within its time limit of 0.3 s",
    )
    stand_in("kept = bytearray(300 << 20)\nimport time\n" + SLEEPS)
    run = supervised(sqlite_archive, config, CrawlJob("thu"), Bounds(30, 200 << 20, 0.2))
    assert (run.outcome, run.error) == (Outcome.DIED, "took more than 200 MiB of memory")
    assert (run.peak_memory_bytes or 0) > 200 << 20


def supervised(archive: Archive, config: Config, job: CrawlJob, bounds: Bounds) -> Run:
    async def main() -> Run:
        supervisor = Supervisor(archive, config, bounds, forks=False)
        try:
            return await supervisor.crawl(job)
        finally:
            supervisor.close()

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("job", "kind"),
    [
        (CrawlJob("thu", "r1", ("a",)), "crawl"),
        (CrawlJob("thu", "r1", recheck=True), "recheck"),
        (CrawlJob("thu", "r1", since=NOW, until=NOW, backfill=True), "backfill"),
        (CrawlJob("thu", "r1", url="https://thu.vn/a-1.html"), "address"),
    ],
)
def test_a_crawl_that_dies_before_its_first_row_is_stored_as_what_it_was(
    sqlite_archive: Archive,
    config: Config,
    stand_in: Callable[[str], None],
    job: CrawlJob,
    kind: str,
) -> None:
    stand_in("import sys; sys.exit('Error: no such thing')")
    with Progress(disable=True) as progress:
        [run] = run_crawls(sqlite_archive, config, [job], progress)
    assert sqlite_archive.runs.get("r1") == run
    assert (run.kind, run.outcome, run.error) == (kind, Outcome.DIED, "no such thing")
    assert (run.sections, run.since, run.exit_code) == (job.sections, job.since, 1)


def test_an_archive_that_fails_leaves_no_process(
    sqlite_archive: Archive,
    config: Config,
    tmp_path: Path,
    stand_in: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stand_in(interrupting(tmp_path, DEAF))
    monkeypatch.setattr(
        crawler.jobs.supervisor, "crawl_bounds", lambda config: Bounds(30, 400 << 20, 0.2)
    )

    def fail(run: Run) -> None:
        raise ArchiveError("the disk is full")

    monkeypatch.setattr(sqlite_archive.runs, "start", fail)
    jobs = [CrawlJob("thu", "r1"), CrawlJob("ba", "r2")]
    with Progress(disable=True) as progress, pytest.raises(ArchiveError):
        run_crawls(sqlite_archive, config, jobs, progress, 2)
    started = [int((tmp_path / f"{name}.pid").read_text()) for name in ("r1", "r2")]
    for pid in started:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_an_error_of_one_crawl_ends_the_others_and_starts_no_more(
    sqlite_archive: Archive, config: Config, stand_in: Callable[[str], None]
) -> None:
    stand_in("import time\n" + SLEEPS)
    jobs = [CrawlJob("thu", "r1"), CrawlJob("ba", "r2"), CrawlJob("tu", "r3")]
    log_file(jobs[1], config).mkdir(parents=True)
    with Progress(disable=True) as progress, pytest.raises(CrawlError, match=r"r2\.log: the log"):
        run_crawls(sqlite_archive, config, jobs, progress, 2)
    assert [(run.id, run.outcome) for run in sqlite_archive.runs.find()] == [
        ("r1", Outcome.STOPPED)
    ]


def test_a_log_that_cannot_be_made_is_one_line(config: Config) -> None:
    job = CrawlJob("thu", "r1")
    log_file(job, config).mkdir(parents=True)
    with pytest.raises(CrawlError, match=r"r1\.log: the log cannot be created: Is a directory"):
        make_log(job, config)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_command_with_the_usual_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int, code: int
) -> None:
    def app() -> None:
        raise_on_term()
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
        "import crawler.commands.outlets.outlets as module\n"
        "module.print_json_array = lambda _: print('x' * 10**6)\n",
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
