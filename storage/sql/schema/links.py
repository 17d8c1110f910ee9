"""The tables of the ways in: what listings named, and how far backfills have come."""

import sqlalchemy as sa

from storage.sql.schema.core import metadata
from storage.sql.schema.types import SafeText, UtcTime, ref

# `key` is made as those of `keys` are, from the outlet's id where the link has one, else from the
# URL: a link is stored where `keys` has either.
links = sa.Table(
    "links",
    metadata,
    sa.Column("outlet", sa.ForeignKey("outlets.slug"), primary_key=True),
    sa.Column("key", sa.LargeBinary, primary_key=True),
    sa.Column("url_key", sa.LargeBinary, nullable=False),
    sa.Column("url", SafeText, nullable=False),
    sa.Column("ways", sa.Text, nullable=False),  # words with blanks between, the first first
    sa.Column("met_at", UtcTime, nullable=False),
    sa.Column("day", sa.Text),  # see DiscoveredLink; null for what no sitemap named
    sa.Index("ix_links_outlet_day", "outlet", "day"),
    sa.Index("ix_links_outlet_url_key", "outlet", "url_key"),
    sqlite_with_rowid=False,
)

backfills = sa.Table(
    "backfills",
    metadata,
    ref("outlet", "outlets.slug"),
    sa.Column("window", SafeText, nullable=False),
    sa.Column("listing_key", sa.LargeBinary, nullable=False),
    sa.Column("listing", SafeText, nullable=False),
    sa.Column("next_url", SafeText),  # null: done
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("zone", sa.BigInteger),
    sa.PrimaryKeyConstraint("outlet", "window", "listing_key"),
)
