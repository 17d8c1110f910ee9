"""Drop the tables of the second search; 0022 creates the current ones.

Revision ID: 0018
"""

from alembic import op

revision = "0018"
down_revision = "0015"


def upgrade() -> None:
    for table in ("search_index", "search_documents"):
        op.execute(f"DROP TABLE IF EXISTS {table}")
