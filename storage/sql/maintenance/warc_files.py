"""The WARC files that the archive has listed."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.articles import RefusalReason
from storage.model.maintenance import PushBacklog, Recorded, WarcFile
from storage.sql.read.readings import CAPTURE, capture_of
from storage.sql.schema.core import captures, refusals
from storage.sql.schema.maintenance import warc_files
from storage.sql.schema.types import in_parts


def list_files(conn: Connection, files: Sequence[WarcFile]) -> None:
    """Write the rows of WARC files in place of what they had."""
    rows = {file.name: asdict(file) for file in files}
    for part in in_parts(sorted(rows)):
        conn.execute(sa.delete(warc_files).where(warc_files.c.name.in_(part)))
        conn.execute(sa.insert(warc_files), [rows[name] for name in part])


def listed_files(conn: Connection, after: str | None, size: int) -> list[tuple[str, WarcFile]]:
    """Return up to `size` listed files by name, those whose names come after `after`."""
    return _files_after(conn, after, size)


def unstored_files(conn: Connection, after: str | None, size: int) -> list[tuple[str, WarcFile]]:
    """Return up to `size` files by name that the object store does not have, as above."""
    return _files_after(conn, after, size, _UNSTORED)


def rewritten_files(conn: Connection, after: str | None, size: int) -> list[tuple[str, WarcFile]]:
    """Return up to `size` files by name that a takedown changed, as above."""
    return _files_after(conn, after, size, warc_files.c.rewritten_at.is_not(None))


_UNSTORED = warc_files.c.stored_at.is_(None)


def _files_after(
    conn: Connection, after: str | None, size: int, *wanted: sa.ColumnElement[bool]
) -> list[tuple[str, WarcFile]]:
    query = sa.select(warc_files).where(warc_files.c.name > (after or ""), *wanted)
    rows = conn.execute(query.order_by(warc_files.c.name).limit(size))
    return [(row.name, WarcFile(*row)) for row in rows]


def find_files(conn: Connection, names: Sequence[str]) -> Iterator[WarcFile]:
    """Yield those of the files that are listed."""
    for part in in_parts(names):
        for row in conn.execute(sa.select(warc_files).where(warc_files.c.name.in_(part))):
            yield WarcFile(*row)


def note_push(
    conn: Connection, file: WarcFile, stored_at: datetime | None, error: str | None
) -> None:
    """Write how a push ended, unless the file has been rewritten meanwhile."""
    values: dict[str, Any] = {"stored_at": stored_at, "push_error": error}
    same = (warc_files.c.name == file.name) & (warc_files.c.sha256 == file.sha256)
    conn.execute(sa.update(warc_files).where(same).values(values))


def push_backlog(conn: Connection) -> PushBacklog:
    """Return what the object store does not have yet."""
    counted = sa.select(
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(warc_files.c.size_bytes), 0),
        sa.func.min(warc_files.c.listed_at),
    ).where(_UNSTORED)
    files, size, oldest_at = conn.execute(counted).one()
    failed = warc_files.c.push_error.is_not(None)
    query = sa.select(warc_files.c.push_error).where(_UNSTORED, failed)
    error = conn.execute(query.order_by(warc_files.c.listed_at.desc()).limit(1)).scalar()
    return PushBacklog(files, int(size), oldest_at, error)


def unlisted(conn: Connection, names: Sequence[str]) -> Iterator[str]:
    """Yield those names that no row has."""
    for part in in_parts(names):
        found = sa.select(warc_files.c.name).where(warc_files.c.name.in_(part))
        stored = set(conn.execute(found).scalars())
        yield from (name for name in part if name not in stored)


def captures_after(conn: Connection, after: int | None, size: int) -> list[tuple[int, Recorded]]:
    """Return up to `size` captures by number, those after the one with that number."""
    query = (
        sa.select(captures.c.id, captures.c.outlet, refusals.c.reason, *CAPTURE)
        .select_from(captures.outerjoin(refusals))
        .where(captures.c.id > (after or 0))
        .order_by(captures.c.id)
        .limit(size)
    )
    redacted = RefusalReason.REDACTED.value
    return [
        (row.id, Recorded(row.id, row.outlet, capture_of(row), row.reason == redacted))
        for row in conn.execute(query)
    ]
