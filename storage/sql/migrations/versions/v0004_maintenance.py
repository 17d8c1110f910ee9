"""Add WARC files with their digests, takedowns, unfinished copies, and an index on edits by time.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

from storage.sql.migrations.first_places import ROW_ID, TIME

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "warc_files",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("listed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_warc_files"),
    )
    op.create_table(
        "redactions",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("article", ROW_ID, nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("redacted_at", TIME, nullable=False),
        sa.Column("redacted_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("digests", sa.Text(), nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="fk_redactions_article"),
        sa.ForeignKeyConstraint(["outlet"], ["outlets.slug"], name="fk_redactions_outlet"),
        sa.PrimaryKeyConstraint("id", name="pk_redactions"),
    )
    op.create_index("ix_redactions_article", "redactions", ["article"])
    op.create_table(
        "unfinished_copy",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_unfinished_copy"),
    )
    op.create_index(
        "ix_revisions_edited",
        "revisions",
        ["first_seen_at", "article", "number"],
        sqlite_where=sa.text("number > 1"),
        postgresql_where=sa.text("number > 1"),
    )
    op.create_index("ix_readings_content", "readings", ["content"])
    op.create_index("ix_refused_urls_refusal", "refused_urls", ["refusal"])
