"""Whether an open run can still be at work."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta

from crawler.config.machine import machine_name
from storage.archive import Archive
from storage.model.locks import run_lock
from storage.model.runs import Run


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
