"""The archive's rows about the work itself: runs, validators, alarms."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from storage.model.alarms import Alarm, Finding
from storage.model.runs import Run, RunCounts, Validator
from storage.sql.engine.transactions import Transactions
from storage.sql.runs import alarms as sql_alarms
from storage.sql.runs import runs as sql_runs


class SqlOperations(Transactions):
    """See the protocols Operations and Alarms in storage.archive."""

    def start_run(self, run: Run) -> None:
        """Write the row of a run that begins. Raises ArchiveError where the id exists."""
        with self._writing() as conn:
            sql_runs.start_run(conn, run)

    def update_run(self, run_id: str, counts: RunCounts) -> None:
        """Write a running run's counts. Raises NotFoundError."""
        with self._writing() as conn:
            sql_runs.update_run(conn, run_id, counts)

    def finish_run(self, run: Run) -> None:
        """Write how a run ended. Raises NotFoundError."""
        with self._writing() as conn:
            sql_runs.finish_run(conn, run)

    def run(self, run_id: str) -> Run:
        """Return one run. Raises NotFoundError."""
        with self._reading() as conn:
            return sql_runs.load_run(conn, run_id)

    def runs(
        self, outlet: str | None = None, limit: int | None = None, since: datetime | None = None
    ) -> list[Run]:
        """Return runs, newest first."""
        with self._reading() as conn:
            return sql_runs.load_runs(conn, outlet, limit, since)

    def close_dead_runs(self, is_alive: Callable[[Run], bool], now: datetime) -> list[Run]:
        """Close as DIED every open run of which `is_alive(run)` is false; return them."""
        with self._reading() as conn:
            runs = sql_runs.open_runs(conn)
        dead = [run for run in runs if not is_alive(run)]
        with self._writing() as conn:
            return sql_runs.close_runs(conn, dead, now)

    def validator(self, url: str) -> Validator | None:
        """Return what the server gave with this listing the last time, if anything."""
        with self._reading() as conn:
            return sql_runs.load_validator(conn, url)

    def save_validator(self, validator: Validator) -> None:
        """Keep a listing's validator; the caller has stored all that it linked to."""
        with self._writing() as conn:
            sql_runs.save_validator(conn, validator)

    # Alarms

    def sync_alarms(
        self, findings: Sequence[Finding], looked_at: Collection[str | None], now: datetime
    ) -> list[Alarm]:
        """Open, update and close alarms; return those that are open then."""
        with self._writing() as conn:
            return sql_alarms.sync_alarms(conn, findings, looked_at, now)

    def alarms(
        self, outlet: str | None = None, *, only_open: bool = True, limit: int | None = None
    ) -> list[Alarm]:
        """Return alarms, newest first."""
        with self._reading() as conn:
            return sql_alarms.load_alarms(conn, outlet, only_open=only_open, limit=limit)

    def untold_alarms(self, channels: Collection[str]) -> list[Alarm]:
        """Return the alarms of which a channel does not know the present state."""
        with self._reading() as conn:
            return sql_alarms.untold_alarms(conn, channels)

    def mark_told(self, alarm: int, channel: str, state: str) -> None:
        """Note that a channel has been told of an alarm's state."""
        with self._writing() as conn:
            sql_alarms.mark_told(conn, alarm, channel, state)

    def count_articles(self, since: datetime, until: datetime) -> dict[str, int]:
        """Return how many articles of each outlet were published in a window."""
        with self._reading() as conn:
            return sql_alarms.count_articles(conn, since, until)

    def newest_articles(self, until: datetime) -> dict[str, datetime]:
        """Return the time of each outlet's newest article."""
        with self._reading() as conn:
            return sql_alarms.newest_articles(conn, until)
