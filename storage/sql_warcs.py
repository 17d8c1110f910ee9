"""The WARC files that the archive has listed."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.maintenance import WarcFile
from storage.sql_types import in_parts
from storage.tables_maintenance import warc_files


def list_files(conn: Connection, files: Sequence[WarcFile]) -> None:
    """Write the rows of WARC files in place of what they had."""
    rows = {file.name: asdict(file) for file in files}
    for part in in_parts(sorted(rows)):
        conn.execute(sa.delete(warc_files).where(warc_files.c.name.in_(part)))
        conn.execute(sa.insert(warc_files), [rows[name] for name in part])


def listed_files(conn: Connection, after: str, size: int) -> list[WarcFile]:
    """Return up to `size` listed files whose names come after `after`."""
    query = sa.select(warc_files).where(warc_files.c.name > after)
    rows = conn.execute(query.order_by(warc_files.c.name).limit(size))
    return [WarcFile(row.name, row.size_bytes, row.sha256, row.listed_at) for row in rows]


def unlisted(conn: Connection, names: Sequence[str]) -> Iterator[str]:
    """Yield those names that no row has."""
    for part in in_parts(names):
        found = sa.select(warc_files.c.name).where(warc_files.c.name.in_(part))
        held = set(conn.execute(found).scalars())
        yield from (name for name in part if name not in held)
