"""`archive.watches`: arrivals since a cursor, digests of them, and deliveries; docs/watches.md.

A watch's cursor moves in the transaction that records its digest; sending comes after. So a crash
loses nothing: an unsent digest is still due, and one that was being sent is marked as unconfirmed
and sent again.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Select

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
from storage.sql.schema.types import AnyRow, in_parts
from storage.sql.schema.watches import deliveries, digests, watches
from storage.sql.watches.arrivals import (
    Arrival,
    changed_page,
    earliest,
    match,
    new_page,
    reported_before,
)
from storage.sql.watches.cursors import cursor_at, head
from storage.sql.watches.load import load_edits, load_report

KEPT = timedelta(days=60)
"""How long digests are kept: feeds show them, and so does `tinquan watch show`."""


class Watches(Part):
    """Arrivals since a cursor, the digests that report them, and their deliveries."""

    def head(self) -> ArrivalCursor:
        """Return the cursor after everything that is stored now."""
        with self._database.reading() as conn:
            return head(conn)

    def cursor_at(self, moment: datetime) -> ArrivalCursor:
        """Return the cursor before everything that the archive learned at `moment` or later.

        Arrivals of a run that started more than seven days before `moment` are left out.
        """
        with self._database.reading() as conn:
            return cursor_at(conn, moment)

    def arrivals(self, queries: Sequence[ArrivalQuery], until: ArrivalCursor) -> list[Arrivals]:
        """Return the arrivals up to a cursor that match each query, in one pass for all queries.

        An article is matched by its newest state, an edit also by the state before it.
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
        new = [[arrival.article for arrival in own if arrival.topic == "new"] for own in found]
        with self._database.reading() as conn:
            reported = reported_before(conn, queries, new)
        return [_arrivals(*parts) for parts in zip(queries, found, reported, strict=True)]

    def report(self, arrivals: Arrivals, query: SearchQuery, most: int) -> Report:
        """Return arrivals in full, at most `most` of each topic; deleted articles are left out.

        query: the watch's query, whose matches in the articles are marked.
        """
        with self._database.reading() as conn:
            return load_report(conn, arrivals, query, most)

    def edits(self, pairs: Iterable[tuple[int, int]]) -> list[Edit]:
        """Return edits by their articles and new revisions; skip those that no longer exist."""
        with self._database.reading() as conn:
            return load_edits(conn, pairs)

    def states(self) -> dict[str, WatchState]:
        """Return the cursor of each watch, by name."""
        with self._database.reading() as conn:
            return {
                row.name: WatchState(
                    row.name, ArrivalCursor(row.capture, row.article), row.looked_at
                )
                for row in conn.execute(sa.select(watches))
            }

    def record(self, looks: Iterable[Look]) -> None:
        """Move watches' cursors and store their digests and deliveries, in one transaction."""
        with self._database.writing() as conn:
            for look in looks:
                _move(conn, look)
                if look.arrivals or look.always:
                    _make_digest(conn, look)
                _forget(conn, look.at - KEPT)

    def open_deliveries(self) -> list[Delivery]:
        """Return unsent deliveries, oldest first, including those given up (`due_at` is None)."""
        unsent = _OF_DIGESTS.where(deliveries.c.sent_at.is_(None))
        with self._database.reading() as conn:
            return [_delivery(row) for row in conn.execute(unsent)]

    def begin_delivery(self, delivery: Delivery, now: datetime) -> None:
        """Record that an attempt starts, before anything is sent.

        Until its end is recorded, it is unknown whether the message arrived.
        """
        self._update(delivery, attempts=delivery.attempts + 1, tried_at=now, unconfirmed=True)

    def end_delivery(
        self, delivery: Delivery, *, sent_at: datetime | None, due_at: datetime | None
    ) -> None:
        """Record how an attempt ended. delivery: its state before `begin_delivery`.

        sent_at: None where it failed. due_at: when to try again, None where never.
        """
        unconfirmed = delivery.unconfirmed and not sent_at
        self._update(delivery, sent_at=sent_at, due_at=due_at, unconfirmed=unconfirmed)

    def _update(self, delivery: Delivery, **values: Any) -> None:
        own = (deliveries.c.digest == delivery.digest.id, deliveries.c.channel == delivery.channel)
        with self._database.writing() as conn:
            conn.execute(sa.update(deliveries).where(*own).values(**values))

    def digests(self, watch: str, limit: int) -> list[Digest]:
        """Return the latest digests of a watch, newest first."""
        query = sa.select(digests).where(digests.c.watch == watch)
        query = query.order_by(digests.c.made_at.desc(), digests.c.id.desc()).limit(limit)
        with self._database.reading() as conn:
            return [_digest(row) for row in conn.execute(query)]


def _arrivals(query: ArrivalQuery, found: Sequence[Arrival], reported: set[int]) -> Arrivals:
    topics = query.topics
    new = [arrival.article for arrival in found if arrival.topic == "new"]
    edits = [arrival for arrival in found if arrival.topic == "edits"]
    return Arrivals(
        new=tuple(id_ for id_ in new if id_ not in reported) if "new" in topics else (),
        copies=tuple(id_ for id_ in new if id_ in reported) if "copies" in topics else (),
        edits=tuple((edit.article, edit.state) for edit in edits),
        removed=tuple(arrival.article for arrival in found if arrival.topic == "removed"),
    )


def _move(conn: Connection, look: Look) -> None:
    values = {
        "capture": look.cursor.capture,
        "article": look.cursor.article,
        "looked_at": look.at,
    }
    own = sa.update(watches).where(watches.c.name == look.watch).values(values)
    if not conn.execute(own).rowcount:
        conn.execute(sa.insert(watches).values(name=look.watch, **values))


def _make_digest(conn: Connection, look: Look) -> None:
    values = {
        "watch": look.watch,
        "since": look.since,
        "made_at": look.at,
        "arrivals": json.dumps(asdict(look.arrivals), separators=(",", ":")),
    }
    digest = conn.execute(sa.insert(digests).returning(digests.c.id), values).scalar_one()
    due = [
        {
            "digest": digest,
            "channel": channel,
            "attempts": 0,
            "due_at": look.at,
            "unconfirmed": False,
        }
        for channel in dict.fromkeys(look.channels)
    ]
    if due:
        conn.execute(sa.insert(deliveries), due)


def _forget(conn: Connection, before: datetime) -> None:
    """Delete old digests, except those that are still to be sent: a clock may have jumped."""
    due = sa.select(deliveries.c.digest).where(deliveries.c.due_at.is_not(None))
    old = sa.select(digests.c.id).where(digests.c.made_at < before, digests.c.id.not_in(due))
    for part in in_parts(list(conn.execute(old).scalars())):
        conn.execute(sa.delete(deliveries).where(deliveries.c.digest.in_(part)))
        conn.execute(sa.delete(digests).where(digests.c.id.in_(part)))


_OF_DIGESTS: Select[Any] = (
    sa.select(deliveries, digests)
    .select_from(deliveries.join(digests))
    .order_by(digests.c.id, deliveries.c.channel)
)


def _delivery(row: AnyRow) -> Delivery:
    times = (row.attempts, row.tried_at, row.due_at, row.sent_at)
    return Delivery(_digest(row), row.channel, *times, row.unconfirmed)


def _digest(row: AnyRow) -> Digest:
    found = json.loads(row.arrivals)
    found["edits"] = map(tuple, found["edits"])
    arrivals = Arrivals(**{topic: tuple(ids) for topic, ids in found.items()})
    return Digest(row.id, row.watch, row.since, row.made_at, arrivals)
