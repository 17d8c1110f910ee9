"""Add outlets' rows. In its own module because `store` is slow to import."""

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.sql.schema.core import outlets


def add_outlet(conn: Connection, slug: str) -> None:
    """Insert the outlet's row if it is missing; the caller holds the outlet's lock."""
    if conn.execute(sa.select(outlets).where(outlets.c.slug == slug)).first() is None:
        conn.execute(sa.insert(outlets).values(slug=slug))
