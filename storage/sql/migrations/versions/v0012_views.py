"""The views for SQL users, which every upgrade makes when it has come to the newest schema.

Revision ID: 0012
"""

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Change no table."""
