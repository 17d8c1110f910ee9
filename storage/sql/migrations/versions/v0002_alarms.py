"""Add alarms, and the health signals of runs.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

from storage.sql.migrations.first_places import ROW_ID, TIME

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for name in ("signs", "evidence", "newest_of"):
        op.add_column("runs", sa.Column(name, sa.Text(), nullable=False, server_default="{}"))
    op.create_table(
        "alarms",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alarms"),
    )
    is_open = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_alarms_open",
        "alarms",
        ["outlet", "cause"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_index("ix_alarms_opened_at", "alarms", ["opened_at"])
