"""Add the machines that run the schedule; the schedule's row in `chores` becomes the first.

Every machine queries open runs every few seconds, so they get an index.

Revision ID: 0020
"""

import sqlalchemy as sa
from alembic import op

from storage.sql.schema.types import SafeText, UtcTime

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    machines = op.create_table(
        "machines",
        sa.Column("name", SafeText, primary_key=True),
        sa.Column("started_at", UtcTime, nullable=False),
        sa.Column("seen_at", UtcTime, nullable=False),
        sa.Column("stopped_at", UtcTime),
        sa.Column("pid", sa.BigInteger),
        sa.Column("outlets", sa.Text, nullable=False),
    )
    chores = sa.table(
        "chores",
        *map(sa.column, ("name", "started_at", "seen_at", "exit_code", "host", "pid")),
    )
    row = chores.c
    stopped = sa.case((row.exit_code.is_not(None), row.seen_at))
    schedule = sa.select(
        sa.func.coalesce(row.host, "localhost"),
        row.started_at,
        row.seen_at,
        stopped,
        row.pid,
        sa.literal("[]"),
    ).where(row.name == "schedule")
    names = ["name", "started_at", "seen_at", "stopped_at", "pid", "outlets"]
    op.execute(sa.insert(machines).from_select(names, schedule))
    is_open = sa.text("outcome IS NULL")
    op.create_index(
        "ix_runs_open", "runs", ["started_at"], sqlite_where=is_open, postgresql_where=is_open
    )
    op.execute(sa.delete(chores).where(row.name == "schedule"))
