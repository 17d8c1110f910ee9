"""Distinguish updates from copies, and cluster all articles again by the current rules.

Articles are clustered page by page, each in its own transaction, before the schema becomes 0014: an
upgrade that was stopped resumes, and until it is done an older tinquan can use the archive.

Revision ID: 0014
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Connection

from storage.sql.clusters.cluster import cluster_page

revision = "0014"
down_revision = "0013"


def prepare(conn: Connection, progress: Callable[[int, int], object]) -> None:
    """Cluster the stored articles page by page, each page in its own transaction."""
    with conn.begin():
        _add_column(conn)
        last = conn.execute(sa.text("SELECT max(id) FROM articles")).scalar() or 0
    after: int | None = 0
    while after is not None:
        progress(after, last)
        with conn.begin():
            after = cluster_page(conn, after)
    progress(last, last)


def upgrade() -> None:
    conn = op.get_bind()
    _add_column(conn)
    after: int | None = 0
    while after is not None:  # articles that an older tinquan has stored meanwhile
        after = cluster_page(conn, after)


def _add_column(conn: Connection) -> None:
    if "is_update" not in {column["name"] for column in sa.inspect(conn).get_columns("copies")}:
        no = "0" if conn.dialect.name == "sqlite" else "false"
        conn.exec_driver_sql(
            f"ALTER TABLE copies ADD COLUMN is_update BOOLEAN NOT NULL DEFAULT {no}"
        )
