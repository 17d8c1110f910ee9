"""What the schedule reads and writes in the archive."""

import logging
import os
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.config.config import Config
from crawler.config.machine import machine_name
from crawler.health.machines import lost_machines
from crawler.jobs.crawl_job import CrawlJob
from crawler.jobs.liveness import Deaths
from crawler.schedule.agenda import PUSH, Agenda, MaintenanceJob, Task, Visit
from crawler.schedule.membership import Membership
from crawler.schedule.recall import recall
from storage.archive import Archive
from storage.errors import ArchiveError
from storage.model.runs import Run
from storage.model.schedule import Machine

_log = logging.getLogger(__name__)
_MAINTENANCE = "maintenance"  # one job at a time, of all machines
_FORGET = timedelta(days=7)  # a machine that is gone for so long is no longer missed


@dataclass(frozen=True, slots=True)
class Claim:
    """What this machine may begin. runs: the outlet's newest, whoever made them.

    begun: when a maintenance job was begun last, on whatever machine.
    """

    runs: tuple[Run, ...] = ()
    begun: datetime | None = None


class ScheduleState:
    """What the archive knows of the schedule, and the schedule of the archive.

    outlets: those that are scheduled here, by slug. `now` is the time by which all machines agree.
    """

    def __init__(
        self,
        archive: Archive,
        config: Config,
        agenda: Agenda,
        membership: Membership,
        outlets: tuple[str, ...] = (),
    ) -> None:
        """Keep them; `begin` writes the first row."""
        self._config = config
        self._archive = archive
        self._agenda = agenda
        self._membership = membership
        self._outlets = outlets
        self._clock = archive.locks.clock()
        self._started_at: datetime | None = None
        self._lost: set[str] = set()  # machines that are known to be gone
        self._read_at: dict[str, datetime] = {}  # by outlet: when its runs were read last
        self._deaths = Deaths(archive, config.limits.run_seconds)
        limit = timedelta(seconds=config.limits.run_seconds)
        self._longest = limit + timedelta(hours=1)  # that a run may be open

    def now(self) -> datetime:
        """Return the time by the clock that all machines share."""
        return self._clock()

    def begin(self, now: datetime) -> None:
        """Close what an earlier schedule left open, tell the agenda what was done before."""
        self._started_at = now
        self._close_dead(now)
        begun = {
            row.name: row.started_at for row in self._archive.schedule.maintenance_runs().values()
        }
        recall(self._archive, self._agenda, begun, now)
        self._archive.machines.forget(now - _FORGET)
        self._note_life(now, None)

    def heartbeat(self, now: datetime) -> bool:
        """Note that the schedule lives; close runs that somebody else's crash left open.

        Returns whether other machines are gone. Raises ArchiveError.
        """
        if not self._membership.is_sure():
            _log.error("archive %s: no longer held by this schedule", self._config.archive_name)
        self._clock = self._archive.locks.clock()
        self._close_dead(now)
        self._note_life(now, None)
        lost = {
            one.name for one in lost_machines(self._archive, self._archive.machines.find(), now)
        }
        is_news, self._lost = bool(lost - self._lost), lost
        return is_news

    def end(self, now: datetime) -> None:
        """Note that the schedule has stopped, and let go of the archive."""
        try:
            self._note_life(now, now)
        finally:
            self._membership.leave()

    def _note_life(self, now: datetime, stopped_at: datetime | None) -> None:
        begun = self._started_at or now
        row = Machine(machine_name(), begun, now, stopped_at, os.getpid(), self._outlets)
        self._archive.machines.record(row)

    def _close_dead(self, now: datetime) -> None:
        alive = self._deaths.alive(now)
        for run in self._archive.runs.close_dead(alive, now):
            _log.warning("run %s of %s died without a word", run.id, run.outlet)

    def claim(self, task: Task, now: datetime) -> Claim | None:
        """Return what was done of a task meanwhile, by whoever; None where another is at it.

        Nobody else begins it then before `release`. Raises ArchiveError, and keeps nothing then.
        """
        try:
            return self._claim(task, now)
        except ArchiveError:
            self.release(task)
            raise

    def _claim(self, task: Task, now: datetime) -> Claim | None:
        if isinstance(task, MaintenanceJob):
            if task.is_own:
                return Claim()
            if not self._membership.take(_MAINTENANCE):
                return None
            row = self._archive.schedule.maintenance_runs().get(task.name)
            return Claim(begun=row.started_at if row else None)
        if not self._membership.take_visit(task.host):
            return None
        since = self._read_at.get(task.outlet, self._started_at or now) - self._longest
        runs = self._archive.runs.find(task.outlet, since=since)
        if self._archive.locks.is_shared and any(map(_may_be_at_work, runs)):
            self._membership.end_visit(task.host)
            return None
        self._read_at[task.outlet] = now
        return Claim(runs=tuple(runs))

    def release(self, task: Task) -> None:
        """Let others begin a task."""
        if isinstance(task, MaintenanceJob):
            if not task.is_own:
                self._membership.end(_MAINTENANCE)
        else:
            self._membership.end_visit(task.host)

    def job(self, visit: Visit, now: datetime) -> CrawlJob | None:
        """Return what a visit's crawl is asked for; None where no article is due for a look."""
        if visit.kind == "crawl":
            return CrawlJob(visit.outlet, sections=visit.sections)
        if not self._archive.schedule.due_checks(visit.outlet, now, 1):
            return None
        limit = self._config.schedule.recheck_limit
        return CrawlJob(visit.outlet, recheck=True, limit=limit)


def _may_be_at_work(run: Run) -> bool:
    """True of a crawl without an end: where it has no lock either, it may just have lost it."""
    return run.outcome is None and not run.replay


def maintenance_argv(config: Config) -> dict[str, list[str]]:
    """Return the commands of the maintenance jobs by name, as a person would type them.

    The archive reaches them by their environment, as it does crawls.
    """
    tinquan = [sys.executable, "-m", "crawler.cli"]
    if config.file:
        tinquan += ["--config", str(config.file)]
    folder = str(config.root / config.schedule.backups)
    kept = str(config.schedule.backups_kept)
    return {
        "prune": [*tinquan, "prune"],
        "watch": [*tinquan, "watch", "run"],
        PUSH: [*tinquan, "archive", "push"],
        "backup": [*tinquan, "archive", "backup", folder, "--keep", kept],
    }
