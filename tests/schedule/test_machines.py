"""Several machines on one archive: schedules in processes of their own, real crawls, a server."""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from storage.archive import Archive, open_archive
from storage.model.alarms import Cause
from storage.model.runs import Outcome, Run
from tests.support.databases import run_sql
from tests.support.machine import Deployment, kill_machine
from tests.support.site import LocalSite

pytestmark = pytest.mark.slow
OUTLETS = tuple(f"bao{number:02}" for number in range(8))
ARTICLES = 3
PATIENCE = 400  # seconds


@pytest.fixture
def shared(
    tmp_path: Path, new_postgresql: Callable[[str], str], postgresql_template: str
) -> Iterator[Deployment]:
    with LocalSite(tmp_path, [f"{slug}.vn" for slug in OUTLETS]) as site:
        url = new_postgresql(postgresql_template)
        yield Deployment(tmp_path, site, url, OUTLETS, ARTICLES)


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    """Yield a list; what a test puts there is gone after it."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        if process.poll() is None:
            kill_machine(process)


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE) -> float:
    """Return how long it took until something was so."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "never happened"
        time.sleep(0.2)
    return time.monotonic() - began


def done(archive: Archive) -> set[str]:
    return {run.outlet for run in archive.runs.find() if run.outcome is Outcome.DONE}


def assert_apart(runs: list[Run]) -> None:
    """No two runs of an outlet were at work at the same time."""
    for outlet in OUTLETS:
        own = sorted((run for run in runs if run.outlet == outlet), key=lambda r: r.started_at)
        for one, other in pairwise(own):
            assert one.ended_at is not None
            assert one.ended_at <= other.started_at, (one, other)


def asked(site: LocalSite) -> Counter[str]:
    return Counter(address for address in site.asked if "-post" in address)


def test_three_machines_crawl_each_outlet_once(
    shared: Deployment, started: list[subprocess.Popen[str]]
) -> None:
    shared.prepare("jobs = 2\njobs_in_all = 3\n")
    started += [shared.start(name) for name in ("may-mot", "may-hai", "may-ba")]
    most = 0
    with open_archive(shared.url) as archive:

        def all_done() -> bool:
            nonlocal most
            most = max(most, len(archive.runs.at_work()))
            return done(archive) == set(OUTLETS)

        wait_until(all_done)
        time.sleep(20)  # whoever would begin again has begun
        runs = archive.runs.find()
        assert {one.name for one in archive.machines.find()} == {"may-mot", "may-hai", "may-ba"}
        for process in started:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(timeout=60) for process in started] == [0, 0, 0]
        assert all(one.stopped_at for one in archive.machines.find())
    assert len(runs) == len(OUTLETS)
    assert_apart(runs)
    assert most <= 3
    assert len({run.host for run in runs}) > 1, "they share the work"
    assert set(asked(shared.site).values()) == {1}
    assert len(asked(shared.site)) == len(OUTLETS) * ARTICLES


def test_a_machine_that_is_killed_is_taken_over_and_so_is_that_one(
    shared: Deployment, started: list[subprocess.Popen[str]]
) -> None:
    shared.prepare("jobs = 2\n")
    shared.site.before = lambda _: time.sleep(0.7)
    machines = {name: shared.start(name) for name in ("may-mot", "may-hai", "may-ba")}
    started += machines.values()
    with open_archive(shared.url) as archive:
        in_flight = 0
        for _ in range(2):
            wait_until(lambda: any(_is_in_the_middle(run) for run in archive.runs.at_work()))
            victim = next(run for run in archive.runs.at_work() if _is_in_the_middle(run))
            kill_machine(machines.pop(str(victim.host)))
            in_flight += 1
            took = wait_until(lambda: _is_taken_over(archive, victim), 120)  # noqa: B023
            closed = archive.runs.get(victim.id)
            assert closed.outcome is Outcome.DIED
            assert took < 60
        wait_until(lambda: done(archive) == set(OUTLETS))
        assert_apart(archive.runs.find())
        wait_until(
            lambda: any(a.finding.cause is Cause.MACHINE_LOST for a in archive.alarms.find())
        )
    twice = [address for address, times in asked(shared.site).items() if times > 1]
    assert len(twice) <= in_flight, "only what was under way at a kill"
    assert len(asked(shared.site)) == len(OUTLETS) * ARTICLES


def _is_in_the_middle(run: Run) -> bool:
    return run.counts.fetched >= 2


def _is_taken_over(archive: Archive, dead: Run) -> bool:
    later = [r for r in archive.runs.find(dead.outlet) if r.started_at > dead.started_at]
    return bool(later) and archive.runs.get(dead.id).outcome is not None


def test_a_server_that_is_restarted_costs_a_crawl_and_no_article(
    shared: Deployment, started: list[subprocess.Popen[str]], postgresql: str
) -> None:
    shared.prepare("jobs = 1\n")
    shared.site.before = lambda _: time.sleep(0.7)
    started += [shared.start(name) for name in ("may-mot", "may-hai")]
    database = shared.url.split("?")[0].rsplit("/", 1)[1]
    with open_archive(shared.url) as archive:
        wait_until(lambda: any(_is_in_the_middle(run) for run in archive.runs.at_work()))
        # What a restart is to those who are connected.
        run_sql(
            postgresql,
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'",
        )
        wait_until(lambda: done(archive) == set(OUTLETS))
        runs = archive.runs.find()
        assert_apart(runs)
        assert not any(run.started_at - runs[-1].started_at > timedelta(minutes=8) for run in runs)
    assert all(process.poll() is None for process in started), "both go on"
    assert max(asked(shared.site).values()) <= 2
    assert len(asked(shared.site)) == len(OUTLETS) * ARTICLES
