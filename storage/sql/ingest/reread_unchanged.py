"""Write new readings of captures that stay the same article or refusal: many at a time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
    """A capture with its stored reading, its new one, and the names of the fields that differ.

    now: None where the stored reading stays, because nothing differs or our code failed.
    """

    stored: StoredCapture
    now: Article | None
    changed: tuple[str, ...] = ()


def write_in_place(
    conn: Connection, reread_captures: Sequence[RereadCapture], version: int, now: datetime
) -> None:
    """Write the readings of captures by `version`; the caller holds the locks of their outlets."""
    same = [capture.stored.id for capture in reread_captures if capture.now is None]
    for part in in_parts(same):
        conn.execute(sa.update(captures).where(captures.c.id.in_(part)).values(version=version))
    changed = [capture for capture in reread_captures if capture.now is not None]
    keep_earlier(conn, [(capture.stored, capture.changed) for capture in changed])
    shown = add_contents(conn, [capture.now for capture in changed if capture.now is not None])
    rows = [
        {"own_id": capture.stored.id, "shown": content.row, "by": version, "at": now}
        for capture, content in zip(changed, shown, strict=True)
    ]
    if rows:
        update = sa.update(captures).where(captures.c.id == sa.bindparam("own_id"))
        columns = {"content": "shown", "version": "by", "read_at": "at"}
        bound: dict[str, Any] = {column: sa.bindparam(name) for column, name in columns.items()}
        conn.execute(update.values(**bound), rows)
    replaced = [capture.stored.content for capture in changed]
    forget_tags(conn, [content for content in replaced if content is not None])
    # Also of unchanged captures: revisions are marked where the versions of observations differ.
    about = {
        capture.stored.article
        for capture in reread_captures
        if capture.stored.content is not None and capture.stored.article is not None
    }
    recompute(conn, about, {capture.stored.id for capture in changed})


def keep_earlier(
    conn: Connection, replaced: Sequence[tuple[StoredCapture, tuple[str, ...]]]
) -> None:
    """Keep captures' current readings as earlier ones, with the names of the fields that change."""
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
