"""Rename tables and columns to the terms that the code and its readers use; change no row.

Revision ID: 0025
"""

import sqlalchemy as sa
from alembic import op

from storage.sql.migrations.first_places import TIME

revision = "0025"
down_revision = "0024"

COLUMNS = (
    ("alarms", "told", "delivered"),
    ("captures", "sight", "observation_key"),
    ("deliveries", "unsure", "unconfirmed"),
    ("links", "ways", "sources"),
    ("links", "met_at", "discovered_at"),
    ("machines", "seen_at", "heartbeat_at"),
    ("readings", "then_changed", "changed_by_next"),
    ("revisions", "maybe_ours", "maybe_reextraction"),
    ("runs", "signs", "signals"),
    ("runs", "new_of", "new_by_section"),
    ("runs", "newest_of", "newest_by_section"),
)
"""Table, old name, new name."""


def upgrade() -> None:
    for table, old, new in COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    _rename_chores()


def _rename_chores() -> None:
    """Copy `chores` into a new table: SQLite cannot rename the constraint of a primary key."""
    op.create_table(
        "maintenance_runs",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("heartbeat_at", TIME, nullable=False),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("pid", sa.BigInteger(), nullable=True),
        sa.Column("host", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_maintenance_runs"),
    )
    op.execute(
        "INSERT INTO maintenance_runs (name, started_at, heartbeat_at, exit_code, error, pid, host)"
        " SELECT name, started_at, seen_at, exit_code, said, pid, host FROM chores"
    )
    op.drop_table("chores")
