"""What the schedule reads and writes in the archive."""

import logging
import os
import socket
import sys
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from crawler.config.config import Config
from crawler.jobs.process import Order, command, is_alive, log_file, make_log
from crawler.schedule.agenda import Agenda, Visit
from crawler.schedule.child import Ended, Why
from crawler.schedule.rhythm import MEMORY
from storage.archive import Archive
from storage.errors import ArchiveError, NotFoundError
from storage.model.runs import Outcome, Run
from storage.model.schedule import SCHEDULE, ChoreRow, Hold

_log = logging.getLogger(__name__)
_HERE = socket.gethostname()


def hold_archive(archive: Archive, config: Config) -> Hold:
    """Hold the archive for one schedule. Raises ArchiveError that names the one that has it."""
    held = archive.schedule.hold(SCHEDULE)
    if held is not None:
        return held
    row = archive.schedule.chores().get(SCHEDULE)
    holder = "another schedule"
    if row is not None and row.exit_code is None:
        holder = f"the schedule of process {row.pid} on {row.host} since {row.started_at:%F %T} UTC"
    raise ArchiveError(
        f"archive {config.archive_name} is held by {holder}: one schedule an archive;"
        " stop that one first"
    )


class Rows:
    """The archive as the schedule uses it. config: where things lie."""

    def __init__(self, archive: Archive, config: Config, agenda: Agenda, hold: Hold) -> None:
        """Keep them; `begin` writes the first row."""
        self.config = config
        self._archive = archive
        self._agenda = agenda
        self._hold = hold
        self._started_at: datetime | None = None

    def begin(self, now: datetime) -> None:
        """Close what an earlier schedule left open, tell the agenda what was done before."""
        self._started_at = now
        self._close_dead(now)
        chores = {row.name: row.started_at for row in self._archive.schedule.chores().values()}
        self._agenda.remember(self._archive.runs.find(since=now - MEMORY), chores, now)
        self._note_life(now, None)

    def sign_of_life(self, now: datetime) -> None:
        """Note that the schedule lives; close runs that somebody else's crash left open.

        Raises ArchiveError where the archive is held by another by now (the database's server
        was restarted, and another schedule was quicker).
        """
        if not self._hold.is_sure():
            _log.error("archive %s: no longer held by this schedule", self.config.archive_name)
        self._close_dead(now)
        self._note_life(now, None)

    def end(self, now: datetime) -> None:
        """Note that the schedule has stopped, and let go of the archive."""
        self._note_life(now, 0)
        self._hold.release()

    def _note_life(self, now: datetime, code: int | None) -> None:
        begun = self._started_at or now
        row = ChoreRow(SCHEDULE, begun, now, exit_code=code, pid=os.getpid(), host=_HERE)
        self._archive.schedule.note_chore(row)

    def _close_dead(self, now: datetime) -> None:
        limit = self.config.limits.run_seconds
        for run in self._archive.runs.close_dead(lambda run: is_alive(run, limit, now), now):
            _log.warning("run %s of %s died without a word", run.id, run.outlet)

    def order(self, visit: Visit, now: datetime) -> Order | None:
        """Return a visit's order; None where none of the outlet's articles is due for a look."""
        order = Order(visit.outlet, uuid4().hex[:12], visit.sections)
        if visit.kind == "crawl":
            return order
        limit = self.config.schedule.recheck_limit
        if not self._archive.schedule.due_checks(visit.outlet, now, 1):
            return None
        return replace(order, recheck=True, limit=limit)

    def words(self, order: Order) -> list[str]:
        """Return the words of a crawl's command. Raises CrawlError where it can have no log."""
        make_log(order, self.config)
        return command(order, self.config)

    def close(self, order: Order, ended: Ended, begun: datetime, now: datetime) -> Run:
        """Write into a crawl's row how its process ended; where it wrote no end, that it died."""
        try:
            run = self._archive.runs.get(order.run_id)
        except NotFoundError:
            run = self._unwritten(order, begun)
            self._archive.runs.start(run)
        if run.outcome is None:
            run = replace(run, ended_at=now, outcome=_outcome(ended), error=ended.text)
        peak = max(run.peak_memory_bytes or 0, ended.peak_bytes)
        run = replace(run, exit_code=ended.code, peak_memory_bytes=peak)
        self._archive.runs.finish(run)
        return run

    def _unwritten(self, order: Order, begun: datetime) -> Run:
        return Run(
            id=order.run_id,
            outlet=order.outlet,
            started_at=begun,
            sections=order.sections,
            kind="recheck" if order.recheck else "crawl",
            host=_HERE,
            log_file=str(log_file(order, self.config)),
        )

    def begin_chore(self, name: str, now: datetime) -> None:
        """Note that a standing job starts."""
        self._archive.schedule.note_chore(ChoreRow(name, now, now, host=_HERE, pid=os.getpid()))

    def end_chore(self, name: str, ended: Ended, now: datetime) -> None:
        """Note how a standing job ended."""
        begun = self._archive.schedule.chores()[name].started_at
        said = None if ended.code == 0 else ended.text
        self._archive.schedule.note_chore(
            ChoreRow(name, begun, now, exit_code=ended.code, said=said, host=_HERE)
        )


def _outcome(ended: Ended) -> Outcome:
    """Return the outcome of a crawl that wrote none itself."""
    return {Why.TIME: Outcome.TIMED_OUT, Why.STOP: Outcome.STOPPED}.get(ended.why, Outcome.DIED)


def chore_words(config: Config) -> dict[str, list[str]]:
    """Return the commands of the standing jobs, as a person would type them.

    The archive reaches them by their environment, as it does crawls.
    """
    tinquan = [sys.executable, "-m", "crawler.cli", "--config", str(config.file)]
    folder = str(config.root / config.schedule.backups)
    kept = str(config.schedule.backups_kept)
    return {
        "prune": [*tinquan, "prune"],
        "backup": [*tinquan, "archive", "backup", folder, "--keep", kept],
    }
