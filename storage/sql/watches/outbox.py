"""What looks of watches found, and the messages that are owed for it.

A look moves its cursor in the transaction that records what it found; sending comes after. So a
crash loses nothing: what was recorded and not sent is still owed, and what was being sent is
marked as unsure and sent again.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Select

from storage.model.watches import ArrivalCursor, Arrivals, Delivery, Digest, Look, WatchState
from storage.sql.schema.types import AnyRow, in_parts
from storage.sql.schema.watches import deliveries, digests, watches

KEPT = timedelta(days=60)
"""How long digests are kept: feeds show them, and so does `tinquan watch show`."""


def watch_states(conn: Connection) -> dict[str, WatchState]:
    """Return how far each watch was told, by name."""
    return {
        row.name: WatchState(row.name, ArrivalCursor(row.capture, row.article), row.looked_at)
        for row in conn.execute(sa.select(watches))
    }


def record(conn: Connection, look: Look) -> None:
    """Move a watch's cursor, and write what is owed to its channels."""
    _move(conn, look)
    if look.arrivals or look.always:
        values = {
            "watch": look.watch,
            "since": look.since,
            "made_at": look.at,
            "arrivals": json.dumps(asdict(look.arrivals), separators=(",", ":")),
        }
        made = conn.execute(sa.insert(digests).returning(digests.c.id), values).scalar_one()
        owed = [
            {"digest": made, "channel": one, "attempts": 0, "due_at": look.at, "unsure": False}
            for one in dict.fromkeys(look.channels)
        ]
        if owed:
            conn.execute(sa.insert(deliveries), owed)
    _forget(conn, look.at - KEPT)


def _move(conn: Connection, look: Look) -> None:
    values = {
        "capture": look.cursor.capture,
        "article": look.cursor.article,
        "looked_at": look.at,
    }
    own = sa.update(watches).where(watches.c.name == look.watch).values(values)
    if not conn.execute(own).rowcount:
        conn.execute(sa.insert(watches).values(name=look.watch, **values))


def _forget(conn: Connection, before: datetime) -> None:
    """Forget old digests, but for those that are still to be sent: a clock may have jumped."""
    owed = sa.select(deliveries.c.digest).where(deliveries.c.due_at.is_not(None))
    old = sa.select(digests.c.id).where(digests.c.made_at < before, digests.c.id.not_in(owed))
    gone = list(conn.execute(old).scalars())
    for part in in_parts(gone):
        conn.execute(sa.delete(deliveries).where(deliveries.c.digest.in_(part)))
        conn.execute(sa.delete(digests).where(digests.c.id.in_(part)))


def open_deliveries(conn: Connection) -> list[Delivery]:
    """Return what was not sent, oldest digest first; also what was given up."""
    return list(_deliveries(conn, _OF_DIGESTS.where(deliveries.c.sent_at.is_(None))))


def load_digests(conn: Connection, watch: str, limit: int) -> list[Digest]:
    """Return the last digests of a watch, newest first."""
    query = sa.select(digests).where(digests.c.watch == watch)
    query = query.order_by(digests.c.made_at.desc(), digests.c.id.desc()).limit(limit)
    return [_digest(row) for row in conn.execute(query)]


def begin(conn: Connection, delivery: Delivery, now: datetime) -> None:
    """Write that an attempt begins: until its end is written, nobody knows whether it arrived."""
    _update(conn, delivery, attempts=delivery.attempts + 1, tried_at=now, unsure=True)


def end(
    conn: Connection, delivery: Delivery, sent_at: datetime | None, due_at: datetime | None
) -> None:
    """Write how an attempt ended. due_at: of the next; None where it was sent, or is given up.

    delivery: as it was before the attempt.
    """
    _update(conn, delivery, sent_at=sent_at, due_at=due_at, unsure=delivery.unsure and not sent_at)


def _update(conn: Connection, delivery: Delivery, **values: Any) -> None:
    own = (deliveries.c.digest == delivery.digest.id, deliveries.c.channel == delivery.channel)
    conn.execute(sa.update(deliveries).where(*own).values(**values))


_OF_DIGESTS: Select[Any] = (
    sa.select(deliveries, digests)
    .select_from(deliveries.join(digests))
    .order_by(digests.c.id, deliveries.c.channel)
)


def _deliveries(conn: Connection, query: Select[Any]) -> Iterator[Delivery]:
    for row in conn.execute(query):
        yield Delivery(
            _digest(row),
            row.channel,
            row.attempts,
            row.tried_at,
            row.due_at,
            row.sent_at,
            row.unsure,
        )


def _digest(row: AnyRow) -> Digest:
    return Digest(row.id, row.watch, row.since, row.made_at, _arrivals(json.loads(row.arrivals)))


def _arrivals(found: dict[str, list[Any]]) -> Arrivals:
    edits: Iterable[tuple[int, int]] = ((id_, number) for id_, number in found["edits"])
    return Arrivals(
        tuple(found["new"]), tuple(found["copies"]), tuple(edits), tuple(found["removed"])
    )
