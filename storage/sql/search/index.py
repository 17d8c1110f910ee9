"""The index's documents of articles, written in the transaction that writes their revisions."""

import logging
from collections.abc import Iterable, Mapping
from types import ModuleType

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec.articles import article_from_json
from storage.model.articles import Article
from storage.search.document import document_of
from storage.sql.engine.backend import choose
from storage.sql.engine.bulk import rows_at
from storage.sql.read.latest import readable_texts
from storage.sql.schema.core import articles, captures, contents, revisions
from storage.sql.schema.search import search_documents
from storage.sql.schema.types import AnyRow
from storage.sql.search import fts5, tsvector
from storage.sql.search.entry import Entry

_log = logging.getLogger(__name__)
_PAGE = 500  # articles
_TEXTS = sa.select(contents.c.id, contents.c.json)
_HELD = sa.select(
    search_documents.c.article, search_documents.c.content, search_documents.c.sort_at
)
_LAST = (
    sa.select(captures.c.content)
    .select_from(revisions.join(captures, captures.c.id == revisions.c.capture))
    .where(revisions.c.article == articles.c.id)
    .order_by(revisions.c.number.desc())
    .limit(1)
    .scalar_subquery()
)
_SHOWN = sa.select(articles.c.id, _LAST.label("content"), articles.c.sort_at)


def engine_of(conn: Connection) -> ModuleType:
    """Return the module of this database's full-text engine."""
    return choose(conn, sqlite=fts5, postgresql=tsvector)


def index_articles(conn: Connection, latest: Mapping[int, Article | None]) -> None:
    """Let searches find these articles by what they say now; their outlets are locked.

    latest: by short id, the newest state; None where it has none, so that it is no longer found.
    """
    shown = {id_: text for id_, text in latest.items() if text is not None}
    held = {row[0]: row for row in rows_at(conn, _HELD, search_documents.c.article, latest)}
    rows = rows_at(conn, _SHOWN, articles.c.id, shown)
    wanted = {row[0]: row for row in rows if None not in row}
    gone = [row for id_, row in held.items() if row != wanted.get(id_)]
    fresh = [row for id_, row in wanted.items() if row != held.get(id_)]
    engine = engine_of(conn)
    if gone:  # FTS5 deletes a document by the texts that it was made from
        texts = load_texts(conn, [row[1] for row in gone])
        engine.remove(conn, [Entry._make((*row, document_of(texts[row[1]]))) for row in gone])
    if fresh:
        fresh.sort(key=lambda row: (row[2], row[0]))
        engine.add(conn, [Entry._make((*row, document_of(shown[row[0]]))) for row in fresh])


def load_texts(conn: Connection, ids: Iterable[int]) -> dict[int, Article]:
    """Return the articles in these rows of contents."""
    rows = rows_at(conn, _TEXTS, contents.c.id, ids)
    return {row[0]: article_from_json(row[1], 0) for row in rows}


def forget_contents(conn: Connection, ids: Iterable[int]) -> None:
    """Remove from the index the documents made from these texts, which are about to be deleted."""
    rows = rows_at(conn, _HELD, search_documents.c.content, ids)
    index_articles(conn, dict.fromkeys(row[0] for row in rows))


def wrong_page(conn: Connection, after: int) -> tuple[dict[int, Article | None], int | None]:
    """Return a page of articles that the index holds otherwise than they are, and the last id.

    They come with what they say now, None for nothing. One whose text cannot be read belongs in no
    index.
    """
    rows, last = _differing(conn, after)
    texts = readable_texts(conn, [row[0] for row in rows])
    wrong = {row[0]: texts.get(row[0]) for row in rows if row[0] in texts or row[3] is not None}
    return wrong, last


def _differing(conn: Connection, after: int) -> tuple[list[AnyRow], int | None]:
    """Return a page's rows, as shown and as held, where these are not the same."""
    query = _SHOWN.add_columns(*_HELD.selected_columns)
    joined = articles.outerjoin(search_documents, search_documents.c.article == articles.c.id)
    page = query.select_from(joined).where(articles.c.id > after).order_by(articles.c.id)
    rows = conn.execute(page.limit(_PAGE)).all()
    absent = (None,) * 3
    wrong = [row for row in rows if row[3:] != (absent if None in row[1:3] else row[:3])]
    return wrong, rows[-1][0] if len(rows) == _PAGE else None


def index_page(conn: Connection, after: int) -> int | None:
    """Bring the documents of the next articles up to date; return the last short id, if any.

    An article whose text cannot be read is left out, and the log names it.
    """
    rows, last = _differing(conn, after)
    ids = [row[0] for row in rows]
    texts = readable_texts(conn, ids)
    index_articles(conn, dict.fromkeys(ids) | texts)
    for id_, content, sort_at, *_ in rows:
        if content and sort_at and id_ not in texts:
            _log.warning("article %s is not in the full-text index: its text cannot be read", id_)
    return last


def refresh_all(conn: Connection) -> None:
    """Bring every document up to date, page by page."""
    after: int | None = 0
    while after is not None:
        after = index_page(conn, after)


def rebuild(conn: Connection) -> None:
    """Rebuild the whole index, in the caller's transaction."""
    engine_of(conn).clear(conn)
    refresh_all(conn)
