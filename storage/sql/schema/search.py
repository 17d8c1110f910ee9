"""The search's tables; the index over them is each database's own and stands in its migration.

    lexicon                       every word, and every value that articles are filed under
    search ── articles            each article's newest state as a string of words
      search_keys                 on SQLite an FTS5 table without content, its row id the article's;
                                  on PostgreSQL each article's time, with a GIN index over the keys
                                  that search_keys_of() reads off its string

docs/decisions/0008-search.md says why. All can be made anew from revisions and contents.
"""

import sqlalchemy as sa

from storage.sql.schema.core import metadata
from storage.sql.schema.types import SafeText, UtcTime

# In PostgreSQL the order of code points, as in SQLite: prefixes are ranges.
_ByCodePoint = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")

lexicon = sa.Table(
    "lexicon",
    metadata,
    sa.Column("word", _ByCodePoint, primary_key=True),
    sa.Column("folded", _ByCodePoint, nullable=False),  # without diacritics: one family each
    sa.Column("family", sa.Integer, nullable=False),
    sa.Column("variant", sa.Integer, nullable=False),
    sa.Column("shown", SafeText),  # of a value: as the first article wrote it
    sa.Index("ix_lexicon_folded", "folded"),
    sa.Index("ix_lexicon_family_variant", "family", "variant", unique=True),
    sqlite_with_rowid=False,
)

search = sa.Table(
    "search",
    metadata,
    sa.Column("article", sa.ForeignKey("articles.id"), primary_key=True),
    sa.Column("sort_at", UtcTime, nullable=False),
    sa.Column("stream", _ByCodePoint, nullable=False),  # storage.search.encoding
    sa.Index("ix_search_sort_at_article", "sort_at", "article"),
)

# PostgreSQL's; of SQLite's table of this name only the row ids are read.
search_keys = sa.table(
    "search_keys", sa.column("article", sa.BigInteger), sa.column("sort_at", UtcTime)
)

OWN_TABLES = ("search_keys",)
"""What stands in the database and not here begins so: the index's tables."""
