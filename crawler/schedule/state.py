"""The schedule's reads and writes in the archive."""

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
_MAINTENANCE = "maintenance"  # the lock for one job at a time, on all machines together
_FORGET_AFTER = timedelta(days=7)  # a machine gone for so long is no longer missed


@dataclass(frozen=True, slots=True)
class Claim:
    """This machine's claim on a task. runs: the outlet's newest runs, on any machine.

    last_started_at: when a maintenance job was started last, on any machine.
    """

    runs: tuple[Run, ...] = ()
    last_started_at: datetime | None = None


class ScheduleState:
    """Connects the agenda to the archive: what was run before, claims, and heartbeats.

    outlets: the slugs of those that are scheduled here.
    """

    def __init__(
        self,
        archive: Archive,
        config: Config,
        agenda: Agenda,
        membership: Membership,
        outlets: tuple[str, ...] = (),
    ) -> None:
        """Write nothing before `begin`."""
        self._config = config
        self._archive = archive
        self._agenda = agenda
        self._membership = membership
        self._outlets = outlets
        self._clock = archive.locks.clock()
        self._started_at: datetime | None = None
        self._lost: set[str] = set()  # machines that were gone at the last heartbeat
        self._read_at: dict[str, datetime] = {}  # by outlet: when its runs were read last
        self._deaths = Deaths(archive, config.limits.run_seconds)
        limit = timedelta(seconds=config.limits.run_seconds)
        self._max_age = limit + timedelta(hours=1)  # of a run that is still open

    def now(self) -> datetime:
        """Return the time of the clock that all machines share."""
        return self._clock()

    def begin(self, now: datetime) -> None:
        """Close the runs that an earlier schedule left open, and load the agenda's history."""
        self._started_at = now
        self._close_dead(now)
        started = {
            row.name: row.started_at for row in self._archive.schedule.maintenance_runs().values()
        }
        recall(self._archive, self._agenda, started, now)
        self._archive.machines.forget(now - _FORGET_AFTER)
        self._record_heartbeat(now, None)

    def heartbeat(self, now: datetime) -> bool:
        """Write a heartbeat, and close runs that a crash on any machine left open.

        Returns whether another machine has gone since the last heartbeat. Raises ArchiveError.
        """
        if not self._membership.is_sure():
            _log.error("archive %s: no longer held by this schedule", self._config.archive_name)
        self._clock = self._archive.locks.clock()
        self._close_dead(now)
        self._record_heartbeat(now, None)
        machines = lost_machines(self._archive, self._archive.machines.find(), now)
        lost = {machine.name for machine in machines}
        has_lost, self._lost = bool(lost - self._lost), lost
        return has_lost

    def end(self, now: datetime) -> None:
        """Record that the schedule has stopped, and release its locks."""
        try:
            self._record_heartbeat(now, now)
        finally:
            self._membership.leave()

    def _record_heartbeat(self, now: datetime, stopped_at: datetime | None) -> None:
        started_at = self._started_at or now
        row = Machine(machine_name(), started_at, now, stopped_at, os.getpid(), self._outlets)
        self._archive.machines.record(row)

    def _close_dead(self, now: datetime) -> None:
        alive = self._deaths.alive(now)
        for run in self._archive.runs.close_dead(alive, now):
            _log.warning("run %s of %s died without recording its end", run.id, run.outlet)

    def claim(self, task: Task, now: datetime) -> Claim | None:
        """Claim a task; return what was done of it meanwhile, None if another machine runs it.

        No other machine can start it before `release`. If it raises ArchiveError, nothing is
        claimed.
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
            return Claim(last_started_at=row.started_at if row else None)
        if not self._membership.take_visit(task.host):
            return None
        since = self._read_at.get(task.outlet, self._started_at or now) - self._max_age
        runs = self._archive.runs.find(task.outlet, since=since)
        if self._archive.locks.is_shared and any(map(_may_be_running, runs)):
            self._membership.end_visit(task.host)
            return None
        self._read_at[task.outlet] = now
        return Claim(runs=tuple(runs))

    def release(self, task: Task) -> None:
        """Let other machines start a task."""
        if isinstance(task, MaintenanceJob):
            if not task.is_own:
                self._membership.release(_MAINTENANCE)
        else:
            self._membership.end_visit(task.host)

    def job(self, visit: Visit, now: datetime) -> CrawlJob | None:
        """Return a visit's crawl job; None for a recheck if no article is due."""
        if visit.kind == "crawl":
            return CrawlJob(visit.outlet, sections=visit.sections)
        if not self._archive.schedule.due_checks(visit.outlet, now, 1):
            return None
        limit = self._config.schedule.recheck_limit
        return CrawlJob(visit.outlet, recheck=True, limit=limit)


def _may_be_running(run: Run) -> bool:
    """True for a crawl without an end: one without its lock may have lost it just now."""
    return run.outcome is None and not run.replay


def maintenance_argv(config: Config) -> dict[str, list[str]]:
    """Return the command lines of the maintenance jobs by name, as a user would type them.

    The archive's address is in their environment, as it is for crawls.
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
