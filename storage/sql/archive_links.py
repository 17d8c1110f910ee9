"""The archive's rows about the ways in; see the protocol Ways in storage.model.links."""

from collections.abc import Sequence
from datetime import date, datetime

from storage.model.links import MetLink, Period, Progress, Promised
from storage.sql.engine.transactions import Transactions
from storage.sql.runs import links as sql_links


class SqlWays(Transactions):
    """What listings named, and how far backfills have come."""

    def seen_ids(self, outlet: str, ids: list[str]) -> set[str]:
        """Return those of the outlet's own ids under which an article is stored."""
        with self._reading() as conn:
            return sql_links.seen_ids(conn, outlet, ids)

    def note_links(self, outlet: str, links: Sequence[MetLink], now: datetime) -> None:
        """Remember links with the ways on which they were met."""
        if links:
            with self._writing() as conn:
                sql_links.note_links(conn, outlet, links, now)

    def ways_to(self, outlet: str, url: str, article_id: str | None) -> tuple[str, ...]:
        """Return the ways on which a link was met, in the order of their first time."""
        with self._reading() as conn:
            return sql_links.ways_to(conn, outlet, url, article_id)

    def promises(
        self, outlet: str, since: date | None, until: date | None, by: Period
    ) -> list[Promised]:
        """Return what sitemaps promised against what became of it, oldest first."""
        with self._reading() as conn:
            return sql_links.promises(conn, outlet, since, until, by)

    def missing(
        self, outlet: str, since: date | None, until: date | None, limit: int
    ) -> list[tuple[str, str]]:
        """Return promised links that are neither stored nor refused: (day, URL)."""
        with self._reading() as conn:
            return sql_links.missing(conn, outlet, since, until, limit)

    def progress(self, outlet: str, window: str) -> dict[str, Progress]:
        """Return how far the backfill of a window has come, by listing."""
        with self._reading() as conn:
            return sql_links.load_progress(conn, outlet, window)

    def save_progress(self, outlet: str, window: str, progress: Progress) -> None:
        """Note how far a backfill has come with one listing."""
        with self._writing() as conn:
            sql_links.save_progress(conn, outlet, window, progress)

    def end_progress(self, outlet: str, window: str) -> None:
        """Forget a backfill's progress."""
        with self._writing() as conn:
            sql_links.end_progress(conn, outlet, window)
