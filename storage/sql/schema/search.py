"""The search's tables: rebuilt from the contents, never copied (docs/decisions/0017-search.md).

    search_entries ── articles     what the index holds of each article: which content, and when
      search_texts                 SQLite: an FTS5 table without content, its row id the entry's
                                   `number`; PostgreSQL has a GIN index over `vector`
    search_words                   every word that an indexed article has, and its folded form

Each database has its own columns besides the common ones; the DDL stands in migration 0018.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR

from storage.sql.schema.types import RowId, UtcTime

_own = sa.MetaData()

search_entries = sa.Table(
    "search_entries",
    _own,
    sa.Column("article", RowId, nullable=False),
    sa.Column("content", RowId, nullable=False),
    sa.Column("sort_at", UtcTime, nullable=False),
    sa.Column("filed", sa.Text, nullable=False),  # a line each: kind, tab, value as written
    # SQLite: the row id, which rises with the time; and how far behind its minute it stands.
    sa.Column("number", RowId, primary_key=True),
    sa.Column("late", sa.Integer, nullable=False),
    # PostgreSQL:
    sa.Column("vector", TSVECTOR, nullable=False),
)
search_words = sa.Table(
    "search_words", _own, sa.Column("word", sa.Text), sa.Column("folded", sa.Text)
)

OWN_TABLES = ("search_entries", "search_texts", "search_words")
"""What stands in the database and not in the metadata begins so."""
