"""`archive.watches`: what arrived since, and who is told of it; docs/watches.md."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from storage.model.edits import Edit
from storage.model.search import SearchQuery
from storage.model.watches import (
    ArrivalCursor,
    ArrivalQuery,
    Arrivals,
    Delivery,
    Digest,
    Look,
    Report,
    WatchState,
)
from storage.sql.engine.transactions import Part
from storage.sql.watches import outbox
from storage.sql.watches.arrivals import Arrival, changed_page, earliest, match, new_page
from storage.sql.watches.cursors import cursor_at, head
from storage.sql.watches.load import load_edits, load_report
from storage.sql.watches.stories import told_before


class Watches(Part):
    """What the archive learned since a cursor, and the messages that tell it."""

    def head(self) -> ArrivalCursor:
        """Return the cursor after all that is stored now."""
        with self._database.reading() as conn:
            return head(conn)

    def cursor_at(self, moment: datetime) -> ArrivalCursor:
        """Return the cursor before what the archive learned at `moment` or later.

        What a run that began more than seven days before `moment` stored since is left out.
        """
        with self._database.reading() as conn:
            return cursor_at(conn, moment)

    def arrivals(self, queries: Sequence[ArrivalQuery], until: ArrivalCursor) -> list[Arrivals]:
        """Return what arrived up to a cursor and matches each query, in one pass for all.

        An article is matched as it stands now, an edit also as it was before.
        """
        found: list[list[Arrival]] = [[] for _ in queries]
        start = earliest(queries)
        for pages, after, last in (
            (new_page, start.article, until.article),
            (changed_page, start.capture, until.capture),
        ):
            following: int | None = after
            while following is not None:
                with self._database.reading() as conn:
                    page, following = pages(conn, following, last)
                    matched = match(conn, page, queries) if page and queries else []
                for own, more in zip(found, matched, strict=False):
                    own.extend(more)
        new = [[one.article for one in own if one.topic == "new"] for own in found]
        with self._database.reading() as conn:
            told = told_before(conn, queries, new)
        return [_arrivals(*one) for one in zip(queries, found, told, strict=True)]

    def report(self, arrivals: Arrivals, query: SearchQuery, most: int) -> Report:
        """Return arrivals in full, at most `most` of each topic; what is gone by now is left out.

        query: what was asked for; where articles say it is marked.
        """
        with self._database.reading() as conn:
            return load_report(conn, arrivals, query, most)

    def edits(self, pairs: Iterable[tuple[int, int]]) -> list[Edit]:
        """Return edits by their articles and new states; those that are gone are left out."""
        with self._database.reading() as conn:
            return load_edits(conn, pairs)

    def states(self) -> dict[str, WatchState]:
        """Return how far each watch was told, by name."""
        with self._database.reading() as conn:
            return outbox.watch_states(conn)

    def record(self, looks: Iterable[Look]) -> None:
        """Move the cursors of watches, with what they found and to whom it is owed, all or none."""
        with self._database.writing() as conn:
            for look in looks:
                outbox.record(conn, look)

    def open_deliveries(self) -> list[Delivery]:
        """Return what was not sent, oldest first; also what was given up (`due_at` is None)."""
        with self._database.reading() as conn:
            return outbox.open_deliveries(conn)

    def begin_delivery(self, delivery: Delivery, now: datetime) -> None:
        """Write that an attempt begins, before anything is sent."""
        with self._database.writing() as conn:
            outbox.begin(conn, delivery, now)

    def end_delivery(
        self, delivery: Delivery, *, sent_at: datetime | None, due_at: datetime | None
    ) -> None:
        """Write how an attempt ended; delivery: as it was before.

        sent_at: None where it failed. due_at: when to try again, None where never.
        """
        with self._database.writing() as conn:
            outbox.end(conn, delivery, sent_at, due_at)

    def digests(self, watch: str, limit: int) -> list[Digest]:
        """Return the last digests of a watch, newest first."""
        with self._database.reading() as conn:
            return outbox.load_digests(conn, watch, limit)


def _arrivals(query: ArrivalQuery, found: Sequence[Arrival], told: set[int]) -> Arrivals:
    new = [one.article for one in found if one.topic == "new"]
    topics = query.topics
    return Arrivals(
        new=tuple(id_ for id_ in new if id_ not in told) if "new" in topics else (),
        copies=tuple(id_ for id_ in new if id_ in told) if "copies" in topics else (),
        edits=tuple((one.article, one.state) for one in found if one.topic == "edits"),
        removed=tuple(one.article for one in found if one.topic == "removed"),
    )
