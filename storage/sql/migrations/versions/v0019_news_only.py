"""Add digests of listings, and the flag of refused URLs that may have to be retried.

Revision ID: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("validators", sa.Column("digest", sa.Text()))
    op.add_column(
        "refused_urls", sa.Column("open", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    is_open = sa.text("open")
    op.create_index(
        "ix_refused_urls_open",
        "refused_urls",
        ["refusal"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
