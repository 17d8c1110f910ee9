"""Updates beside copies; signatures and clusters of all articles by today's rules.

Articles are clustered again a page a transaction, before the schema is called 0014: an upgrade that
was stopped goes on where it was, and until it is done the older tinquan can work with the archive.

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
    """Cluster what is archived by today's rules, page by page, each in a transaction of its own."""
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
    while after is not None:  # what an older tinquan has written meanwhile
        after = cluster_page(conn, after)


def _add_column(conn: Connection) -> None:
    if "is_update" not in {column["name"] for column in sa.inspect(conn).get_columns("copies")}:
        no = "0" if conn.dialect.name == "sqlite" else "false"
        conn.exec_driver_sql(
            f"ALTER TABLE copies ADD COLUMN is_update BOOLEAN NOT NULL DEFAULT {no}"
        )
