"""The first search's tables; 0010 makes others instead, so none of them is made any more.

Revision ID: 0007
"""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make nothing."""
