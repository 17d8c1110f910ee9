"""The first search's index in PostgreSQL; 0010 makes another instead.

Revision ID: 0009
"""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make nothing."""
