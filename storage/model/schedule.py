"""What the scheduler stores in an archive: maintenance runs, rechecks, machines and locks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

SCHEDULE = "schedule"
"""The name of the lock that the single scheduler of a SQLite archive holds."""

RECHECK_AGES = (
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=7),
    timedelta(days=30),
)
"""How long after its publication an article is rechecked: most edits come early."""

TOO_LATE = timedelta(days=60)
"""The age from which an article is not rechecked, even if earlier rechecks were missed."""


@dataclass(frozen=True, slots=True)
class MaintenanceRun:
    """The last run of a maintenance job.

    heartbeat_at: its end, or its last heartbeat while it runs. exit_code: None while it runs.
    error: the last line of its output, if it failed.
    """

    name: str
    started_at: datetime
    heartbeat_at: datetime
    exit_code: int | None = None
    error: str | None = None
    pid: int | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """An article that is due for a recheck: its short id and URL.

    status: HTTP status of the last recheck; None if there was none.
    """

    id: int
    url: str
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine whose scheduler has joined an archive.

    All times are by the database's clock. started_at: when its scheduler started. heartbeat_at: its
    last heartbeat. stopped_at: None while it runs, and if it was killed. outlets: slugs of the
    outlets that it crawls.
    """

    name: str
    started_at: datetime
    heartbeat_at: datetime
    stopped_at: datetime | None = None
    pid: int | None = None
    outlets: tuple[str, ...] = ()


def schedule_stopped_at(machines: Sequence[Machine]) -> datetime | None:
    """Return when the last scheduler stopped; None if one runs, was killed, or none ever ran."""
    ends = [machine.stopped_at for machine in machines]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def host_lock(host: str) -> str:
    """Return the name of the lock on an outlet's host, which crawls and takedowns take."""
    return f"host {host}"


def run_lock(run_id: str) -> str:
    """Return the name of the lock that a run holds until it ends."""
    return f"run {run_id}"


def machine_lock(name: str) -> str:
    """Return the name of the lock that a machine's scheduler holds while it runs."""
    return f"machine {name}"


class LockSession(Protocol):
    """Named locks of one database connection; they are released when the process ends."""

    def take(self, name: str) -> bool:
        """Try to take a lock without waiting; return whether it is held. Raises ArchiveError."""
        ...

    def take_any(self, names: Sequence[str]) -> str | None:
        """Take the first lock that is free and not held by this session; None if there is none."""
        ...

    def release(self, *names: str) -> None:
        """Release locks; ignores those that are not held, and a lost connection."""
        ...

    def is_sure(self) -> bool:
        """True while the connection that took the locks is alive, so that no one else has them."""
        ...

    def renew(self) -> bool:
        """Reconnect and retake the locks that were held; return whether all were retaken.

        Locks that others took meanwhile are no longer held. Raises ArchiveError.
        """
        ...

    def close(self) -> None:
        """Release all locks; a second call does nothing."""
        ...


class Hold(Protocol):
    """A lock on the archive for one purpose, until `release` or the end of the process."""

    def is_sure(self) -> bool:
        """True while no one else can hold it; retakes it after a lost connection."""
        ...

    def release(self) -> None:
        """Release the lock; a second call does nothing."""
        ...
