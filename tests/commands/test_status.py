"""`tinquan status` and `alarms`, as an editor uses them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.render.base import time_json, time_text
from storage.archive import open_archive
from storage.model.alarms import Cause, Finding
from storage.model.runs import Outcome, Run, RunCounts
from storage.model.schedule import Machine
from tests.support.commands import Tinquan

NOW = datetime.now(UTC)


def crawled(minutes_ago: int, outcome: Outcome = Outcome.DONE, **signals: int) -> Run:
    begun = NOW - timedelta(minutes=minutes_ago)
    return Run(
        id=f"r{minutes_ago}",
        outlet="tienphong",
        started_at=begun,
        ended_at=begun,
        outcome=outcome,
        counts=RunCounts(requested=1, signals=signals),
        evidence=dict.fromkeys(signals, ("https://tienphong.vn/",)),
    )


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'a.db'}"


def write(url: str, *runs: Run) -> None:
    with open_archive(url) as archive:
        for run in runs:
            archive.runs.start(replace(run, outcome=None, ended_at=None))
            archive.runs.finish(run)


def test_a_healthy_archive(url: str, tinquan: Tinquan) -> None:
    write(url, crawled(30, listings=1), crawled(5, listings=1))
    ran = tinquan("status", "--archive", url)
    assert ran.code == 0
    assert "all is well" in ran.out
    assert "tienphong" in ran.out
    assert "laodongthudo" not in ran.out  # nobody crawls it here
    found = json.loads(tinquan("status", "--archive", url, "--json").out)
    assert found["healthy"] is True
    assert found["outlets"][0]["articles_24h"] == 0


@pytest.mark.parametrize("code", [0, None])
def test_a_schedule_that_was_stopped_is_not_late(
    url: str, tinquan: Tinquan, code: int | None
) -> None:
    write(url, *(crawled(minutes, listings=1) for minutes in (3 * 1440, 2 * 1440)))
    stopped = NOW - timedelta(days=2)
    with open_archive(url) as archive:
        ended = stopped if code == 0 else None
        archive.machines.record(Machine("may-chu", NOW - timedelta(days=9), stopped, ended))
    ran = tinquan("status", "--archive", url)
    found = json.loads(tinquan("status", "--archive", url, "--json").out)
    if code == 0:
        assert ran.code == 0
        assert f"the schedule was stopped on {time_text(stopped)}" in ran.out
        assert "schedule late" not in ran.out
        assert (found["healthy"], found["schedule_stopped_at"]) == (True, time_json(stopped))
    else:  # killed: nobody meant it to stop
        assert ran.code == 1
        assert "schedule late" in ran.out
        assert found["schedule_stopped_at"] is None


def test_a_crawl_that_failed_once_is_named(url: str, tinquan: Tinquan) -> None:
    write(url, crawled(30, listings=1), crawled(5, Outcome.TIMED_OUT, listings=1))
    ran = tinquan("status", "--archive", url)
    assert ran.code == 0
    assert "timed_out" in ran.out
    assert "no alarm, but the last crawl failed: tienphong" in ran.out
    assert "all is well" not in ran.out
    found = json.loads(tinquan("status", "--archive", url, "--json").out)
    assert found["outlets"][0]["last_outcome"] == "timed_out"


def test_a_blocked_outlet(url: str, tinquan: Tinquan) -> None:
    write(url, *(crawled(n, Outcome.FAILED, blocked=1) for n in (35, 5)))
    ran = tinquan("status", "--archive", url)
    assert ran.code == 1
    assert "blocks us" in ran.out
    assert "What to do: raise the outlet's politeness.delay_seconds" in ran.out
    found = json.loads(tinquan("status", "--archive", url, "--json").out)
    assert [alarm["cause"] for alarm in found["alarms"]] == ["blocked"]
    assert found["alarms"][0]["evidence"] == ["https://tienphong.vn/"]
    assert found["outlets"][0]["alarms"] == ["blocked"]


def test_a_schedule_that_stopped(url: str, tinquan: Tinquan) -> None:
    write(url, crawled(60 * 24 * 3, listings=1))
    ran = tinquan("status", "--archive", url)
    assert ran.code == 1
    assert "overdue: is the schedule running?" in ran.out


def test_an_empty_archive_says_how_to_begin(url: str, tinquan: Tinquan) -> None:
    write(url)
    ran = tinquan("status", "--archive", url)
    assert (ran.code, "no outlet has been crawled yet" in ran.out) == (0, True)


def test_alarms_are_listed_until_they_are_over(url: str, tinquan: Tinquan) -> None:
    down = Finding(Cause.UNREACHABLE, "tienphong", "tienphong cannot be reached", NOW)
    with open_archive(url) as archive:
        archive.alarms.sync([down], ["tienphong"], NOW)
    assert tinquan("alarms", "--archive", url, "--outlet", "nobody").code == 2
    assert "cannot be reached" in tinquan("alarms", "--archive", url).out
    with open_archive(url) as archive:
        archive.alarms.sync([], ["tienphong"], NOW)
    assert tinquan("alarms", "--archive", url).out == "no alarm is open\n"
    (alarm,) = json.loads(tinquan("alarms", "--archive", url, "--all", "--json").out)
    assert (alarm["state"], alarm["cause"]) == ("closed", "unreachable")
    assert "over since" in tinquan("alarms", "--archive", url, "--all").out
