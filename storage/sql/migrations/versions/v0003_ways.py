"""Add discovered links and the progress of backfills.

The tables start empty: links were not stored before.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

from storage.sql.migrations.first_places import TIME

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "links",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("url_key", sa.LargeBinary(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("ways", sa.Text(), nullable=False),
        sa.Column("met_at", TIME, nullable=False),
        sa.Column("day", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["outlet"], ["outlets.slug"], name="fk_links_outlet"),
        sa.PrimaryKeyConstraint("outlet", "key", name="pk_links"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_links_outlet_day", "links", ["outlet", "day"])
    op.create_table(
        "backfills",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("window", sa.Text(), nullable=False),
        sa.Column("listing_key", sa.LargeBinary(), nullable=False),
        sa.Column("listing", sa.Text(), nullable=False),
        sa.Column("next_url", sa.Text(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("zone", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["outlet"], ["outlets.slug"], name="fk_backfills_outlet"),
        sa.PrimaryKeyConstraint("outlet", "window", "listing_key", name="pk_backfills"),
    )
