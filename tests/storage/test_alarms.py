"""Alarms' rows, and the counts that the status is made of, on both databases."""

from dataclasses import replace

import pytest

from storage.archive import Archive
from storage.model.alarms import Cause, Finding
from storage.model.runs import Outcome, RunCounts
from tests.support.samples import article, at, capture, run

DOWN = Finding(Cause.UNREACHABLE, "baothu", "baothu cannot be reached", at(0), ("https://a.vn/",))
FULL = Finding(Cause.DISK, None, "the disk is nearly full", at(1))


def test_an_alarm_opens_is_updated_and_closes(archive: Archive) -> None:
    opened = archive.alarms.sync([DOWN, FULL], ["baothu", None], at(5))
    assert {alarm.finding for alarm in opened} == {DOWN, FULL}
    later = replace(DOWN, summary="still", since=at(3), evidence=("https://b.vn/",))
    (still,) = archive.alarms.sync([later], ["baothu", None], at(9))
    assert still.finding == replace(later, since=at(0))
    assert (still.opened_at, still.updated_at, still.is_open) == (at(5), at(9), True)
    assert archive.alarms.sync([], ["baothu"], at(10)) == []
    ended = archive.alarms.find(only_open=False)
    assert [(alarm.finding.cause, alarm.closed_at) for alarm in ended] == [
        (Cause.DISK, at(9)),
        (Cause.UNREACHABLE, at(10)),
    ]
    assert archive.alarms.find() == []
    (again,) = archive.alarms.sync([DOWN], ["baothu"], at(11))
    assert again.id != still.id
    assert archive.alarms.find("baothu", only_open=False, limit=1) == [again]


def test_only_what_was_looked_at_can_end(archive: Archive) -> None:
    archive.alarms.sync([DOWN, FULL], ["baothu", None], at(5))
    assert len(archive.alarms.sync([], ["khac"], at(6))) == 2
    assert [one.finding for one in archive.alarms.sync([], ["baothu"], at(7))] == [FULL]


def test_each_channel_is_told_each_state_once(archive: Archive) -> None:
    (alarm,) = archive.alarms.sync([DOWN], ["baothu"], at(5))
    assert archive.alarms.pending([]) == []
    assert archive.alarms.pending(["webhook"]) == [alarm]
    archive.alarms.mark_delivered(alarm.id, "webhook", "open")
    assert archive.alarms.pending(["webhook"]) == []
    assert [one.id for one in archive.alarms.pending(["webhook", "email"])] == [alarm.id]
    archive.alarms.sync([], ["baothu"], at(6))
    (closed,) = archive.alarms.pending(["webhook", "email"])
    assert closed.delivered == {"webhook": "open"}
    archive.alarms.mark_delivered(alarm.id, "webhook", closed.state)
    assert archive.alarms.pending(["webhook", "email"]) == []


def test_a_run_keeps_what_it_saw(archive: Archive) -> None:
    seen = run(
        "r2",
        outcome=Outcome.DONE,
        counts=RunCounts(signals={"articles": 3, "no_time": 1}),
        evidence={"no_time": ("https://baothu.vn/a-1.html",)},
        newest_by_section={"thoi-su": at(7)},
    )
    archive.runs.start(run("r2"))
    archive.runs.finish(seen)
    assert archive.runs.get("r2") == seen
    assert archive.runs.find("baothu", since=at(1)) == []
    assert len(archive.runs.find("baothu", since=at(0))) == 2


@pytest.mark.usefixtures("archive")
def test_articles_are_counted_by_publication(archive: Archive) -> None:
    for number in (1, 2, 3):
        archive.articles.store("run-1", capture(number, number), article(number))
    assert archive.articles.count_by_outlet(at(1), at(3)) == {"baothu": 2}
    assert archive.articles.count_by_outlet(at(9), at(10)) == {}
    assert archive.articles.newest_by_outlet(at(3)) == {"baothu": at(2)}
