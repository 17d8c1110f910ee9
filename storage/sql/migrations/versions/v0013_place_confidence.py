"""Add the confidence that an article is about a place, and `gone_by` of units.

Places that older rules called primary are "likely" until their contents are tagged again.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("units", sa.Column("gone_by", sa.Date()))
    op.add_column("scores", sa.Column("confidence", sa.Text()))
    scores = sa.table("scores", sa.column("is_primary", sa.Boolean()), sa.column("confidence"))
    op.execute(sa.update(scores).where(scores.c.is_primary).values(confidence="likely"))
    op.drop_column("scores", "is_primary")
    op.add_column(
        "article_places",
        sa.Column("confidence", sa.Text(), nullable=False, server_default="likely"),
    )
