"""Mark refusals that are final after one request; the URLs of the others are retried.

URLs that older code gave up after one request are retried where a listing still names them, or
where that request is younger than the time for which URLs are retried.

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
