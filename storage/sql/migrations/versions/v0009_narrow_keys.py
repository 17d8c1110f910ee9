"""Once created an index of the first search on PostgreSQL; no longer creates any.

Revision ID: 0009
"""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Do nothing."""
