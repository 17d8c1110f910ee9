"""Runs and validators, on both databases."""

from dataclasses import replace
from datetime import datetime

import pytest

from storage.archive import Archive
from storage.errors import ArchiveError, NotFoundError
from storage.model.runs import Outcome, Run, RunCounts, Validator
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


def test_a_run_comes_back_whole(archive: Archive) -> None:
    begun = run("r2", sections=("xa-hoi", "hà nội"), replay=True, pid=4_000_000, host="máy 1")
    archive.runs.start(begun)
    assert archive.runs.get("r2") == begun
    archive.runs.update("r2", COUNTS)
    assert archive.runs.get("r2") == replace(begun, counts=COUNTS)
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
    archive.runs.finish(ended)
    assert archive.runs.get("r2") == replace(ended, error="host \ufffd unknown")


def test_a_run_id_is_used_once(archive: Archive) -> None:
    with pytest.raises(ArchiveError, match="'run-1' was started before"):
        archive.runs.start(run())


def test_what_a_replay_did_is_no_end_of_a_crawl(archive: Archive) -> None:
    ends = (
        ("r2", "baothu", Outcome.DONE, False),
        ("r3", "baothu", Outcome.FAILED, False),
        ("r4", "baothu", Outcome.DONE, True),
        ("r5", "baothu", None, False),
        ("r6", "replayed", Outcome.DONE, True),
    )
    for minute, (id_, outlet, outcome, replay) in enumerate(ends):
        archive.runs.start(run(id_, outlet=outlet, started_at=at(minute), replay=replay))
        archive.runs.finish(replace(archive.runs.get(id_), outcome=outcome))
    last, success = archive.runs.last_end("baothu"), archive.runs.last_end("baothu", Outcome.DONE)
    assert (last and last.id, success and success.id) == ("r3", "r2")
    assert archive.runs.last_end("replayed") is None
    assert archive.runs.crawled_outlets() == {"baothu"}


def test_unknown_runs_are_named(archive: Archive) -> None:
    with pytest.raises(NotFoundError, match="'r9'"):
        archive.runs.get("r9")
    with pytest.raises(NotFoundError, match="'r9'"):
        archive.runs.update("r9", COUNTS)
    with pytest.raises(NotFoundError, match="'r9'"):
        archive.runs.finish(run("r9"))


def test_runs_come_newest_first(archive: Archive) -> None:
    for id_, minutes, outlet in (("a", 5, "baothu"), ("b", 9, "baokhac"), ("c", 5, "baothu")):
        archive.runs.start(run(id_, started_at=at(minutes), outlet=outlet))
    assert [r.id for r in archive.runs.find()] == ["b", "c", "a", "run-1"]
    assert [r.id for r in archive.runs.find("baothu", limit=2)] == ["c", "a"]
    assert archive.runs.find("none") == []
    newest = archive.runs.latest_by_outlet()
    assert {slug: one.id for slug, one in newest.items()} == {"baothu": "c", "baokhac": "b"}


def test_the_newest_runs_of_every_outlet_come_in_one_answer(archive: Archive) -> None:
    starts = {"baothu": (3, 9, 5, 7, 5), "baokhac": (4,), "baocu": (0,)}
    for outlet, minutes in starts.items():
        for number, minute in enumerate(minutes):
            archive.runs.start(run(f"{outlet}-{number}", started_at=at(minute), outlet=outlet))

    def newest(count: int) -> dict[str, list[int]]:
        found = archive.runs.newest(count, at(2))
        return {slug: [one.started_at.minute for one in runs] for slug, runs in found.items()}

    base = at(0).minute
    assert newest(2) == {"baothu": [base + 9, base + 7], "baokhac": [base + 4]}
    assert newest(3) == {"baothu": [base + 9, base + 7, base + 5, base + 5], "baokhac": [base + 4]}
    assert newest(9)["baothu"] == [base + 9, base + 7, base + 5, base + 5, base + 3]


def test_dead_runs_are_closed_once(archive: Archive) -> None:
    archive.runs.start(run("alive", pid=1))
    archive.runs.start(run("done"))
    archive.runs.finish(run("done", outcome=Outcome.DONE, ended_at=at(1)))
    asked: list[str] = []

    def is_alive(one: Run) -> bool:
        asked.append(one.id)
        return one.id == "alive"

    (closed,) = archive.runs.close_dead(is_alive, at(30))
    assert sorted(asked) == ["alive", "run-1"]
    assert (closed.outcome, closed.ended_at) == (Outcome.DIED, at(30))
    assert closed.error
    assert archive.runs.get("run-1") == closed
    assert archive.runs.close_dead(is_alive, at(31)) == []
    assert archive.runs.get("done").outcome is Outcome.DONE


def test_a_run_that_ends_while_others_ask_is_left_as_it_ended(archive: Archive) -> None:
    done = run(outcome=Outcome.DONE, ended_at=at(1))

    def ends_meanwhile(one: Run) -> bool:
        archive.runs.finish(done)
        return False

    assert archive.runs.close_dead(ends_meanwhile, at(2)) == []
    assert archive.runs.get("run-1") == done


def test_a_time_without_zone_is_refused(archive: Archive) -> None:
    with pytest.raises(ValueError, match="without a zone"):
        archive.runs.start(run("r2", started_at=datetime(2026, 3, 1)))  # noqa: DTZ001 - the mistake
    with pytest.raises(NotFoundError):
        archive.runs.get("r2")


def test_a_validator_is_replaced_by_the_next(archive: Archive) -> None:
    url = "https://baothu.vn/rss/xa-hoi.rss"
    assert archive.links.validator(url) is None
    first = Validator(url, '"abc"', "Sun, 01 Mar 2026 08:00:00 GMT", T0)
    archive.links.save_validators([first])
    assert archive.links.validator(url) == first
    archive.links.save_validators([Validator(url, None, None, at(1))])
    assert archive.links.validator(url) == Validator(url, None, None, at(1))
    assert archive.links.validator(url + "?page=2") is None
