"""Add columns of runs, maintenance jobs, and rechecks of stored articles.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

from storage.sql.migrations.first_places import ROW_ID, TIME

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _widen_runs()
    op.create_table(
        "chores",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("pid", sa.BigInteger(), nullable=True),
        sa.Column("host", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_chores"),
    )
    op.create_table(
        "checks",
        sa.Column("article", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("checked_at", TIME, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="fk_checks_article"),
        sa.PrimaryKeyConstraint("article", name="pk_checks"),
    )


def _widen_runs() -> None:
    for column in (
        sa.Column("kind", sa.Text(), nullable=False, server_default="crawl"),
        sa.Column("since", TIME, nullable=True),
        sa.Column("until", TIME, nullable=True),
        sa.Column("robots", sa.Text(), nullable=True),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("new_of", sa.Text(), nullable=False, server_default="{}"),
    ):
        op.add_column("runs", column)
