"""Locks in an archive that several machines share: their names, and what holds them."""

from collections.abc import Sequence
from typing import Protocol


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
