"""The index's documents of articles, written in the transaction that writes their revisions."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

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
from storage.sql.search import fts5_documents, tsvector_documents
from storage.sql.search.entry import Entry

_log = logging.getLogger(__name__)
_UNREAD = "article %s is not in the full-text index: its text cannot be read"
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
    """Return the module that writes what this database's full-text engine indexes."""
    return choose(conn, sqlite=fts5_documents, postgresql=tsvector_documents)


def index_articles(conn: Connection, latest: Mapping[int, Article | None]) -> None:
    """Let searches find these articles by what they say now; their outlets are locked.

    latest: by short id, the newest state; None where it has none, so that it is no longer found.
    """
    shown = [id_ for id_, text in latest.items() if text is not None]
    before = {
        row[0]: tuple(row) for row in rows_at(conn, _HELD, search_documents.c.article, latest)
    }
    rows = rows_at(conn, _SHOWN, articles.c.id, shown)
    after = {row[0]: tuple(row) for row in rows if None not in row}
    gone = [row for id_, row in before.items() if row != after.get(id_)]
    fresh = [row for id_, row in after.items() if row != before.get(id_)]
    engine = engine_of(conn)
    if gone:
        # With the texts that they were made from, which FTS5 must be told.
        engine.remove(conn, _entries(gone, _texts(conn, [row[1] for row in gone]), 1))
    if fresh:
        entries = _entries(fresh, latest, 0)
        engine.add(conn, sorted(entries, key=lambda one: (one.sort_at, one.article)))


def _entries(
    rows: Iterable[Sequence[Any]], texts: Mapping[int, Article | None], key: int
) -> list[Entry]:
    """Return the entries of rows with their texts, which are known by the rows' column `key`."""
    found = ((row, texts.get(row[key])) for row in rows)
    return [Entry._make((*row, document_of(text))) for row, text in found if text]


def _texts(conn: Connection, ids: Iterable[int]) -> dict[int, Article]:
    return {
        row[0]: article_from_json(row[1], 0) for row in rows_at(conn, _TEXTS, contents.c.id, ids)
    }


def forget_contents(conn: Connection, ids: Iterable[int]) -> None:
    """Take out of the index what is in it by these texts, which are about to be deleted."""
    rows = rows_at(conn, _HELD, search_documents.c.content, ids)
    index_articles(conn, dict.fromkeys(row[0] for row in rows))


def wrong_page(conn: Connection, after: int) -> tuple[dict[int, Article | None], int | None]:
    """Return of the articles after `after` those that the index has otherwise, and the last id.

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


def index_page(conn: Connection, after: int) -> tuple[int, int | None]:
    """Bring a page of documents up to date; return how many were not, and the last short id.

    An article whose text cannot be read is left out, and the log names it.
    """
    rows, last = _differing(conn, after)
    ids = [row[0] for row in rows]
    texts = readable_texts(conn, ids)
    index_articles(conn, dict.fromkeys(ids) | texts)
    for row in rows:
        if None not in row[1:3] and row[0] not in texts:
            _log.warning(
                "article %s is not in the full-text index: its text cannot be read", row[0]
            )
    return len(rows), last


def refresh_all(conn: Connection) -> Iterator[int]:
    """Bring every document up to date, page by page; yield how many were not."""
    after: int | None = 0
    while after is not None:
        done, after = index_page(conn, after)
        yield done


def rebuild(conn: Connection) -> None:
    """Rebuild the whole index, in the caller's transaction."""
    engine_of(conn).clear(conn)
    for _ in refresh_all(conn):
        pass
