"""The search's rows made anew from revisions and contents: for migrations, copies and repairs."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec import article_from_json
from storage.model import Article
from storage.search_codes import fts_tokens
from storage.sql_index import index_articles
from storage.tables import articles, captures, contents, revisions
from storage.tables_search import search

_PAGE = 500


def index_all(conn: Connection) -> int:
    """Bring every article's rows up to date; return how many articles have a text."""
    done = 0
    for page in latest_texts(conn):
        index_articles(conn, page)
        done += len(page)
    return done


def latest_texts(conn: Connection) -> Iterator[dict[int, Article]]:
    """Yield what articles say in their newest states, some hundred at a time."""
    after = 0
    while page := _page(conn, after):
        yield page
        after = max(page)


def _page(conn: Connection, after: int) -> dict[int, Article]:
    later = revisions.alias()
    newest = sa.select(sa.func.max(later.c.number)).where(later.c.article == revisions.c.article)
    query = (
        sa.select(revisions.c.article, captures.c.version, contents.c.json)
        .select_from(
            revisions.join(captures, captures.c.id == revisions.c.capture)
            .join(contents, contents.c.id == captures.c.content)
            .join(articles, articles.c.id == revisions.c.article)
        )
        .where(revisions.c.article > after, revisions.c.number == newest.scalar_subquery())
        .order_by(revisions.c.article)
        .limit(_PAGE)
    )
    return {row.article: article_from_json(row.json, row.version) for row in conn.execute(query)}


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
