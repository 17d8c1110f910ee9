"""Alarms' rows, and the counts that the status is made of, on both databases."""

from dataclasses import replace

import pytest

from storage.model.alarms import Cause, Finding
from storage.model.runs import Outcome, RunCounts
from storage.sql.archive import SqlArchive
from tests.support.samples import article, at, capture, run

DOWN = Finding(Cause.UNREACHABLE, "baothu", "baothu cannot be reached", at(0), ("https://a.vn/",))
FULL = Finding(Cause.DISK, None, "the disk is nearly full", at(1))


def test_an_alarm_opens_is_updated_and_closes(archive: SqlArchive) -> None:
    opened = archive.sync_alarms([DOWN, FULL], ["baothu", None], at(5))
    assert {alarm.finding for alarm in opened} == {DOWN, FULL}
    later = replace(DOWN, summary="still", since=at(3), evidence=("https://b.vn/",))
    (still,) = archive.sync_alarms([later], ["baothu", None], at(9))
    assert still.finding == replace(later, since=at(0))
    assert (still.opened_at, still.updated_at, still.is_open) == (at(5), at(9), True)
    assert archive.sync_alarms([], ["baothu"], at(10)) == []
    ended = archive.alarms(only_open=False)
    assert [(alarm.finding.cause, alarm.closed_at) for alarm in ended] == [
        (Cause.DISK, at(9)),
        (Cause.UNREACHABLE, at(10)),
    ]
    assert archive.alarms() == []
    (again,) = archive.sync_alarms([DOWN], ["baothu"], at(11))
    assert again.id != still.id
    assert archive.alarms("baothu", only_open=False, limit=1) == [again]


def test_only_what_was_looked_at_can_end(archive: SqlArchive) -> None:
    archive.sync_alarms([DOWN, FULL], ["baothu", None], at(5))
    assert len(archive.sync_alarms([], ["khac"], at(6))) == 2
    assert [one.finding for one in archive.sync_alarms([], ["baothu"], at(7))] == [FULL]


def test_each_channel_is_told_each_state_once(archive: SqlArchive) -> None:
    (alarm,) = archive.sync_alarms([DOWN], ["baothu"], at(5))
    assert archive.untold_alarms([]) == []
    assert archive.untold_alarms(["webhook"]) == [alarm]
    archive.mark_told(alarm.id, "webhook", "open")
    assert archive.untold_alarms(["webhook"]) == []
    assert [one.id for one in archive.untold_alarms(["webhook", "email"])] == [alarm.id]
    archive.sync_alarms([], ["baothu"], at(6))
    (closed,) = archive.untold_alarms(["webhook", "email"])
    assert closed.told == {"webhook": "open"}
    archive.mark_told(alarm.id, "webhook", closed.state)
    assert archive.untold_alarms(["webhook", "email"]) == []


def test_a_run_keeps_what_it_saw(archive: SqlArchive) -> None:
    seen = run(
        "r2",
        outcome=Outcome.DONE,
        counts=RunCounts(signs={"articles": 3, "no_time": 1}),
        evidence={"no_time": ("https://baothu.vn/a-1.html",)},
        newest_of={"thoi-su": at(7)},
    )
    archive.start_run(run("r2"))
    archive.finish_run(seen)
    assert archive.run("r2") == seen
    assert archive.runs("baothu", since=at(1)) == []
    assert len(archive.runs("baothu", since=at(0))) == 2


@pytest.mark.usefixtures("archive")
def test_articles_are_counted_by_publication(archive: SqlArchive) -> None:
    for number in (1, 2, 3):
        archive.store("run-1", capture(number, number), article(number))
    assert archive.count_articles(at(1), at(3)) == {"baothu": 2}
    assert archive.count_articles(at(9), at(10)) == {}
    assert archive.newest_articles(at(3)) == {"baothu": at(2)}
