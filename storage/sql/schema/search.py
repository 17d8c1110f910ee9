"""The search's tables: rebuilt from the contents, never copied (docs/decisions/0017-search.md).

    search_documents ── articles   what the index holds of each article: which content, and when
      search_index                 SQLite: an FTS5 table without content, its row id the document's
                                   `number`; PostgreSQL has a GIN index over `vector`
      search_terms                 SQLite: the words that are in `search_index`, by fts5vocab

Each database has its own columns besides the common ones; the DDL stands in migration 0022.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR

from storage.sql.schema.types import RowId, UtcTime

search_documents = sa.Table(
    "search_documents",
    sa.MetaData(),
    sa.Column("article", RowId, nullable=False),
    sa.Column("content", RowId, nullable=False),
    sa.Column("sort_at", UtcTime, nullable=False),
    sa.Column("filed", sa.Text, nullable=False),  # a line each: kind, tab, value as written
    # SQLite: the row id, which rises with the time; and how far behind its span it stands.
    sa.Column("number", RowId, primary_key=True),
    sa.Column("late", sa.Integer, nullable=False),
    # PostgreSQL:
    sa.Column("vector", TSVECTOR, nullable=False),
)
OWN_TABLES = ("search_documents", "search_index", "search_terms")
"""What stands in the database and not in the metadata begins so."""
