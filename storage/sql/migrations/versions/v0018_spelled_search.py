"""The second search's tables go; migration 0022 makes those of today's.

Revision ID: 0018
"""

from alembic import op

revision = "0018"
down_revision = "0015"


def upgrade() -> None:
    for table in ("search_index", "search_documents"):
        op.execute(f"DROP TABLE IF EXISTS {table}")
