"""A run's row, and the lock on its host."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.capture.hold import HostLock, hold_host
from crawler.health.run_recorder import RunRecorder, fail_run
from crawler.health.run_stats import MemoryStats
from crawler.health.signals import HealthSignal
from storage.archive import Archive
from storage.errors import ArchiveError, CaptureError, CrawlError
from storage.model.articles import RefusalReason, Stored, Verdict
from storage.model.runs import Outcome, Run, RunCounts

START = datetime(2026, 9, 14, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorder(sqlite_archive: Archive, clock: Clock) -> RunRecorder:
    return RunRecorder(sqlite_archive, Run("r1", "tienphong", START), clock)


def test_a_row_is_there_at_once_and_follows_each_second(
    recorder: RunRecorder, sqlite_archive: Archive, clock: Clock
) -> None:
    assert sqlite_archive.runs.get("r1").outcome is None
    recorder.count(requested=1)
    assert sqlite_archive.runs.get("r1").counts == RunCounts()
    clock.now += timedelta(seconds=1)
    recorder.count(fetched=2)
    assert sqlite_archive.runs.get("r1").counts == RunCounts(requested=1, fetched=2)


def test_what_the_archive_did_is_counted(recorder: RunRecorder, sqlite_archive: Archive) -> None:
    recorder.note_discovery()
    recorder.stored(Stored(Verdict.NEW, 1), None, START - timedelta(hours=1))
    recorder.stored(Stored(Verdict.UNCHANGED, 2), None, START - timedelta(hours=2))
    recorder.stored(Stored(Verdict.REFUSED), RefusalReason.VIDEO, None)
    recorder.stored(Stored(Verdict.KNOWN), RefusalReason.VIDEO, None)
    recorder.refuse("not_recorded")
    run = recorder.finish("finished")
    assert run == sqlite_archive.runs.get("r1")
    assert run.counts == RunCounts(
        new=1, unchanged=1, known=1, refused={"video": 1, "not_recorded": 1}
    )
    assert run.newest_published_at == START - timedelta(hours=1)
    assert (run.outcome, run.error, run.ended_at) == (Outcome.DONE, None, START)
    assert recorder.finish("shutdown") is run


def test_a_run_s_row_is_made_of_statistics(recorder: RunRecorder) -> None:
    recorder.count(requested=1)
    stats = MemoryStats()
    stats.inc_value("downloader/request_count", 7)
    recorder.count_in(stats)
    recorder.count(requested=2)
    recorder.refuse("robots")
    recorder.record_signal(HealthSignal.BLOCKED, "https://a.vn/")
    assert stats.get_stats() == {
        "downloader/request_count": 7,
        "tinquan/requested": 3,
        "tinquan/refused/robots": 1,
        "tinquan/signals/blocked": 1,
    }
    assert recorder.finish("finished").counts == RunCounts(
        requested=3, refused={"robots": 1}, signals={"blocked": 1}
    )


def test_how_a_run_is_judged(sqlite_archive: Archive) -> None:
    def judge(reason: str, discovered: bool, *faults: str, closes: bool = False) -> Run:
        judged = RunRecorder(sqlite_archive, Run(f"r{len(sqlite_archive.runs.find())}", "t", START))
        if discovered:
            judged.note_discovery()
        for fault in faults:
            judged.fault(fault, closes_host=closes)
        return judged.finish(reason)

    assert judge("finished", True).outcome is Outcome.DONE
    partly = judge("finished", True, "a.vn: one\nfeed", "second")
    assert (partly.outcome, partly.error) == (Outcome.DONE, "a.vn: one feed")
    nothing = judge("finished", False)
    assert (nothing.outcome, nothing.error) == (
        Outcome.FAILED,
        "nothing could be discovered: no listing answered",
    )
    assert judge("finished", False, "why").error == "why"
    assert judge("finished", True, "why", closes=True).outcome is Outcome.FAILED
    assert judge("shutdown", True).outcome is Outcome.STOPPED
    assert judge("memusage_exceeded", True).error == "ended early: memusage_exceeded"


def test_the_first_word_about_the_end_counts(recorder: RunRecorder) -> None:
    assert not recorder.is_stopping
    recorder.end_with(Outcome.TIMED_OUT, "too\nlong")
    recorder.end_with(Outcome.FAILED, "other")
    run = fail_run(recorder, CrawlError("later"))
    assert (run.outcome, run.error) == (Outcome.TIMED_OUT, "too long")


def test_an_archive_that_fails_meanwhile_is_no_crash(
    recorder: RunRecorder, sqlite_archive: Archive, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ArchiveError("the disk is full")

    monkeypatch.setattr(sqlite_archive.runs, "update", fail)
    monkeypatch.setattr(sqlite_archive.runs, "finish", fail)
    clock.now += timedelta(seconds=5)
    recorder.count(new=1)
    recorder.note_discovery()
    run = recorder.finish("finished")
    assert (run.outcome, run.error) == (Outcome.FAILED, "the disk is full")


def test_a_lock_names_its_holder_and_ends_with_it(tmp_path: Path) -> None:
    with hold_host(None, tmp_path, "plo.vn", "first"):
        code = (
            "import sys; from pathlib import Path; from crawler.capture.hold import HostLock\n"
            "from storage.errors import CrawlError\n"
            "try: HostLock(Path(sys.argv[1]), 'plo.vn', 'second')\n"
            "except CrawlError as error: print(error)\n"
        )
        said = subprocess.run(
            [sys.executable, "-c", code, tmp_path / "locks"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert said.startswith("plo.vn: is being crawled by process ")
        assert "(run first)" in said
        HostLock(tmp_path / "locks", "other.vn", "third").release()
    lock = HostLock(tmp_path / "locks", "plo.vn", "again")
    (tmp_path / "locks" / "plo.vn.json").write_text("{")
    with pytest.raises(CrawlError, match="by another process"):
        HostLock(tmp_path / "locks", "plo.vn", "second")
    lock.release()
    lock.release()


def test_a_lock_needs_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CaptureError, match="cannot be written"):
        HostLock(tmp_path / "file" / "locks", "plo.vn", "r")
