"""Checks of the full-text index: is each article in it as its newest text says, and the words?

PostgreSQL keeps the keys of its index itself, as it does those of every other index.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.sql.engine.connect import lock_article
from storage.sql.maintenance.check_base import Check, Fault, Position
from storage.sql.maintenance.check_search_keys import same_keys
from storage.sql.read.latest import latest_texts
from storage.sql.schema.core import articles
from storage.sql.schema.search import lexicon, search
from storage.sql.schema.types import AnyRow
from storage.sql.search.index import index_articles, streams
from storage.sql.search.lexicon import forget_codes, texts_as_numbered
from storage.sql.search.rebuild import fill_keys
from storage.text.words import folded

_PAGE = 500  # articles
_WORDS = 10_000
_RESTORE = (
    "restore the archive from a backup"  # who writes meanwhile remembers the numbers of words
)


def _search_page(conn: Connection, after: Position) -> tuple[list[Fault], Position]:
    query = (
        sa.select(articles.c.id, articles.c.sort_at, search.c.sort_at.label("at"), search.c.stream)
        .select_from(articles.outerjoin(search))
        .where(articles.c.id > (after or 0))
        .order_by(articles.c.id)
        .limit(_PAGE)
    )
    rows = conn.execute(query).all()
    texts = latest_texts(conn, [row.id for row in rows])
    wanted = streams(texts, partial(texts_as_numbered, conn))
    found = [
        Fault(f"article {row.id}: the full-text index has it {wrong}", "index it anew", row.id)
        for row in rows
        if (wrong := _wrong(row, wanted))
    ]
    return found, rows[-1].id if len(rows) == _PAGE else None


def _wrong(row: AnyRow, wanted: Mapping[int, str]) -> str | None:
    if row.sort_at != row.at:
        return "under another time, or not at all"
    if row.at is not None and row.stream != wanted.get(row.id):
        return "with other words than its newest text"
    return None


def _repair(conn: Connection, id_: int) -> None:
    lock_article(conn, id_)
    forget_codes(conn)
    index_articles(conn, {id_: latest_texts(conn, [id_]).get(id_)})


def _words_page(conn: Connection, after: Position) -> tuple[list[Fault], Position]:
    """Look for words whose family is not that of their form without diacritics."""
    query = sa.select(lexicon).order_by(lexicon.c.word).limit(_WORDS)
    rows = conn.execute(query if after is None else query.where(lexicon.c.word > after)).all()
    strayed = [row.word for row in rows if folded(row.word) != row.folded]
    if after is None:
        strayed += _shared(conn, lexicon.c.folded, lexicon.c.family)
        strayed += _shared(conn, lexicon.c.family, lexicon.c.folded)
    found = [
        Fault(f"the search takes {word!r} for another word", _RESTORE, can_repair=False)
        for word in strayed
    ]
    return found, rows[-1].word if len(rows) == _WORDS else None


def _shared(conn: Connection, one: sa.Column[Any], other: sa.Column[Any]) -> list[str]:
    """Return a word, if there is any, whose `one` has several of `other`."""
    several = sa.func.count(sa.distinct(other)) > 1
    query = sa.select(sa.func.min(lexicon.c.word)).group_by(one).having(several).limit(1)
    return list(conn.execute(query).scalars())


def _keys_page(conn: Connection, _after: Position) -> tuple[list[Fault], Position]:
    if same_keys(conn):
        return [], None
    what = "the keys that searches look up are not those of the articles' words"
    return [Fault(what, "make them anew from the index's words; crawls wait meanwhile")], None


def _repair_keys(conn: Connection, _key: object) -> None:
    if not same_keys(conn):
        fill_keys(conn)


SEARCH_CHECKS = (
    Check("words", _words_page),
    Check("full text", _search_page, _repair),
    Check("search keys", _keys_page, _repair_keys),
)
