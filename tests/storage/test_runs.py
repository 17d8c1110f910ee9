"""Runs and validators, on both databases."""

from dataclasses import replace
from datetime import datetime

import pytest

from storage.errors import ArchiveError, NotFoundError
from storage.model.runs import Outcome, Run, RunCounts, Validator
from storage.sql.archive import SqlArchive
from tests.support.samples import T0, at, run

COUNTS = RunCounts(
    requested=9,
    fetched=8,
    links=7,
    new=6,
    revised=5,
    unchanged=4,
    known=3,
    refused={"blocked": 2, "video": 1},
    failed=1,
    received_bytes=5_000_000_000,
)


def test_a_run_comes_back_whole(archive: SqlArchive) -> None:
    begun = run("r2", sections=("xa-hoi", "hà nội"), replay=True, pid=4_000_000, host="máy 1")
    archive.start_run(begun)
    assert archive.run("r2") == begun
    archive.update_run("r2", COUNTS)
    assert archive.run("r2") == replace(begun, counts=COUNTS)
    ended = replace(
        begun,
        ended_at=at(5),
        outcome=Outcome.FAILED,
        error="host \x00 unknown",
        counts=COUNTS,
        newest_published_at=at(-3),
        peak_memory_bytes=3_000_000_000,
        log_file="logs/r2.log",
    )
    archive.finish_run(ended)
    assert archive.run("r2") == replace(ended, error="host \ufffd unknown")


def test_a_run_id_is_used_once(archive: SqlArchive) -> None:
    with pytest.raises(ArchiveError, match="'run-1' was started before"):
        archive.start_run(run())


def test_unknown_runs_are_named(archive: SqlArchive) -> None:
    with pytest.raises(NotFoundError, match="'r9'"):
        archive.run("r9")
    with pytest.raises(NotFoundError, match="'r9'"):
        archive.update_run("r9", COUNTS)
    with pytest.raises(NotFoundError, match="'r9'"):
        archive.finish_run(run("r9"))


def test_runs_come_newest_first(archive: SqlArchive) -> None:
    for id_, minutes, outlet in (("a", 5, "baothu"), ("b", 9, "baokhac"), ("c", 5, "baothu")):
        archive.start_run(run(id_, started_at=at(minutes), outlet=outlet))
    assert [r.id for r in archive.runs()] == ["b", "c", "a", "run-1"]
    assert [r.id for r in archive.runs("baothu", limit=2)] == ["c", "a"]
    assert archive.runs("none") == []


def test_dead_runs_are_closed_once(archive: SqlArchive) -> None:
    archive.start_run(run("alive", pid=1))
    archive.start_run(run("done"))
    archive.finish_run(run("done", outcome=Outcome.DONE, ended_at=at(1)))
    asked: list[str] = []

    def is_alive(one: Run) -> bool:
        asked.append(one.id)
        return one.id == "alive"

    (closed,) = archive.close_dead_runs(is_alive, at(30))
    assert sorted(asked) == ["alive", "run-1"]
    assert (closed.outcome, closed.ended_at) == (Outcome.DIED, at(30))
    assert closed.error
    assert archive.run("run-1") == closed
    assert archive.close_dead_runs(is_alive, at(31)) == []
    assert archive.run("done").outcome is Outcome.DONE


def test_a_run_that_ends_while_others_ask_is_left_as_it_ended(archive: SqlArchive) -> None:
    done = run(outcome=Outcome.DONE, ended_at=at(1))

    def ends_meanwhile(one: Run) -> bool:
        archive.finish_run(done)
        return False

    assert archive.close_dead_runs(ends_meanwhile, at(2)) == []
    assert archive.run("run-1") == done


def test_a_time_without_zone_is_refused(archive: SqlArchive) -> None:
    with pytest.raises(ValueError, match="without a zone"):
        archive.start_run(run("r2", started_at=datetime(2026, 3, 1)))  # noqa: DTZ001 - the mistake
    with pytest.raises(NotFoundError):
        archive.run("r2")


def test_a_validator_is_replaced_by_the_next(archive: SqlArchive) -> None:
    url = "https://baothu.vn/rss/xa-hoi.rss"
    assert archive.validator(url) is None
    first = Validator(url, '"abc"', "Sun, 01 Mar 2026 08:00:00 GMT", T0)
    archive.save_validator(first)
    assert archive.validator(url) == first
    archive.save_validator(Validator(url, None, None, at(1)))
    assert archive.validator(url) == Validator(url, None, None, at(1))
    assert archive.validator(url + "?page=2") is None
