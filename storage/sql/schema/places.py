"""Places: the gazetteer's units, which of them contents mention, and what articles are about.

    contents ── tags ─┬─ mentions   which units a content mentions, and where
                      └─ scores ─┐  how much it is about each
    gazetteer   units ─┬─────────┴─ article_places   units that articles' newest revisions are about
                       └─ successions                which unit became which

Units are never deleted: one that a newer gazetteer lacks stays, no longer `current`. So its tags
stay valid until the contents are tagged again, and a crawl that still runs with the older gazetteer
can store its pages.
"""

import sqlalchemy as sa

from storage.sql.schema.core import metadata
from storage.sql.schema.types import SafeText, UtcTime, ref, row_id

# One row: the gazetteer that was loaded last.
gazetteer = sa.Table("gazetteer", metadata, sa.Column("version", SafeText, primary_key=True))

units = sa.Table(
    "units",
    metadata,
    sa.Column("id", SafeText, primary_key=True),
    sa.Column("code", SafeText),
    sa.Column("type", SafeText, nullable=False),
    sa.Column("name", SafeText, nullable=False),
    # Checked at the end of the transaction: a gazetteer's units are in any order.
    sa.Column("parent", sa.ForeignKey("units.id", deferrable=True, initially="DEFERRED")),
    sa.Column("valid_from", sa.Date),
    sa.Column("valid_to", sa.Date),
    sa.Column("source", SafeText, nullable=False),
    sa.Column("gone_by", sa.Date),  # where valid_to is unknown: a date by which it had ended
    sa.Column("level", sa.Text, nullable=False),  # province, district or ward
    sa.Column("current", sa.Boolean, nullable=False),  # in the gazetteer that was loaded last
)

successions = sa.Table(
    "successions",
    metadata,
    row_id(),
    ref("old", "units.id"),
    ref("new", "units.id"),
    sa.Column("share", sa.Text, nullable=False),  # "whole" or "part"
    sa.Column("resolution", SafeText),
    sa.Column("clause", sa.Integer),
    sa.Index("ix_successions_old", "old"),
    sa.Index("ix_successions_new", "new"),
)

tags = sa.Table(
    "tags",
    metadata,
    sa.Column("content", sa.ForeignKey("contents.id"), primary_key=True),
    sa.Column("version", SafeText),  # null: not tagged yet
    sa.Column("note", SafeText),
    sa.Index("ix_tags_version_content", "version", "content"),
)

mentions = sa.Table(
    "mentions",
    metadata,
    sa.Column("content", sa.ForeignKey("tags.content"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("field", sa.Text, nullable=False),  # title, sapo or body
    sa.Column("start_char", sa.Integer, nullable=False),  # characters of that field
    sa.Column("end_char", sa.Integer, nullable=False),
    ref("unit", "units.id"),
    sqlite_with_rowid=False,
)

scores = sa.Table(
    "scores",
    metadata,
    sa.Column("content", sa.ForeignKey("tags.content"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    ref("unit", "units.id"),
    sa.Column("score", sa.Double, nullable=False),
    sa.Column("confidence", sa.Text),  # certain or likely; null: not about it
    sqlite_with_rowid=False,
)

# Derived from the latest revision's scores, as `articles` is from its content; sort_at and outlet
# are repeated here, so that each unit's articles can be read in order by one index.
article_places = sa.Table(
    "article_places",
    metadata,
    sa.Column("unit", sa.ForeignKey("units.id"), primary_key=True),
    sa.Column("sort_at", UtcTime, primary_key=True),
    sa.Column("article", sa.ForeignKey("articles.id"), primary_key=True),
    ref("outlet", "outlets.slug"),
    sa.Column("confidence", sa.Text, nullable=False, server_default="likely"),
    sa.Index(
        "ix_article_places_unit_outlet_sort_at_article", "unit", "outlet", "sort_at", "article"
    ),
    sa.Index("ix_article_places_article", "article"),
    sqlite_with_rowid=False,
)
