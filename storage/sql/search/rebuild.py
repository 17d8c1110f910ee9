"""The search's rows made anew from revisions and contents: for migrations, copies and repairs."""

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.search.encoding import fts_tokens
from storage.sql.read.latest import all_latest_texts
from storage.sql.schema.search import search
from storage.sql.search.index import index_articles

_PAGE = 500


def index_all(conn: Connection) -> int:
    """Bring every article's rows up to date; return how many articles have a text."""
    done = 0
    for page in all_latest_texts(conn):
        index_articles(conn, page)
        done += len(page)
    return done


def fill_keys(conn: Connection) -> None:
    """Make SQLite's index from the strings in `search`; PostgreSQL keeps its own up to date."""
    if conn.dialect.name != "sqlite":
        return
    conn.exec_driver_sql("INSERT INTO search_keys (search_keys) VALUES ('delete-all')")
    after = 0
    query = sa.select(search.c.article, search.c.stream).order_by(search.c.article).limit(_PAGE)
    while rows := conn.execute(query.where(search.c.article > after)).all():
        keys = zip([row[0] for row in rows], fts_tokens([row[1] for row in rows]), strict=True)
        conn.exec_driver_sql("INSERT INTO search_keys (rowid, keys) VALUES (?, ?)", list(keys))
        after = rows[-1].article
