"""Refusals that one look makes final; the rest waits to be asked again.

What older code of ours gave up at the first look is asked again where a listing still names it,
or where the look is younger than the time for which addresses wait.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column(
        "refusals", sa.Column("final", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    refusals = sa.table("refusals", sa.column("final", sa.Boolean()), sa.column("capture"))
    captures = sa.table("captures", sa.column("id"), sa.column("status"))
    gone = sa.select(captures.c.id).where(captures.c.status == 410)
    op.execute(sa.update(refusals).where(refusals.c.capture.in_(gone)).values(final=True))
    op.create_index("ix_links_outlet_url_key", "links", ["outlet", "url_key"])
