"""Add the views for SQL users, which every upgrade creates when it has reached the newest schema.

Revision ID: 0012
"""

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Change no table."""
