"""Once created the tables of the first search, which 0010 drops; no longer creates any.

Revision ID: 0007
"""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Do nothing."""
