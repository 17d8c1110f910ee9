"""Captures read again that stay the same article, or the same refusal: many at a time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.articles import Article, Refusal
from storage.sql.engine.bulk import insert, rows_at
from storage.sql.ingest.contents import add_contents
from storage.sql.ingest.revisions import recompute
from storage.sql.places.tags import forget_tags
from storage.sql.read.readings import StoredCapture
from storage.sql.schema.core import captures, readings
from storage.sql.schema.types import in_parts


@dataclass(frozen=True, slots=True)
class RereadCapture:
    """A capture with what it was, what it is read as now, and the names of what differs.

    now: None where it counts as it did, because nothing differs or our code failed.
    """

    stored: StoredCapture
    now: Article | None
    changed: tuple[str, ...] = ()


def write_plain(
    conn: Connection, reread_captures: Sequence[RereadCapture], version: int, now: datetime
) -> None:
    """Write that captures were read again by `version`; their outlets are locked."""
    same = [one.stored.id for one in reread_captures if one.now is None]
    for part in in_parts(same):
        conn.execute(sa.update(captures).where(captures.c.id.in_(part)).values(version=version))
    changed = [one for one in reread_captures if one.now is not None]
    keep_earlier(conn, [(one.stored, one.changed) for one in changed])
    shown = add_contents(conn, [one.now for one in changed if one.now is not None])
    rows = [
        {"of": one.stored.id, "shows": content.row, "by": version, "at": now}
        for one, content in zip(changed, shown, strict=True)
    ]
    if rows:
        one_row = sa.update(captures).where(captures.c.id == sa.bindparam("of"))
        names = {"content": "shows", "version": "by", "read_at": "at"}
        conn.execute(one_row.values(**{name: sa.bindparam(of) for name, of in names.items()}), rows)
    forget_tags(conn, [one.stored.content for one in changed if one.stored.content is not None])
    # The articles of those that stay the same, too: marks compare the versions of two observations.
    about = {
        one.stored.article
        for one in reread_captures
        if one.stored.content is not None and one.stored.article is not None
    }
    recompute(conn, about, {one.stored.id for one in changed})


def keep_earlier(
    conn: Connection, replaced: Sequence[tuple[StoredCapture, tuple[str, ...]]]
) -> None:
    """Keep the newest readings of captures as earlier ones, with the names of what changes then."""
    query = sa.select(readings.c.capture, sa.func.max(readings.c.number).label("last"))
    ids = [found.id for found, _ in replaced]
    grouped = query.group_by(readings.c.capture)
    last = {row.capture: row.last for row in rows_at(conn, grouped, readings.c.capture, ids)}
    rows = []
    for found, changed in replaced:
        refused = found.result if isinstance(found.result, Refusal) else None
        rows.append(
            {
                "capture": found.id,
                "number": last.get(found.id, 0) + 1,
                "version": found.version,
                "read_at": found.read_at,
                "content": found.content,
                "url": refused and refused.url,
                "reason": refused and refused.reason.value,
                "evidence": refused and refused.evidence,
                "changed_by_next": json.dumps(changed),
            }
        )
    insert(conn, readings, rows)
