"""What the schedule reads and writes in the archive."""

import logging
import os
import socket
import sys
from datetime import datetime

from crawler.config.config import Config
from crawler.jobs.crawl_job import CrawlJob
from crawler.jobs.liveness import is_alive
from crawler.schedule.agenda import Agenda, Visit
from crawler.schedule.rhythm import MEMORY
from storage.archive import Archive
from storage.errors import ArchiveError
from storage.model.schedule import SCHEDULE, Hold, MaintenanceRun

_log = logging.getLogger(__name__)
_HERE = socket.gethostname()


def hold_archive(archive: Archive, config: Config) -> Hold:
    """Hold the archive for one schedule. Raises ArchiveError that names the one that has it."""
    held = archive.schedule.hold(SCHEDULE)
    if held is not None:
        return held
    row = archive.schedule.maintenance_runs().get(SCHEDULE)
    holder = "another schedule"
    if row is not None and row.exit_code is None:
        holder = f"the schedule of process {row.pid} on {row.host} since {row.started_at:%F %T} UTC"
    raise ArchiveError(
        f"archive {config.archive_name} is held by {holder}: one schedule an archive;"
        " stop that one first"
    )


class ScheduleState:
    """What the archive knows of the schedule, and the schedule of the archive."""

    def __init__(self, archive: Archive, config: Config, agenda: Agenda, hold: Hold) -> None:
        """Keep them; `begin` writes the first row."""
        self._config = config
        self._archive = archive
        self._agenda = agenda
        self._hold = hold
        self._started_at: datetime | None = None

    def begin(self, now: datetime) -> None:
        """Close what an earlier schedule left open, tell the agenda what was done before."""
        self._started_at = now
        self._close_dead(now)
        begun = {
            row.name: row.started_at for row in self._archive.schedule.maintenance_runs().values()
        }
        self._agenda.remember(self._archive.runs.find(since=now - MEMORY), begun, now)
        self._note_life(now, None)

    def sign_of_life(self, now: datetime) -> None:
        """Note that the schedule lives; close runs that somebody else's crash left open.

        Raises ArchiveError where the archive is held by another by now (the database's server
        was restarted, and another schedule was quicker).
        """
        if not self._hold.is_sure():
            _log.error("archive %s: no longer held by this schedule", self._config.archive_name)
        self._close_dead(now)
        self._note_life(now, None)

    def end(self, now: datetime) -> None:
        """Note that the schedule has stopped, and let go of the archive."""
        self._note_life(now, 0)
        self._hold.release()

    def _note_life(self, now: datetime, code: int | None) -> None:
        begun = self._started_at or now
        row = MaintenanceRun(SCHEDULE, begun, now, exit_code=code, pid=os.getpid(), host=_HERE)
        self._archive.schedule.record_maintenance(row)

    def _close_dead(self, now: datetime) -> None:
        limit = self._config.limits.run_seconds
        for run in self._archive.runs.close_dead(lambda run: is_alive(run, limit, now), now):
            _log.warning("run %s of %s died without a word", run.id, run.outlet)

    def job(self, visit: Visit, now: datetime) -> CrawlJob | None:
        """Return what a visit's crawl is asked for; None where no article is due for a look."""
        if visit.kind == "crawl":
            return CrawlJob(visit.outlet, sections=visit.sections)
        if not self._archive.schedule.due_checks(visit.outlet, now, 1):
            return None
        limit = self._config.schedule.recheck_limit
        return CrawlJob(visit.outlet, recheck=True, limit=limit)


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
        "backup": [*tinquan, "archive", "backup", folder, "--keep", kept],
    }
