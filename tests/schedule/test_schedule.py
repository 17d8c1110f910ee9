"""The schedule at work, with commands that stand for crawls; its rows; what it refuses."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

import crawler.jobs.supervisor
from crawler.config.config import Config, load_config
from crawler.jobs.child import Bounds, EndedBy, Exit
from crawler.jobs.crawl_job import CrawlJob
from crawler.jobs.supervisor import Supervisor, close_run
from crawler.outlets.cadence import Cadence
from crawler.outlets.model import Outlet, parse_outlet
from crawler.schedule.agenda import Agenda, MaintenanceJob, Visit
from crawler.schedule.membership import Membership
from crawler.schedule.plan import monitored_by, new_agenda, next_runs, wanted_outlets
from crawler.schedule.service import Scheduler, SchedulerDependencies
from crawler.schedule.state import ScheduleState
from storage.archive import Archive, open_archive
from storage.errors import ArchiveError, ConfigError, UsageError
from storage.model.runs import Outcome, Run
from storage.model.schedule import Machine, MaintenanceRun
from storage.sql.runs.machines import Machines
from tests.support.commands import Tinquan
from tests.support.paths import ROOT

NOW = datetime(2026, 9, 14, 3, tzinfo=UTC)
OUTLET = """
name = "Báo Thử"
family = "epi"
[[domains]]
host = "{slug}.vn"
[[sections]]
slug = "ha-noi"
name = "Hà Nội"
path = "/ha-noi/"
"""
BOUNDS = Bounds(seconds=30, memory_bytes=500 << 20, grace_seconds=1)
OK = Exit(0, EndedBy.ITSELF, None, None, 5_000_000, 0)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return configured(tmp_path, "[schedule]\nprune = ''\nbackup = ''\n")


def configured(folder: Path, text: str = "") -> Config:
    (folder / "outlets").mkdir(exist_ok=True)
    for slug in ("thu", "moi"):
        (folder / "outlets" / f"{slug}.toml").write_text(OUTLET.format(slug=slug))
    file = folder / "tinquan.toml"
    paths = f'outlets = "outlets"\nshipped_outlets = false\ngazetteer = "{ROOT}/config/gazetteer"\n'
    file.write_text(f'contact = "toa-soan@example.org"\n{paths}{text}')
    return load_config(file)


def outlets(config: Config) -> dict[str, Outlet]:
    return {
        path.stem: parse_outlet(path.read_text(), str(path), frozenset({"epi"}))
        for path in sorted(config.outlets.glob("*.toml"))
    }


@pytest.fixture
def archive(config: Config) -> Iterator[Archive]:
    with open_archive(config.archive) as opened:
        yield opened


@pytest.fixture(autouse=True)
def code(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return what stands for a crawl: `run` is a small program; a test sets its own."""
    found = {"run": "pass"}

    def argv(job: CrawlJob, config: Config) -> list[str]:
        return [sys.executable, "-c", found["run"]]

    monkeypatch.setattr(crawler.jobs.supervisor, "crawl_argv", argv)
    return found


def scheduler(
    archive: Archive, config: Config, maintenance: dict[str, list[str]] | None = None
) -> tuple[Scheduler, Agenda]:
    agenda = new_agenda(config, wanted_outlets(config, outlets(config)))
    dependencies = SchedulerDependencies(
        agenda,
        ScheduleState(archive, config, agenda, Membership(archive, config)),
        Supervisor(archive, config, BOUNDS, forks=False),
        lambda _: None,
        maintenance or {},
    )
    return Scheduler(dependencies), agenda


def work(archive: Archive, config: Config, until: Callable[[], bool]) -> None:
    """Let a schedule work until something is so, then stop it as systemd would."""

    async def main() -> None:
        works = asyncio.create_task(scheduler(archive, config)[0].run())
        for _ in range(600):
            if until() or works.done():
                break
            await asyncio.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)
        await works

    asyncio.run(main())


def test_every_outlet_is_crawled_once_and_leaves_a_row(
    archive: Archive, config: Config, code: dict[str, str]
) -> None:
    code["run"] = "import sys; sys.exit('no host')"
    work(archive, config, lambda: len(archive.runs.find()) == 2)
    runs = archive.runs.find()
    assert {run.outlet for run in runs} == {"thu", "moi"}
    assert {(run.outcome, run.error, run.exit_code) for run in runs} == {
        (Outcome.DIED, "no host", 1)
    }
    assert all(run.sections == ("ha-noi",) and run.log_file for run in runs)
    (row,) = archive.machines.find()
    assert (row.pid, row.stopped_at) == (os.getpid(), row.heartbeat_at)


def test_a_stop_leaves_no_process_and_no_half_open_run(
    archive: Archive, config: Config, code: dict[str, str]
) -> None:
    notes = config.root / "pids"
    notes.mkdir()
    code["run"] = (
        f"import os, pathlib, time; pathlib.Path({str(notes)!r}, str(os.getpid())).touch();"
        " time.sleep(600)"
    )
    work(archive, config, lambda: len(list(notes.iterdir())) == 2)
    assert not any(psutil.pid_exists(int(path.name)) for path in notes.iterdir())
    assert [run.outcome for run in archive.runs.find()] == [Outcome.STOPPED, Outcome.STOPPED]
    assert all(run.ended_at for run in archive.runs.find())


def test_the_archive_is_free_after_a_stop(archive: Archive, config: Config) -> None:
    work(archive, config, lambda: len(archive.runs.find()) == 2)
    Membership(archive, config).leave()


def test_a_stop_while_the_server_is_away_is_in_order_and_says_so(
    archive: Archive,
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    record = Machines.record

    def away(machines: Machines, row: Machine) -> None:
        if row.stopped_at is not None:
            raise ArchiveError("the server cannot be reached")
        record(machines, row)

    monkeypatch.setattr(Machines, "record", away)
    work(archive, config, lambda: len(archive.runs.find()) == 2)
    assert "the stop could not be recorded: the server cannot be reached" in caplog.text
    Membership(archive, config).leave()


def test_a_second_schedule_is_refused_in_one_line(
    archive: Archive, config: Config, tinquan: Tinquan
) -> None:
    hold = Membership(archive, config)
    archive.machines.record(Machine("may-chu", NOW, NOW, pid=4711))
    with pytest.raises(ArchiveError, match="process 4711 on may-chu since 2026-09-14 03:00:00"):
        Membership(archive, config)
    ran = tinquan("schedule", "--config", config.file)
    assert (ran.code, ran.out) == (1, "")
    assert "an archive in a file has one schedule; stop that one first" in ran.err
    assert len(ran.err.splitlines()) == 1
    hold.leave()
    Membership(archive, config).leave()


def test_on_postgresql_too_only_one_holds(archive_url: str, config: Config) -> None:
    with open_archive(archive_url) as one, open_archive(archive_url) as other:
        hold = one.schedule.hold("schedule")
        assert hold is not None
        assert hold.is_sure()
        assert other.schedule.hold("schedule") is None
        hold.release()
        hold.release()
        again = other.schedule.hold("schedule")
        assert again is not None
        again.release()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[schedule]\ncadence = {cron = "61 * * * *"}\n', "schedule.cadence.cron"),
        ("[schedule]\ncadence = {every_minutes = 1}\n", "schedule.cadence.every_minutes"),
        ("[schedule]\njobs = 0\n", "schedule.jobs"),
        ("[schedule.outlets.nobody]\npause = true\n", "schedule.outlets.nobody: no such outlet"),
        ("[schedule.outlets.thu.sections.x]\nevery_minutes = 30\n", "has no section 'x'"),
        ('[schedule]\nbackup = "every night"\n', "schedule.backup"),
        (
            "[schedule.outlets.thu]\ncadence = {min_minutes = 90, max_minutes = 60}\n",
            "min_minutes 90 is more than max_minutes 60",
        ),
        ('[alarms.channels]\ndesk = "nosuch://a.vn"\n', "alarms.channels.desk: Apprise cannot use"),
        ("[schedule.outlets]\nthu = {pause = true}\nmoi = {pause = true}\n", "no outlet is to be"),
    ],
)
def test_bad_input_is_told_at_the_start(
    tmp_path: Path, tinquan: Tinquan, text: str, told: str
) -> None:
    (tmp_path / "good").mkdir()
    configured(tmp_path / "good")
    (tmp_path / "good" / "tinquan.toml").write_text(
        (tmp_path / "good" / "tinquan.toml").read_text() + text
    )
    ran = tinquan("schedule", "--config", tmp_path / "good" / "tinquan.toml")
    assert ran.code == 2
    assert told in ran.err
    assert len(ran.err.splitlines()) == 1
    assert not (tmp_path / "good" / "tinquan.db").exists()


def test_an_unknown_outlet_is_told(config: Config, tinquan: Tinquan) -> None:
    ran = tinquan("schedule", "nobody", "--config", config.file)
    assert ran.code == 2
    assert "no outlet 'nobody'" in ran.err


def test_under_the_politeness_floor_nothing_is_scheduled(config: Config) -> None:
    slow = OUTLET.format(slug="thu") + "[politeness]\ndelay_seconds = 150\n"
    with pytest.raises(ConfigError, match="under the politeness floor of 10 minutes"):
        parse_outlet(slow + "[cadence]\nevery_minutes = 8\n", "thu.toml", frozenset({"epi"}))
    known = {"thu": parse_outlet(slow, "thu.toml", frozenset({"epi"}))}
    lower = config.schedule.model_copy(update={"cadence": Cadence(every_minutes=9)})
    with pytest.raises(ConfigError, match=r"cadence of thu, section ha-noi .*floor of 10 minutes"):
        wanted_outlets(config.model_copy(update={"schedule": lower}), known)


def test_pauses_and_retirement_are_heeded_unless_an_outlet_is_named(tmp_path: Path) -> None:
    config = configured(tmp_path, "[schedule.outlets.thu]\npause = true\n")
    known = outlets(config)
    assert [one.outlet for one in wanted_outlets(config, known)] == ["moi"]
    assert [one.outlet for one in wanted_outlets(config, known, ["thu"])] == ["thu"]
    retired = {"moi": known["moi"].model_copy(update={"status": "retired"})}
    with pytest.raises(UsageError, match="no outlet is to be crawled"):
        wanted_outlets(configured(tmp_path), retired)


def test_a_machine_is_given_outlets_by_their_tags(tmp_path: Path, tinquan: Tinquan) -> None:
    config = configured(tmp_path, '[schedule.outlets.thu]\ntags = ["ha-noi"]\n')
    known = outlets(config)
    known["moi"] = known["moi"].model_copy(update={"tags": ("ca-nuoc", "ha-noi")})

    def given(*tags: str, named: tuple[str, ...] = ()) -> list[str]:
        return [one.outlet for one in wanted_outlets(config, known, named, tags)]

    assert given("ha-noi") == ["moi", "thu"]
    assert given("ca-nuoc") == ["moi"]
    assert given("ca-nuoc", named=("thu",)) == ["thu", "moi"]
    with pytest.raises(UsageError, match="no outlet has the tag 'hue'; there are: ca-nuoc, ha-noi"):
        given("ha-noi", "hue")
    known["moi"] = known["moi"].model_copy(update={"status": "retired"})
    assert given("ha-noi") == ["thu"], "a tag names no outlet"
    ran = tinquan("schedule", "--tag", "hue", "--config", config.file)
    assert ran.code == 2
    assert "no outlet has the tag 'hue'; there are: ha-noi" in " ".join(ran.err.split())


def test_the_next_runs_are_known_while_a_schedule_lives(archive: Archive, config: Config) -> None:
    wanted = wanted_outlets(config, outlets(config))
    assert next_runs(archive, new_agenda(config, wanted), NOW) == {}
    archive.machines.record(Machine("x", NOW, NOW, pid=1))
    begun = NOW - timedelta(minutes=10)
    run = Run("r1", "thu", begun, sections=("ha-noi",), outcome=Outcome.DONE, ended_at=begun)
    archive.runs.start(run)
    archive.runs.finish(run)
    due = next_runs(archive, new_agenda(config, wanted), NOW)
    assert due["moi"] == NOW
    assert NOW + timedelta(minutes=15) < due["thu"] < NOW + timedelta(minutes=25)
    assert {one.outlet: one.pause for one in monitored_by(wanted, outlets(config))} == {
        slug: timedelta(minutes=132) for slug in ("thu", "moi")
    }


def test_rows_are_closed_by_how_their_process_ended(archive: Archive, config: Config) -> None:
    state = ScheduleState(archive, config, Agenda([], {}, 1), Membership(archive, config))
    job = CrawlJob("thu", "r1", ("ha-noi",))
    late = replace(OK, code=-9, by=EndedBy.TIME, reason="not done within its time limit of 5 s")
    run = close_run(archive, config, job, late, NOW, NOW + timedelta(seconds=9))
    assert (run.outcome, run.exit_code, run.started_at) == (Outcome.TIMED_OUT, -9, NOW)
    done = Run("r2", "thu", NOW, outcome=Outcome.DONE, ended_at=NOW, peak_memory_bytes=7)
    archive.runs.start(done)
    archive.runs.finish(done)
    run = close_run(archive, config, replace(job, run_id="r2"), OK, NOW, NOW)
    assert (run.outcome, run.exit_code, run.peak_memory_bytes) == (Outcome.DONE, 0, 5_000_000)
    assert state.job(Visit("thu", "thu.vn", "recheck"), NOW) is None, "nothing is due for a look"
    state.end(NOW)


def test_a_run_that_was_open_at_a_crash_is_closed_at_the_next_start(
    archive: Archive, config: Config
) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    here = os.uname().nodename
    archive.runs.start(Run("r1", "thu", datetime.now(UTC), pid=gone.pid, host=here))
    work(archive, config, lambda: len(archive.runs.find()) >= 2)
    assert archive.runs.get("r1").outcome is Outcome.DIED


def test_a_missed_maintenance_job_is_made_up_for_once(archive: Archive, tmp_path: Path) -> None:
    config = configured(tmp_path, "[schedule]\nprune = ''\nbackup = '0 3 * * *'\n")
    three_days_ago = datetime.now(UTC) - timedelta(days=3)
    archive.schedule.record_maintenance(
        MaintenanceRun("backup", three_days_ago, three_days_ago, exit_code=0)
    )
    backup_argv = [sys.executable, "-c", "import sys; sys.exit('disk full')"]

    def backup() -> MaintenanceRun:
        return archive.schedule.maintenance_runs()["backup"]

    schedule, agenda = scheduler(archive, config, {"backup": backup_argv})

    async def main() -> None:
        works = asyncio.create_task(schedule.run())
        for _ in range(600):
            if backup().error is not None:
                break
            await asyncio.sleep(0.05)
        schedule.stop()
        await works

    asyncio.run(main())
    assert (backup().exit_code, backup().error) == (1, "disk full")
    assert datetime.now(UTC) - backup().started_at < timedelta(minutes=5)
    assert MaintenanceJob("backup") not in agenda.take(datetime.now(UTC))


def test_the_schedule_loads_no_scrapy() -> None:
    code = "import sys, crawler.commands.crawl.schedule; assert 'scrapy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
