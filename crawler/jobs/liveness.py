"""Decides whether a run without an end may still be running."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta

from crawler.config.machine import machine_name
from storage.archive import Archive
from storage.model.runs import Run
from storage.model.schedule import run_lock

CUT_NOTICE = timedelta(seconds=20)
"""A crawl that has lost its connection has noticed it and ended by then (`HoldWatch`)."""


def liveness(archive: Archive, limit_seconds: int, now: datetime) -> Callable[[Run], bool]:
    """Return a function that says whether an open run of the archive may still be running.

    Call it with rows that were read before: a run takes its lock before it writes its row. The
    function raises ArchiveError if the archive cannot be queried.
    """

    def has_lock(run: Run) -> bool:
        return archive.locks.holder(run_lock(run.id)) is not None

    return lambda run: is_alive(
        run, limit_seconds, now, has_lock if archive.locks.is_shared else None
    )


def is_alive(
    run: Run, limit_seconds: int, now: datetime, has_lock: Callable[[Run], bool] | None = None
) -> bool:
    """True if an open run may still be running.

    A run on this machine lives as long as its process; one on another machine as long as it has
    its lock, if machines share the archive, and else as long as its age allows. No run outlives
    its time limit by more than an hour, whatever its process id says (ids are reused).

    has_lock: whether a run has its lock; None if there are no shared locks.
    """
    if now - run.started_at > timedelta(seconds=limit_seconds + 3600):
        return False
    if run.host != machine_name() or run.pid is None:
        return has_lock is None or has_lock(run)
    try:
        os.kill(run.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's process
        pass
    return True


class Deaths:
    """Tells which runs of any machine have certainly ended; it is called repeatedly.

    A crawl whose connection is cut has lost its lock, and runs on until it notices. So a run of
    another machine is dead once it has been without its lock for longer than that takes.
    """

    def __init__(self, archive: Archive, limit_seconds: int) -> None:
        self._archive = archive
        self._limit_seconds = limit_seconds
        self._unlocked_since: dict[str, datetime] = {}  # by run: when first seen without its lock

    def alive(self, now: datetime) -> Callable[[Run], bool]:
        """Return a function that says whether an open run may still be running; as `liveness`."""
        may_be_alive = liveness(self._archive, self._limit_seconds, now)
        before, self._unlocked_since = self._unlocked_since, {}

        def is_alive_or_doubtful(run: Run) -> bool:
            if may_be_alive(run):
                return True
            if run.host == machine_name() or not self._archive.locks.is_shared:
                return False
            self._unlocked_since[run.id] = before.get(run.id, now)
            return now - self._unlocked_since[run.id] < CUT_NOTICE

        return is_alive_or_doubtful
