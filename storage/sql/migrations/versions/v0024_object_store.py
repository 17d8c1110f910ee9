"""Add which WARC files the object store has, and which takedowns have rewritten.

Revision ID: 0024
"""

import sqlalchemy as sa
from alembic import op

from storage.sql.schema.types import SafeText, UtcTime

revision = "0024"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("warc_files", sa.Column("stored_at", UtcTime))
    op.add_column("warc_files", sa.Column("rewritten_at", UtcTime))
    op.add_column("warc_files", sa.Column("push_error", SafeText))
    is_missing, was_rewritten = sa.text("stored_at IS NULL"), sa.text("rewritten_at IS NOT NULL")
    for name, column, where in (
        ("ix_warc_files_unstored", "listed_at", is_missing),
        ("ix_warc_files_rewritten", "rewritten_at", was_rewritten),
    ):
        op.create_index(name, "warc_files", [column], sqlite_where=where, postgresql_where=where)
