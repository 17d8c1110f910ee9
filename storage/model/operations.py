"""What the rest of the house may ask of an archive besides its articles: runs and alarms."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol

from storage.model.alarms import Alarm, Finding
from storage.model.runs import Run, RunCounts, Validator


class Operations(Protocol):
    """Rows about the work itself."""

    def start_run(self, run: Run) -> None:
        """Write the row of a run that begins. Raises ArchiveError where the id exists."""
        ...

    def update_run(self, run_id: str, counts: RunCounts) -> None:
        """Write a running run's counts (for progress, and for what a kill would lose)."""
        ...

    def finish_run(self, run: Run) -> None:
        """Write how a run ended."""
        ...

    def run(self, run_id: str) -> Run:
        """Return one run. Raises NotFoundError."""
        ...

    def runs(
        self, outlet: str | None = None, limit: int | None = None, since: datetime | None = None
    ) -> list[Run]:
        """Return runs, newest first. since: only those that started then or later."""
        ...

    def close_dead_runs(self, is_alive: Callable[[Run], bool], now: datetime) -> list[Run]:
        """Close as DIED every open run of which `is_alive(run)` is false; return them."""
        ...

    def validator(self, url: str) -> Validator | None:
        """Return what the server gave with this listing the last time, if anything."""
        ...

    def save_validator(self, validator: Validator) -> None:
        """Keep a listing's validator; the caller has stored all that it linked to."""
        ...


class Alarms(Protocol):
    """What is wrong, and since when."""

    def sync_alarms(
        self, findings: Sequence[Finding], looked_at: Collection[str | None], now: datetime
    ) -> list[Alarm]:
        """Open an alarm for each new finding, update those that last, close those that ended.

        looked_at: the outlets that were looked at (None: the whole); only their alarms can end.
        In one transaction; returns all alarms that are open then, newest first.
        """
        ...

    def alarms(
        self, outlet: str | None = None, *, only_open: bool = True, limit: int | None = None
    ) -> list[Alarm]:
        """Return alarms, newest first."""
        ...

    def untold_alarms(self, channels: Collection[str]) -> list[Alarm]:
        """Return the alarms of which a channel does not know the present state, oldest first."""
        ...

    def mark_told(self, alarm: int, channel: str, state: str) -> None:
        """Note that a channel has been told that an alarm is "open" or "closed"."""
        ...

    def count_articles(self, since: datetime, until: datetime) -> dict[str, int]:
        """Return how many articles of each outlet were published in [since, until)."""
        ...

    def newest_articles(self, until: datetime) -> dict[str, datetime]:
        """Return the publication time of each outlet's newest article before `until`."""
        ...
