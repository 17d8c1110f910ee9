"""The search's rows of articles, written in the transaction that writes their revisions."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.articles import Article
from storage.search.document import fields_of, filings, stream_of
from storage.search.encoding import FIELD_END, VALUE_END, fts_tokens
from storage.sql.engine.bulk import insert, rows_at
from storage.sql.schema.core import articles
from storage.sql.schema.search import search
from storage.sql.schema.types import in_parts
from storage.sql.search.index_keys import is_held
from storage.sql.search.lexicon import drop_words, number_texts, words_of

Coder = Callable[[Sequence[str], Mapping[str, str | None]], tuple[list[str], dict[str, str]]]
"""What makes codes of texts and of values that articles are filed under."""

Rows = dict[int, tuple[Any, str]]
"""By article: its sort_at and its string."""

_ADD = "INSERT INTO search_keys (rowid, keys) VALUES (?, ?)"
_REMOVE = "INSERT INTO search_keys (search_keys, rowid, keys) VALUES ('delete', ?, ?)"


_HELD = sa.select(search.c.article, search.c.sort_at, search.c.stream)
_SHOWN = sa.select(articles.c.id, articles.c.sort_at).where(articles.c.sort_at.is_not(None))


def index_articles(conn: Connection, latest: Mapping[int, Article | None]) -> None:
    """Let searches find these articles by what they say now; their outlets are locked.

    latest: by short id, the newest state; None where it has none, then it is not found any more.
    """
    before = _held(conn, list(latest))
    after = _wanted(conn, {id_: text for id_, text in latest.items() if text is not None})
    gone = {id_: row for id_, row in before.items() if after.get(id_) != row}
    fresh = {id_: row for id_, row in after.items() if before.get(id_) != row}
    _remove(conn, gone)
    add_rows(conn, fresh)
    _forget_words(conn, gone, after)


def _held(conn: Connection, ids: Sequence[int]) -> Rows:
    found: Rows = {}
    for id_, sort_at, stream in rows_at(conn, _HELD, search.c.article, ids):
        found[id_] = sort_at, stream
    return found


def _wanted(conn: Connection, texts: Mapping[int, Article]) -> Rows:
    if not texts:
        return {}
    found = streams(texts, partial(number_texts, conn))
    times = _times(conn, list(texts))
    return {id_: (times[id_], stream) for id_, stream in found.items() if id_ in times}


def streams(texts: Mapping[int, Article], coded: Coder) -> dict[int, str]:
    """Return the string of each article; what `coded` knows no code of is left out."""
    filed = {id_: dict(filings(text)) for id_, text in texts.items()}
    fields = {id_: fields_of(text) for id_, text in texts.items()}
    every = [value for all_of in fields.values() for values in all_of for value in values]
    shown = dict(chain.from_iterable(values.items() for values in filed.values()))
    strings, codes = coded(every, shown)
    left = iter(strings)
    found = {}
    for id_ in texts:
        values = [[next(left) for _ in values] for values in fields[id_]]
        found[id_] = stream_of([codes[word] for word in filed[id_] if word in codes], values)
    return found


def _times(conn: Connection, ids: Sequence[int]) -> dict[int, Any]:
    return {row.id: row.sort_at for row in rows_at(conn, _SHOWN, articles.c.id, ids)}


def _remove(conn: Connection, rows: Rows) -> None:
    if not rows:
        return
    if conn.dialect.name == "sqlite":  # a table without content must be told what to forget
        conn.exec_driver_sql(_REMOVE, _keys(rows))
    for part in in_parts(list(rows)):
        conn.execute(sa.delete(search).where(search.c.article.in_(part)))


def add_rows(conn: Connection, rows: Rows) -> None:
    """Write the rows of articles that have none."""
    if not rows:
        return
    insert(
        conn,
        search,
        [
            {"article": id_, "sort_at": sort_at, "stream": stream}
            for id_, (sort_at, stream) in sorted(rows.items())
        ],
    )
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql(_ADD, _keys(rows))


def _keys(rows: Rows) -> list[tuple[int, str]]:
    ids = sorted(rows)
    return list(zip(ids, fts_tokens([rows[id_][1] for id_ in ids]), strict=True))


def _forget_words(conn: Connection, gone: Rows, after: Rows) -> None:
    """Drop the words that articles had and have no more, where no other article has them.

    Names and numbers of a text that was taken down should not stay in the lexicon, nor those of a
    state before its newest, which only that article's strings told of.
    """
    codes: set[str] = set()
    for id_, (_, stream) in gone.items():
        codes |= _codes(stream) - _codes(after[id_][1] if id_ in after else "")
    passing = words_of(conn, codes - {FIELD_END, VALUE_END})
    drop_words(conn, [word for code, word in passing.items() if not is_held(conn, code)])


def _codes(stream: str) -> set[str]:
    return {stream[at : at + 2] for at in range(0, len(stream), 2)}
