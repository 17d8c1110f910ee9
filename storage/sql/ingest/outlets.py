"""Outlets' rows, for whatever is stored of one; apart from what stores pages, which loads much."""

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.sql.schema.core import outlets


def add_outlet(conn: Connection, slug: str) -> None:
    """Make the outlet's row where it is missing; the caller holds the outlet's lock."""
    if conn.execute(sa.select(outlets).where(outlets.c.slug == slug)).first() is None:
        conn.execute(sa.insert(outlets).values(slug=slug))
