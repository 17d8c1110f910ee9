"""Whether an open run can still be at work."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta

from crawler.config.machine import machine_name
from storage.archive import Archive
from storage.model.runs import Run
from storage.model.schedule import run_lock

NOTICES = timedelta(seconds=20)
"""A crawl that has lost its connection has noticed and ended by then (`HoldWatch`)."""


def liveness(archive: Archive, limit_seconds: int, now: datetime) -> Callable[[Run], bool]:
    """Return what tells of an open run of the archive whether it may still be at work.

    Ask it of rows that were read before: a run takes its lock before it writes its row. It
    raises ArchiveError where the archive cannot be asked.
    """

    def holds(run: Run) -> bool:
        return archive.locks.holder(run_lock(run.id)) is not None

    return lambda run: is_alive(run, limit_seconds, now, holds if archive.locks.is_shared else None)


def is_alive(
    run: Run, limit_seconds: int, now: datetime, holds: Callable[[Run], bool] | None = None
) -> bool:
    """True while an open run may still be at work.

    A run on this machine lives as long as its process; one on another as long as it holds its
    lock, where machines share an archive, and else as long as its age allows. None outlives its
    time limit by more than an hour, whatever its process id says (ids are used again).

    holds: whether a run has its lock; None where there are no locks.
    """
    if now - run.started_at > timedelta(seconds=limit_seconds + 3600):
        return False
    if run.host != machine_name() or run.pid is None:
        return holds is None or holds(run)
    try:
        os.kill(run.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's process
        pass
    return True


class Deaths:
    """Tells which runs of any machine are over for certain; asked again and again.

    A crawl whose connection is cut has no lock any more, and works on until it notices. So one of
    another machine is dead when it has lacked its lock for longer than that may take.
    """

    def __init__(self, archive: Archive, limit_seconds: int) -> None:
        self._archive = archive
        self._limit_seconds = limit_seconds
        self._since: dict[str, datetime] = {}  # by run: when it was first seen without its lock

    def alive(self, now: datetime) -> Callable[[Run], bool]:
        """Return what tells of an open run whether it may still be at work; as `liveness`."""
        may_be = liveness(self._archive, self._limit_seconds, now)
        before, self._since = self._since, {}

        def is_alive_or_doubtful(run: Run) -> bool:
            if may_be(run):
                return True
            if run.host == machine_name() or not self._archive.locks.is_shared:
                return False
            self._since[run.id] = before.get(run.id, now)
            return now - self._since[run.id] < NOTICES

        return is_alive_or_doubtful
