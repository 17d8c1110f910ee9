"""The WARC files that the archive has listed."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.articles import RefusalReason
from storage.model.maintenance import Recorded, WarcFile
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
    query = sa.select(warc_files).where(warc_files.c.name > (after or ""))
    rows = conn.execute(query.order_by(warc_files.c.name).limit(size))
    return [
        (row.name, WarcFile(row.name, row.size_bytes, row.sha256, row.listed_at)) for row in rows
    ]


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
