"""Several machines on one archive: schedules in processes of their own, real crawls, a server.

Where it is allowed, each machine has a network namespace of its own, so that its link can be cut.
"""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import pytest

from storage.archive import Archive, open_archive
from storage.model.alarms import Cause
from storage.model.articles import Article, Block, Capture, Extraction
from storage.model.runs import Outcome, Run
from tests.support.databases import run_sql
from tests.support.machine import Deployment, kill_machine, machine
from tests.support.network import Network, network
from tests.support.own_server import OwnServer, own_server
from tests.support.site import LocalSite

pytestmark = pytest.mark.slow
MACHINES = 3
FEW = tuple(f"bao{number:02}" for number in range(6))
MANY = tuple(f"bao{number:02}" for number in range(40))
ARTICLES = 3
PATIENCE = 600  # seconds
TAKEN_OVER = timedelta(seconds=60)
UNNOTICED = timedelta(seconds=30)  # that the server needs to notice that a machine is silent
EVERY = timedelta(minutes=30)
CADENCE = "[schedule.cadence]\nevery_minutes = 30\nadaptive = false\njitter = 0\n"


@pytest.fixture(scope="module")
def wires() -> Iterator[Network]:
    with network(MACHINES) as made:
        yield made


@pytest.fixture(scope="module")
def server(wires: Network, postgresql: str) -> Iterator[OwnServer]:
    assert postgresql, "which sets up what a server of one's own needs"
    with own_server(wires.address) as started:
        yield started


Deploy = Callable[[tuple[str, ...], int], Deployment]


@pytest.fixture
def deploy(tmp_path: Path, server: OwnServer, wires: Network) -> Iterator[Deploy]:
    """Yield what deploys outlets with so many articles each; their site is gone after the test."""
    sites: list[LocalSite] = []

    def deployed(outlets: tuple[str, ...], articles: int = ARTICLES) -> Deployment:
        site = LocalSite(tmp_path, [f"{slug}.vn" for slug in outlets], wires.address)
        sites.append(site.__enter__())
        return Deployment(tmp_path, site, server.archive_url(), outlets, articles, wires)

    yield deployed
    for site in sites:
        site.__exit__()


@pytest.fixture
def started() -> Iterator[dict[int, subprocess.Popen[str]]]:
    """Yield a dictionary; processes that a test puts there are gone after it."""
    processes: dict[int, subprocess.Popen[str]] = {}
    yield processes
    for process in processes.values():
        if process.poll() is None:
            kill_machine(process)


T = TypeVar("T")


def wait_for(found: Callable[[], T | None]) -> T:
    """Return what a function finds, as soon as it finds something."""
    until = time.monotonic() + PATIENCE
    while not (one := found()):
        assert time.monotonic() < until, "never happened"
        time.sleep(0.2)
    return one


def done(archive: Archive) -> set[str]:
    return {run.outlet for run in archive.runs.find() if run.outcome is Outcome.DONE}


def assert_apart(runs: list[Run]) -> None:
    """No two runs of an outlet were at work at the same time."""
    for outlet in {run.outlet for run in runs}:
        own = sorted((run for run in runs if run.outlet == outlet), key=lambda r: r.started_at)
        for one, other in pairwise(own):
            assert one.ended_at is not None
            assert one.ended_at <= other.started_at, (one, other)


def asked(site: LocalSite) -> Counter[str]:
    return Counter(address for address in site.asked if "-post" in address)


def by_outlet(site: LocalSite) -> Counter[str]:
    """Return how often articles were asked for, by outlet."""
    return Counter(address.split(".")[0] for address in site.asked if "-post" in address)


def caught(archive: Archive, site: LocalSite) -> Run:
    """Return a run that waits for an article."""
    return wait_for(
        lambda: next((run for run in archive.runs.at_work() if by_outlet(site)[run.outlet]), None)
    )


def hold_back(site: LocalSite) -> None:
    """Let each article take its time, so that a crawl is met in the middle."""
    site.before = lambda address: time.sleep(5 if "-post" in address else 0)


def at_work(
    deploy: Deploy, started: dict[int, subprocess.Popen[str]], machines: int, *, jobs: int
) -> Deployment:
    """Start a schedule on each of so many machines, whose crawls are met in the middle."""
    shared = deploy(FEW, ARTICLES)
    shared.prepare(f"jobs = {jobs}\n")
    hold_back(shared.site)
    started |= {place: shared.start(place) for place in range(machines)}
    return shared


def looked_since(archive: Archive, moment: datetime) -> bool:
    """Return whether every schedule has lived on for longer than a visit is put off."""
    machines = archive.machines.find()
    return all(one.heartbeat_at > moment + timedelta(seconds=16) for one in machines)


def test_three_machines_crawl_each_outlet_once_in_its_interval(
    deploy: Deploy, started: dict[int, subprocess.Popen[str]]
) -> None:
    shared = deploy(MANY, 2)
    shared.prepare(f"jobs = 2\njobs_in_all = 5\n{CADENCE}")
    with open_archive(shared.url) as archive:
        now = archive.locks.clock()()
        due = dict.fromkeys(MANY, now)  # never crawled: at once
        for number, slug in enumerate(MANY[:20]):  # or in the seconds to come
            due[slug] = now + timedelta(seconds=2 * number)
            began = due[slug] - EVERY
            before = Run(f"before-{slug}", slug, began, sections=("ha-noi",))
            archive.runs.start(before)
            ended = Run(
                before.id, slug, began, sections=("ha-noi",), ended_at=began, outcome=Outcome.DONE
            )
            archive.runs.finish(ended)
        started |= {place: shared.start(place) for place in range(MACHINES)}
        most = 0

        def new_runs() -> list[Run]:
            return archive.runs.find(since=now - timedelta(seconds=1))

        def all_done() -> bool:
            nonlocal most
            most = max(most, len(archive.runs.at_work()))
            over = [run for run in new_runs() if run.outcome is not None]
            return {run.outlet for run in over} == set(MANY)

        wait_for(all_done)
        last = max(run.ended_at or now for run in new_runs())
        wait_for(lambda: looked_since(archive, last))  # whoever would begin again has begun
        runs = new_runs()
        machines = archive.machines.find()
        for process in started.values():
            process.send_signal(signal.SIGTERM)
        assert [process.wait(timeout=PATIENCE) for process in started.values()] == [0, 0, 0]
        assert all(one.stopped_at for one in archive.machines.find())
    logs = [(shared.folder / f"{machine(place)}.log").read_text() for place in range(MACHINES)]
    assert not any("Traceback" in log for log in logs)
    assert [one.name for one in machines] == [machine(place) for place in range(MACHINES)]
    assert {run.outcome for run in runs} == {Outcome.DONE}
    assert len(runs) == len(MANY), "each once"
    assert all(due[run.outlet] <= run.started_at < due[run.outlet] + EVERY for run in runs)
    assert most <= 5
    assert {run.host for run in runs} == {one.name for one in machines}, "they share the work"
    assert set(asked(shared.site).values()) == {1}
    assert len(asked(shared.site)) == len(MANY) * 2


def test_a_machine_that_is_killed_is_taken_over_and_so_is_that_one(
    deploy: Deploy, started: dict[int, subprocess.Popen[str]]
) -> None:
    shared = at_work(deploy, started, MACHINES, jobs=2)
    with open_archive(shared.url) as archive:
        first = caught(archive, shared.site)
        before = by_outlet(shared.site)
        second = killed(archive, first, started)
        wait_for(lambda: by_outlet(shared.site)[first.outlet] > before[first.outlet])
        killed(archive, second, started)
        wait_for(lambda: done(archive) == set(FEW))
        assert_apart(archive.runs.find())
        assert_told(archive, 2)
    twice = [address for address, times in asked(shared.site).items() if times > 1]
    assert len(twice) <= 4, "only what was under way at the kills: an article of each crawl"
    assert len(asked(shared.site)) == len(FEW) * ARTICLES


def killed(archive: Archive, victim: Run, started: dict[int, subprocess.Popen[str]]) -> Run:
    """Kill the machine of a run; return the run that takes its visit over."""
    place = next(place for place in started if machine(place) == victim.host)
    kill_machine(started.pop(place))
    return taken_over(archive, victim, archive.locks.clock()())


def taken_over(
    archive: Archive, victim: Run, gone_at: datetime, within: timedelta = TAKEN_OVER
) -> Run:
    """Return the run that makes a visit again, which another machine has begun in time."""

    def claimed() -> bool:
        holder = archive.locks.holder(f"visit {victim.outlet}.vn")
        own = f"tinquan schedule on {victim.host}"
        return holder not in (None, own) and archive.runs.get(victim.id).outcome is not None

    def later() -> list[Run]:
        runs = archive.runs.find(victim.outlet)
        return [run for run in runs if run.started_at > victim.started_at]

    wait_for(claimed)
    assert archive.locks.clock()() - gone_at < within
    assert archive.runs.get(victim.id).outcome is Outcome.DIED
    found = wait_for(later)[-1]  # how soon a process is up says how busy this machine is
    assert found.host != victim.host
    return found


def assert_told(archive: Archive, lost: int) -> None:
    """So many machines are said to be lost."""

    def told() -> bool:
        alarms = archive.alarms.find()
        return any(
            one.finding.cause is Cause.MACHINE_LOST and len(one.finding.evidence) == lost
            for one in alarms
        )

    wait_for(told)


def test_a_machine_whose_link_is_cut_ends_its_crawl_and_is_taken_over(
    deploy: Deploy, started: dict[int, subprocess.Popen[str]], wires: Network
) -> None:
    if not wires.is_real:
        pytest.skip("network namespaces are not permitted here")
    shared = at_work(deploy, started, MACHINES, jobs=2)
    with open_archive(shared.url) as archive:
        victim = caught(archive, shared.site)
        place = next(place for place in started if machine(place) == victim.host)
        with wires.cut(place):
            gone_at = archive.locks.clock()()
            taken_over(archive, victim, gone_at, TAKEN_OVER + UNNOTICED)
            wait_for(lambda: done(archive) == set(FEW))
            assert_apart(archive.runs.find())
            assert_told(archive, 1)
    log = (shared.folder / f"{machine(place)}.log").read_text()
    assert "no heartbeat could be written" in log
    assert len(asked(shared.site)) == len(FEW) * ARTICLES


def test_a_server_that_is_restarted_costs_a_crawl_and_no_article(
    deploy: Deploy, started: dict[int, subprocess.Popen[str]], server: OwnServer
) -> None:
    shared = at_work(deploy, started, 2, jobs=1)
    with open_archive(shared.url) as archive:
        wait_for(lambda: len(archive.machines.find()) == 2)
        caught(archive, shared.site)
        server.control("restart", "-m", "fast", "-l", str(server.folder / "log"))
    with open_archive(shared.url) as archive:
        wait_for(lambda: done(archive) == set(FEW))
        assert_apart(archive.runs.find())
    logs = [(shared.folder / f"{machine(place)}.log").read_text() for place in started]
    assert all(process.poll() is None for process in started.values()), logs
    assert not any("Traceback" in log for log in logs)
    assert max(asked(shared.site).values()) <= 2
    assert len(asked(shared.site)) == len(FEW) * ARTICLES


def test_a_crawl_whose_lock_is_cut_is_made_again(
    deploy: Deploy, started: dict[int, subprocess.Popen[str]], server: OwnServer
) -> None:
    shared = at_work(deploy, started, 2, jobs=1)
    with open_archive(shared.url) as archive:
        victim = caught(archive, shared.site)
        cut(server, f"tinquan run {victim.id} on {victim.host}")
        wait_for(lambda: done(archive) == set(FEW))
        runs = archive.runs.find()
        assert archive.runs.get(victim.id).outcome is Outcome.STOPPED
        assert_apart(runs)
    assert len(asked(shared.site)) == len(FEW) * ARTICLES
    assert sum(asked(shared.site).values()) <= len(FEW) * ARTICLES + 1, "what was under way"


def test_while_a_host_is_crawled_nothing_else_has_it(
    deploy: Deploy, started: dict[int, subprocess.Popen[str]]
) -> None:
    shared = deploy(FEW[:1], ARTICLES)
    shared.prepare("[limits]\ndownload_seconds = 900\n")  # until it is killed
    with open_archive(shared.url) as archive:
        store_due(archive, FEW[0])
        shared.site.before = lambda _: time.sleep(900)
        started[0] = shared.start(0, "crawl", FEW[0])
        wait_for(lambda: bool(shared.site.asked))
        (crawl,) = archive.runs.at_work()
        held = f"{FEW[0]}.vn: is being crawled by run {crawl.id} on {machine(0)}"
        for words in (
            ("crawl", FEW[0]),
            ("recheck", FEW[0]),
            ("backfill", FEW[0], "--from", "2026-09-14", "--to", "2026-09-14"),
            ("crawl", f"https://{FEW[0]}.vn/bai-viet-post1000.tpo"),
            ("archive", "redact", "1", "--reason", "x", "--yes"),
        ):
            ran = shared.call(1, *words)
            assert ran.returncode == 1, words
            assert held in " ".join((ran.stdout + ran.stderr).split()), words
        canary = shared.call(1, "outlets", "check", FEW[0], "--live")
        assert f"left alone: {held}" in " ".join(canary.stdout.split())
        refused = [run for run in archive.runs.find() if run.outcome is Outcome.FAILED]
        assert [run.counts.requested for run in refused] == [0] * 4, "nobody asked for anything"
        kill_machine(started.pop(0))
        shared.site.before = lambda _: None
        taken = ("archive", "redact", "1", "--reason", "x", "--yes")
        wait_for(lambda: shared.call(1, *taken).returncode == 0)
        assert shared.call(2, "crawl", FEW[0]).returncode == 0
        assert archive.runs.find(limit=1)[0].outcome is Outcome.DONE


def test_a_canary_whose_lock_is_cut_ends_itself_and_says_so(
    deploy: Deploy, started: dict[int, subprocess.Popen[str]], server: OwnServer
) -> None:
    shared = deploy(FEW[:1], ARTICLES)
    shared.prepare()
    shared.site.before = lambda _: time.sleep(600)
    started[0] = shared.start(0, "outlets", "check", FEW[0], "--live")
    wait_for(lambda: bool(shared.site.asked))
    cut(server, f"tinquan canary on {machine(0)}")
    assert started[0].wait(timeout=30) == 1
    log = (shared.folder / f"{machine(0)}.log").read_text()
    assert f"{FEW[0]}.vn: lost its lock on the host" in " ".join(log.split())


def cut(server: OwnServer, label: str) -> None:
    """End a connection as a failing network or an administrator would."""
    run_sql(
        server.admin,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        f" WHERE application_name = '{label}'",
    )


def store_due(archive: Archive, outlet: str) -> None:
    """Store an article that is due for a look again."""
    at, url = datetime.now(UTC) - timedelta(hours=2), f"https://{outlet}.vn/bai-viet-post1.tpo"
    archive.runs.start(Run("seed", outlet, at))
    archive.runs.finish(Run("seed", outlet, at, ended_at=at, outcome=Outcome.DONE))
    made = Article(
        outlet=outlet,
        url=url,
        title="Cầu mới",
        blocks=(Block("paragraph", "Cây cầu thông xe."),),
        extraction=Extraction("epi", "1", "page", 1),
        published_at=at,
    )
    archive.articles.store("seed", Capture(url, at, 200, "none.warc.gz", 0, "r1", "sha1:x"), made)
