"""SQLite's index of the search compared with the strings that it was made from, by sums.

An FTS5 table without content cannot be asked what it holds of an article, nor can its own
integrity-check tell: https://www.sqlite.org/fts5.html#the_integrity_check_command. But `fts5vocab`
counts the articles of each key, and the strings say what these counts should be. A key in one
article too many and in another too few is not noticed; no way of writing leaves that behind.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Connection

from storage.search.encoding import fts_tokens
from storage.sql.schema.search import search
from storage.sql.schema.types import AnyRow
from storage.text.arrays import Hashes
from storage.text.syllables import mixed

_PAGE = 500  # articles
_TERMS = 50_000
_BLANK = ord(" ")


def same_keys(conn: Connection) -> bool:
    """True where the index holds just the keys of the strings in `search`; always on PostgreSQL.

    Both are read in the caller's transaction, which sees one state of the archive.
    """
    return conn.dialect.name != "sqlite" or _held(conn) == _wanted(conn)


def _held(conn: Connection) -> tuple[int, int]:
    """Return how many keys of articles the index holds, and a sum over them."""
    number = total = 0
    with _terms(conn) as terms:
        for page in terms:
            counts = np.array([row[1] for row in page], dtype=np.uint64)
            number += int(counts.sum())
            total += int((_hashes("".join(f"{row[0]} " for row in page)) * counts).sum())
    return number, total % 2**64


def _wanted(conn: Connection) -> tuple[int, int]:
    """Return the same of what the index should hold."""
    number, total, after = 0, 0, 0
    query = sa.select(search.c.article, search.c.stream).order_by(search.c.article).limit(_PAGE)
    while rows := conn.execute(query.where(search.c.article > after)).all():
        hashes = _hashes("".join(fts_tokens([row.stream for row in rows])))
        number += len(hashes)
        total += int(hashes.sum())
        after = rows[-1].article
    return number, total % 2**64


def _hashes(tokens: str) -> Hashes:
    """Return a hash of each token; a blank ends each, and none is longer than two characters."""
    chars = np.frombuffer(tokens.encode("utf-32-le"), "<u4").astype(np.uint64)
    if not len(chars):
        return chars
    starts = np.flatnonzero(np.concatenate(([True], chars[:-1] == _BLANK)))
    return mixed((chars[starts] << np.uint64(21)) | chars[starts + 1])


@contextmanager
def _terms(conn: Connection) -> Iterator[Iterator[Sequence[AnyRow]]]:
    """Give the index's keys, each with the number of its articles, some thousand at a time."""
    # The table is a view of the index and temporary; a connection that only reads may not make
    # even that, and its file stays closed to writes meanwhile, having been opened so.
    only_reads = conn.exec_driver_sql("PRAGMA query_only").scalar()
    conn.exec_driver_sql("PRAGMA query_only=OFF")
    try:
        conn.exec_driver_sql(
            "CREATE VIRTUAL TABLE temp.search_terms USING fts5vocab (main, search_keys, row)"
        )
        yield conn.exec_driver_sql("SELECT term, doc FROM temp.search_terms").partitions(_TERMS)
    finally:
        conn.exec_driver_sql("DROP TABLE IF EXISTS temp.search_terms")
        conn.exec_driver_sql(f"PRAGMA query_only={only_reads}")
