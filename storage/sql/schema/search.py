"""The tables of search: derived from the contents, never copied (docs/decisions/0017-search.md).

    search_documents ── articles   the content by which an article is indexed, and its time
      search_index                 SQLite: a contentless FTS5 table, its rowid the document's
                                   `number`; PostgreSQL has a GIN index over `vector`
      search_terms                 SQLite: the words that are in `search_index`, by fts5vocab

Each database has further columns besides the common ones; the DDL is in migration 0022.
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
    # SQLite: the rowid, which grows with sort_at; and how far it is behind its time span.
    sa.Column("number", RowId, primary_key=True),
    sa.Column("late", sa.Integer, nullable=False),
    # PostgreSQL:
    sa.Column("vector", TSVECTOR, nullable=False),
)
OWN_TABLES = ("search_documents", "search_index", "search_terms")
"""Prefixes of the names that exist in a database but not in the metadata."""
