"""What machines on one archive agree on: who visits what, whose turn it is, who is gone."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from crawler.capture.hold import hold_host
from crawler.config.config import Config, load_config
from crawler.health.machines import lost_machines
from crawler.jobs.liveness import liveness
from crawler.outlets.cadence import Cadence
from crawler.schedule.agenda import PUSH, Agenda, MaintenanceJob, Task, Visit, Wanted
from crawler.schedule.membership import Membership
from crawler.schedule.recall import recall
from crawler.schedule.state import ScheduleState
from storage.archive import Archive, open_archive
from storage.errors import ArchiveBusyError, ArchiveError
from storage.model.runs import Outcome, Run
from storage.model.schedule import Machine, MaintenanceRun, schedule_stopped_at
from tests.support.commands import Tinquan
from tests.support.databases import run_sql

NOW = datetime(2026, 9, 14, 3, tzinfo=UTC)
EVERY = Cadence(every_minutes=30, jitter=0)
MINUTE = timedelta(minutes=1)


def agenda(*outlets: str, maintenance: str = "") -> Agenda:
    wanted = [Wanted(slug, f"{slug}.vn", {"a": EVERY, "b": EVERY}) for slug in outlets]
    made = Agenda(wanted, {"backup": maintenance} if maintenance else {}, 4)
    made.remember([], {}, NOW)
    return made


def crawl(id_: str, at: datetime, *sections: str, outcome: Outcome | None = Outcome.DONE) -> Run:
    new_by_section = {"a": (at - MINUTE,)} if "a" in sections else {}
    return Run(id_, "thu", at, sections=sections, outcome=outcome, new_by_section=new_by_section)


def test_a_visit_that_others_made_is_passed_over_until_its_next_time() -> None:
    mine = agenda("thu")
    (visit,) = mine.take(NOW)
    assert isinstance(visit, Visit)
    assert mine.catch_up(visit, [crawl("r1", NOW - MINUTE, "a", "b")], NOW) is None
    assert mine.running == []
    assert mine.take(NOW + 28 * MINUTE) == []
    assert mine.next_wake(NOW) == NOW + 29 * MINUTE
    assert mine.take(NOW + 29 * MINUTE) == [visit]


def test_what_others_left_of_a_visit_is_done() -> None:
    mine = agenda("thu")
    (visit,) = mine.take(NOW)
    assert isinstance(visit, Visit)
    left = mine.catch_up(visit, [crawl("r1", NOW - MINUTE, "a")], NOW)
    assert left == Visit("thu", "thu.vn", "crawl", ("b",))
    assert mine.running == [left]
    mine.ended(left, crawl("r2", NOW, "b"), NOW, NOW + MINUTE)
    assert mine.running == []


def test_a_run_that_did_not_come_to_its_end_leaves_a_visit_due_but_not_for_ever() -> None:
    mine = agenda("thu")
    (visit,) = mine.take(NOW)
    assert isinstance(visit, Visit)
    runs = [
        crawl("r1", NOW - 9 * MINUTE, "a", "b", outcome=None),
        crawl("r2", NOW - 8 * MINUTE, "a", "b", outcome=Outcome.STOPPED),
    ]
    assert mine.catch_up(visit, runs, NOW) == visit
    gone = crawl("r0", NOW - 2 * MINUTE, "a", "b", outcome=Outcome.DIED)
    assert mine.catch_up(visit, [gone], NOW) == visit, "its machine was killed"
    died = [
        crawl(f"r{ago}", NOW - ago * MINUTE, "a", "b", outcome=Outcome.DIED)
        for ago in (40, 75, 110)
    ]
    assert mine.catch_up(visit, died, NOW) is None, "it is asked more rarely after a failure"


def test_a_run_is_taken_in_once_however_often_it_is_read() -> None:
    mine = agenda("thu")
    failed = [
        crawl(f"r{ago}", NOW - ago * MINUTE, "a", "b", outcome=Outcome.FAILED)
        for ago in (35, 70, 105)
    ]
    (visit,) = mine.take(NOW)
    assert isinstance(visit, Visit)
    assert mine.catch_up(visit, failed, NOW) is None
    due = mine.next_wake(NOW)
    (visit,) = mine.take(due)
    assert isinstance(visit, Visit)
    assert mine.catch_up(visit, failed, due) == visit


def test_what_another_is_at_is_put_off_and_nothing_else() -> None:
    mine = agenda("thu", "moi")
    one, other = mine.take(NOW)
    mine.postpone(one, NOW + MINUTE)
    assert mine.running == [other]
    assert mine.take(NOW + MINUTE / 2) == []
    assert mine.next_wake(NOW) == NOW + MINUTE
    assert mine.take(NOW + MINUTE) == [one]


def test_a_maintenance_job_is_done_once_by_all_machines() -> None:
    mine = agenda(maintenance="0 9 * * *")
    at = NOW + timedelta(hours=24)
    (job,) = mine.take(at)
    assert job == MaintenanceJob("backup")
    assert mine.is_done(MaintenanceJob("backup"), at - MINUTE, at)
    assert mine.running == [] and mine.take(at) == []
    later = at + timedelta(hours=24)
    (job,) = mine.take(later)
    assert not mine.is_done(MaintenanceJob("backup"), at - MINUTE, later)
    assert mine.running == [job]


def test_files_are_pushed_beside_another_maintenance_job_and_once_at_a_time() -> None:
    every = "*/5 * * * *"
    mine = Agenda([], {"backup": every, "watch": every, PUSH: every}, 4)
    mine.remember([], {}, NOW)
    at = NOW + 5 * MINUTE
    begun = mine.take(at)
    assert len(begun) == 2 and MaintenanceJob(PUSH) in begun
    assert mine.take(at) == []
    mine.ended(MaintenanceJob(PUSH), None, at, at + MINUTE)
    assert mine.take(at + 4 * MINUTE) == []
    assert mine.take(at + 5 * MINUTE) == [MaintenanceJob(PUSH)]


def test_what_is_recalled_is_what_every_run_of_the_month_says(archive: Archive) -> None:
    random = Random(2026)
    sections = ("a", "b")
    for number in range(60):
        at = NOW - timedelta(hours=6 * number + random.random())
        chosen = sections if number == 50 else ("a",)  # long ago for "b"
        outcome = random.choice([Outcome.DONE, Outcome.DONE, Outcome.FAILED, Outcome.STOPPED])
        new_by_section = (
            {"a": tuple(at - k * MINUTE for k in range(1, 4))} if random.random() < 0.5 else {}
        )
        run = Run(
            f"r{number}", "thu", at, sections=chosen, exit_code=0, new_by_section=new_by_section
        )
        run = replace(run, replay=number == 3)
        archive.runs.start(run)
        archive.runs.finish(replace(run, outcome=outcome, ended_at=at))
    adaptive = Cadence(every_minutes=30)
    whole, recalled = (
        Agenda([Wanted("thu", "thu.vn", dict.fromkeys(sections, adaptive))], {}, 4) for _ in "12"
    )
    whole.remember(archive.runs.find(since=NOW - timedelta(days=28)), {}, NOW)
    recall(archive, recalled, {}, NOW)
    assert recalled.dues() == whole.dues()
    assert None not in whole.dues().values()


@pytest.fixture
def url(new_postgresql: Callable[[str], str], postgresql_template: str) -> str:
    return new_postgresql(postgresql_template)


@pytest.fixture
def shared(url: str) -> Iterator[Archive]:
    with open_archive(url) as opened:
        yield opened


@pytest.fixture
def config(tmp_path: Path, url: str) -> Config:
    file = tmp_path / "tinquan.toml"
    file.write_text(
        f'contact = "toa-soan@example.org"\narchive = "{url}"\n[schedule]\njobs_in_all = 2\n'
    )
    return load_config(file)


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda name: monkeypatch.setenv("TINQUAN_MACHINE", name)


@pytest.fixture
def two(
    shared: Archive, config: Config, named: Callable[[str], None]
) -> Iterator[tuple[Membership, Membership]]:
    named("may-mot")
    one = Membership(shared, config)
    named("may-hai")
    other = Membership(shared, config)
    yield one, other
    one.leave()
    other.leave()


def test_a_host_is_visited_by_one_machine_and_not_beside_a_crawl_by_hand(
    two: tuple[Membership, Membership], shared: Archive, tmp_path: Path
) -> None:
    one, other = two
    assert one.take_visit("a.vn") and not other.take_visit("a.vn")
    one.end_visit("a.vn")
    assert other.take_visit("a.vn")
    with hold_host(shared, tmp_path, "b.vn", "run by-hand"):
        assert not one.take_visit("b.vn")
    assert one.take_visit("b.vn")


def test_no_more_crawls_than_all_machines_may_make(two: tuple[Membership, Membership]) -> None:
    one, other = two
    assert one.take_visit("a.vn") and other.take_visit("b.vn")
    assert not one.take_visit("c.vn") and not other.take_visit("c.vn")
    other.end_visit("b.vn")
    assert one.take_visit("c.vn") and not other.take_visit("b.vn")
    one.leave()  # or is killed
    assert other.take_visit("a.vn") and other.take_visit("b.vn")


def test_alarms_are_one_machine_s_until_it_is_gone(two: tuple[Membership, Membership]) -> None:
    one, other = two
    assert one.take("alarms") and one.take("alarms") and not other.take("alarms")
    one.leave()
    assert other.take("alarms")


def test_what_could_not_be_claimed_is_left_to_others(
    two: tuple[Membership, Membership],
    shared: Archive,
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise ArchiveBusyError("busy")

    one, other = two
    state = ScheduleState(shared, config, agenda("thu"), one)
    monkeypatch.setattr(shared.runs, "find", busy)
    monkeypatch.setattr(shared.schedule, "maintenance_runs", busy)
    tasks: list[Task] = [Visit("thu", "thu.vn", "crawl", ("a",)), MaintenanceJob("backup")]
    for task in 2 * tasks:
        with pytest.raises(ArchiveBusyError):
            state.claim(task, NOW)
    assert other.take_visit("thu.vn") and other.take_visit("b.vn"), "all the crawls of all machines"
    assert other.take("maintenance")


def test_a_second_machine_of_one_name_is_refused(
    two: tuple[Membership, Membership], shared: Archive, config: Config
) -> None:
    with pytest.raises(ArchiveError, match=r"a schedule of machine may-hai has joined it.*MACHINE"):
        Membership(shared, config)


def test_a_machine_that_was_cut_off_takes_again_what_nobody_took(
    two: tuple[Membership, Membership], postgresql: str
) -> None:
    one, other = two
    assert one.take_visit("a.vn") and one.take_visit("b.vn")
    run_sql(
        postgresql,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE application_name = 'tinquan schedule on may-mot'",
    )
    assert other.take_visit("a.vn")
    assert not one.is_sure(), "the other has one of them"
    assert not one.take_visit("a.vn") and not other.take_visit("b.vn")
    assert one.is_sure()


def test_a_dead_machine_s_run_is_told_by_its_lock(
    shared: Archive, named: Callable[[str], None]
) -> None:
    begun = datetime.now(UTC)
    session = shared.locks.session("there")
    assert session is not None and session.take("run r1")
    for id_ in ("r1", "r2"):
        shared.runs.start(Run(id_, "thu", begun, pid=1, host="may-ba"))
    closed = shared.runs.close_dead(liveness(shared, 3600, begun), begun)
    assert [run.id for run in closed] == ["r2"]
    session.close()
    closed = shared.runs.close_dead(liveness(shared, 3600, begun), begun)
    assert [run.id for run in closed] == ["r1"]


def test_a_crawl_that_may_just_have_lost_its_lock_is_waited_for(
    two: tuple[Membership, Membership], shared: Archive, config: Config
) -> None:
    now = datetime.now(UTC)
    state = ScheduleState(shared, config, agenda("thu"), two[0])
    shared.runs.start(Run("r1", "thu", now, sections=("a",), pid=1, host="may-ba"))
    state.begin(now)
    visit = Visit("thu", "thu.vn", "crawl", ("a",))
    assert state.claim(visit, now) is None
    state.heartbeat(now + timedelta(seconds=19))
    assert shared.runs.get("r1").outcome is None
    state.heartbeat(now + timedelta(seconds=20))
    assert shared.runs.get("r1").outcome is Outcome.DIED
    claim = state.claim(visit, now + timedelta(seconds=20))
    assert claim is not None and [run.id for run in claim.runs] == ["r1"]


def test_a_claim_reads_what_was_done_meanwhile(
    two: tuple[Membership, Membership], shared: Archive, config: Config
) -> None:
    now = datetime.now(UTC)
    state = ScheduleState(shared, config, agenda("thu"), two[0])
    state.begin(now)
    run = crawl("r1", now, "a")
    shared.runs.start(run)
    shared.runs.finish(run)
    visit = Visit("thu", "thu.vn", "crawl", ("a",))
    claim = state.claim(visit, now)
    assert claim is not None and [run.id for run in claim.runs] == ["r1"]
    other = ScheduleState(shared, config, agenda("thu"), two[1])
    assert other.claim(visit, now) is None
    state.release(visit)
    assert other.claim(visit, now) is not None
    job = MaintenanceJob("backup")
    shared.schedule.record_maintenance(MaintenanceRun("backup", now, now, exit_code=0))
    claim = state.claim(job, now)
    assert claim is not None and claim.last_started_at == now
    assert other.claim(job, now) is None
    push = MaintenanceJob(PUSH)  # each machine's own files
    assert state.claim(push, now) is not None and other.claim(push, now) is not None
    state.release(push)
    assert other.claim(job, now) is None
    state.release(job)
    assert other.claim(job, now) is not None


def test_a_lost_machine_is_seen_and_told(
    two: tuple[Membership, Membership], shared: Archive, config: Config, tinquan: Tinquan
) -> None:
    now = datetime.now(UTC)
    ago = now - timedelta(minutes=2)
    shared.machines.record(Machine("may-mot", ago, now, None, 1, ("thu",)))
    shared.machines.record(Machine("may-hai", ago, ago, None, 2))  # slow, but it has its lock
    shared.machines.record(Machine("may-ba", ago, ago, None, 3))
    shared.machines.record(Machine("may-bon", ago, ago, ago, 4))
    shared.runs.start(Run("r1", "tienphong", now, pid=1, host="may-mot"))
    machines = shared.machines.find()
    assert [one.name for one in lost_machines(shared, machines, now)] == ["may-ba"]
    assert schedule_stopped_at(machines) is None
    ran = tinquan("status", "--config", config.file)
    assert ran.code == 1
    assert "machine lost: machine may-ba is gone" in " ".join(ran.out.split())
    found = json.loads(tinquan("status", "--config", config.file, "--json").out)
    states = {one["machine"]: one["state"] for one in found["machines"]}
    assert states == {
        "may-mot": "running",
        "may-hai": "running",
        "may-ba": "lost",
        "may-bon": "stopped",
    }
    working = next(one for one in found["machines"] if one["machine"] == "may-mot")
    assert working["crawls"] == [{"outlet": "tienphong", "run": "r1"}]
    assert working["outlets"] == ["thu"]
    shared.machines.forget(now - MINUTE)
    assert [one.name for one in shared.machines.find()] == ["may-mot"]


def test_the_schedule_was_stopped_when_the_last_machine_was() -> None:
    one = Machine("a", NOW, NOW, NOW)
    other = Machine("b", NOW, NOW + MINUTE, NOW + MINUTE)
    assert schedule_stopped_at([one, other]) == NOW + MINUTE
    assert schedule_stopped_at([one, Machine("c", NOW, NOW)]) is None
    assert schedule_stopped_at([]) is None
