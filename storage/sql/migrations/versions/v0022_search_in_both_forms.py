"""Index words with and without diacritics: by FTS5 on SQLite, by tsvector on PostgreSQL.

Articles are indexed page by page, each in its own transaction, before the schema becomes 0022: an
upgrade that was stopped resumes, and until it is done an older tinquan can use the archive.

Revision ID: 0022
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Connection

from storage.sql.engine.backend import choose
from storage.sql.search.index import index_page, refresh_all

revision = "0022"
down_revision = "0020"

_SQLITE = (
    """
CREATE TABLE search_documents (
    number INTEGER NOT NULL PRIMARY KEY,
    article INTEGER NOT NULL UNIQUE REFERENCES articles (id),
    content INTEGER NOT NULL REFERENCES contents (id),
    sort_at TEXT NOT NULL,
    filed TEXT NOT NULL,
    late INTEGER NOT NULL
)
""",
    "CREATE INDEX search_documents_sort_at ON search_documents (sort_at, number)",
    "CREATE INDEX search_documents_late ON search_documents (late) WHERE late > 0",
    # FTS5 marks every column but the first in each entry, so the longest column is the first.
    """
CREATE VIRTUAL TABLE search_index USING fts5(
    text, text_folded, title, title_folded, filed, content='', tokenize="ascii tokenchars '_~'"
)
""",
    # Merging eight segments of a size, not four, shortens a write by a third.
    "INSERT INTO search_index (search_index, rank) VALUES ('automerge', 8)",
    "CREATE VIRTUAL TABLE search_terms USING fts5vocab(search_index, instance)",
)
_POSTGRESQL = (
    """
CREATE TABLE search_documents (
    article bigint NOT NULL PRIMARY KEY REFERENCES articles (id),
    content bigint NOT NULL REFERENCES contents (id),
    sort_at timestamptz NOT NULL,
    filed text NOT NULL,
    vector tsvector NOT NULL
)
""",
    # PostgreSQL tries to compress vectors, in vain.
    "ALTER TABLE search_documents ALTER COLUMN vector SET STORAGE EXTERNAL",
    "CREATE INDEX search_documents_sort_at ON search_documents (sort_at, article)",
    "CREATE INDEX search_documents_vector ON search_documents USING gin (vector)",
)


def prepare(conn: Connection, progress: Callable[[int, int], object]) -> None:
    """Index the stored articles page by page, each page in its own transaction."""
    with conn.begin():
        _create(conn)
        last = conn.execute(sa.text("SELECT max(id) FROM articles")).scalar() or 0
    after: int | None = 0
    while after is not None:
        progress(after, last)
        with conn.begin():
            after = index_page(conn, after)
    progress(last, last)


def upgrade() -> None:
    conn = op.get_bind()
    _create(conn)
    refresh_all(conn)  # articles that an older tinquan has stored meanwhile
    for table in ("search_texts", "search_entries", "search_words"):
        conn.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")


def _create(conn: Connection) -> None:
    if "search_documents" in sa.inspect(conn).get_table_names():
        return
    for statement in choose(conn, sqlite=_SQLITE, postgresql=_POSTGRESQL):
        conn.exec_driver_sql(statement)
