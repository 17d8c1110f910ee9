"""What FTS5 indexes: a row of words for each article, and a document beside it.

Words stand twice, as lexemes and without diacritics, in columns of their own. A document's number
is its row id and rises with its time, so that "newest first" is a walk along the index: spans of
ten minutes since 1970 shifted by 6 bits, the next free number where a span is full. A document may
so stand behind its span, never before it.
"""

import re
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from storage.sql.engine.bulk import rows_at
from storage.sql.schema.search import search_documents
from storage.sql.schema.types import UtcTime
from storage.sql.search.entry import Entry
from storage.text.words import END

BITS = 6
"""A span has 2^BITS numbers."""

SPAN = 600
"""Seconds; the fewer numbers lie between two articles, the smaller is the index."""

_COLUMNS = "text, text_folded, title, title_folded, filed, rowid"
_ADD = f"INSERT INTO search_index ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
_REMOVE = (
    f"INSERT INTO search_index (search_index, {_COLUMNS})"  # noqa: S608 - constants
    " VALUES ('delete', ?, ?, ?, ?, ?, ?)"
)
_SPELLED = re.compile(rf"{END}\S*")  # what makes a lexeme of a word without diacritics
_READ_ONLY = 8  # https://www.sqlite.org/rescode.html#readonly
# The first number of the document's span, or the one after those before it in time; where that is
# taken, the next free one.
_NUMBER = """
INSERT INTO search_documents (number, article, content, sort_at, filed, late)
WITH before (number) AS (
    SELECT number FROM search_documents WHERE sort_at <= :at
    ORDER BY sort_at DESC, number DESC LIMIT 1
), wanted (number) AS (SELECT max(:first, 1 + coalesce((SELECT number FROM before), 0)))
SELECT free, :article, :content, :at, :filed, max(0, free - :first - 63) FROM (SELECT coalesce(
    (SELECT number FROM wanted WHERE number NOT IN (SELECT number FROM search_documents)),
    (SELECT here.number + 1 FROM search_documents AS here
        WHERE here.number >= (SELECT number FROM wanted)
        AND here.number + 1 NOT IN (SELECT number FROM search_documents)
        ORDER BY here.number LIMIT 1)) AS free)
"""
_NUMBERS = sa.select(search_documents.c.article, search_documents.c.number)


def first_number(at: datetime) -> int:
    """Return the first number of a time's span."""
    return int(at.timestamp() // SPAN) << BITS


def add(conn: Connection, entries: Sequence[Entry]) -> None:
    """Index articles that are not in the index, given in the order of their times."""
    write = UtcTime().dialect_impl(conn.dialect).bind_processor(conn.dialect) or str
    rows = [
        {
            "article": one.article,
            "content": one.content,
            "at": write(one.sort_at),
            "first": first_number(one.sort_at),
            "filed": one.filed,
        }
        for one in entries
    ]
    conn.exec_driver_sql(_NUMBER, rows)
    conn.exec_driver_sql(_ADD, _columns(conn, entries))


def remove(conn: Connection, entries: Sequence[Entry]) -> None:
    """Take articles out of the index, in which they are as `entries` say."""
    rows = _columns(conn, entries)
    conn.exec_driver_sql(_REMOVE, rows)
    conn.exec_driver_sql(
        "DELETE FROM search_documents WHERE number = ?", [row[-1:] for row in rows]
    )


def _columns(conn: Connection, entries: Sequence[Entry]) -> list[tuple[str | int, ...]]:
    """Return articles' columns in the index, their numbers last."""
    rows = rows_at(conn, _NUMBERS, search_documents.c.article, [one.article for one in entries])
    number = {row[0]: row[1] for row in rows}
    return [
        (d.text, _folded(d.text), d.title, _folded(d.title), d.tokens, number[id_])
        for id_, _, _, d in entries
    ]


def _folded(text: str) -> str:
    return _SPELLED.sub("", text)


def clear(conn: Connection) -> None:
    """Take every article out of the index."""
    conn.exec_driver_sql("INSERT INTO search_index (search_index) VALUES ('delete-all')")
    conn.exec_driver_sql("DELETE FROM search_documents")


def is_sound(conn: Connection) -> bool:
    """Return whether FTS5 finds its index whole, and whether it is of just the documents.

    FTS5 is asked by writing: where that is not allowed, only the documents are compared.
    """
    try:
        conn.exec_driver_sql("INSERT INTO search_index (search_index) VALUES ('integrity-check')")
    except DatabaseError as error:
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF != _READ_ONLY:
            return False
    ids = "SELECT id FROM search_index_docsize", "SELECT number FROM search_documents"
    differing = (f"{a} EXCEPT {b} LIMIT 1" for a, b in (ids, ids[::-1]))
    return not any(conn.exec_driver_sql(query).first() for query in differing)
