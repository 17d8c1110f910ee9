"""What crawling machines keep in an archive: their jobs, checks of known articles, and locks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

SCHEDULE = "schedule"
"""The name under which the one schedule of an archive in a file holds it."""

RECHECK_AGES = (
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=7),
    timedelta(days=30),
)
"""How long after its publication an article is looked at again: most edits come early."""

TOO_LATE = timedelta(days=60)
"""An article that is older is not looked at again; what was missed then stays missed."""


@dataclass(frozen=True, slots=True)
class MaintenanceRun:
    """The last time of a maintenance job.

    heartbeat_at: its end, or while it runs its last heartbeat. exit_code: None while it runs.
    error: the last line that it printed, where it failed.
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
    """An article that is due to be looked at again: its short id and its address.

    status: HTTP status of the last look, None where there was none since it was stored.
    """

    id: int
    url: str
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine whose schedule has joined an archive.

    All times are by the archive's clock. started_at: of its schedule. heartbeat_at: its last
    heartbeat. stopped_at: None while it runs, and where it was killed. outlets: those that it
    crawls, by slug.
    """

    name: str
    started_at: datetime
    heartbeat_at: datetime
    stopped_at: datetime | None = None
    pid: int | None = None
    outlets: tuple[str, ...] = ()


def schedule_stopped_at(machines: Sequence[Machine]) -> datetime | None:
    """Return when the schedule was stopped; None where one runs, was killed, or none ever ran."""
    ends = [one.stopped_at for one in machines]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def host_lock(host: str) -> str:
    """Return the name of the lock on an outlet's host: crawls and takedowns take it."""
    return f"host {host}"


def run_lock(run_id: str) -> str:
    """Return the name of the lock that a run holds while it is at work."""
    return f"run {run_id}"


def machine_lock(name: str) -> str:
    """Return the name of the lock that a machine's schedule holds while it runs."""
    return f"machine {name}"


class LockSession(Protocol):
    """Any number of named locks of one connection; they go with the process that holds them."""

    def take(self, name: str) -> bool:
        """Take a lock without waiting; return whether it is held now. Raises ArchiveError."""
        ...

    def take_any(self, names: Sequence[str]) -> str | None:
        """Take the first that is free and not ours already; None where none is."""
        ...

    def release(self, *names: str) -> None:
        """Let go of locks; what is not held is passed over, a lost connection too."""
        ...

    def is_sure(self) -> bool:
        """True while the connection that took the locks answers: nobody else can have them."""
        ...

    def renew(self) -> bool:
        """Connect again after a loss, and take what was held; return whether all could be had.

        What others took meanwhile is no longer held. Raises ArchiveError.
        """
        ...

    def close(self) -> None:
        """Let go of everything; a second call does nothing."""
        ...


class Hold(Protocol):
    """The archive is held for one purpose, until `release` or the end of the process."""

    def is_sure(self) -> bool:
        """True while nobody else can hold it; takes it again where a lost connection let it go."""
        ...

    def release(self) -> None:
        """Let go; a second call does nothing."""
        ...
