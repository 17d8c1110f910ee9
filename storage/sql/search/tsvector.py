"""The search in PostgreSQL: https://www.postgresql.org/docs/current/textsearch-intro.html.

GIN knows neither order nor where words stand. A common word is found by walking from the newest
article back; a rare one by the index, and of a phrase all articles with its words, which are
checked from the newest on. The index cannot tell which lexemes begin with a word that has
diacritics: its beginning without them is looked up, and the texts found are read.

Facet values are lexemes without a position. A vector holds positions up to 16,383 and 255 of a
lexeme: phrases beyond are not found, words are.
https://www.postgresql.org/docs/current/datatype-textsearch.html
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY

from storage.model.search import SearchQuery, Term, Word
from storage.search.document import GAP, Document
from storage.sql.engine.bulk import among
from storage.sql.schema.search import search_documents as documents
from storage.sql.search.entry import MATCH, Entry, Match, facet_tokens, within
from storage.text.words import END, folded, lexeme

SAMPLE = 50  # newest articles that first tell how common a query's words are
VECTOR = 5  # times as long as to find an article in the index takes to check its vector
_PAGE = 2_000
_SLICE = 100  # articles out of the index that are checked first; later more at a time
_KEY = (documents.c.sort_at, documents.c.article)
_AFTER = [sa.bindparam(column.name, type_=column.type) for column in _KEY]
_ROWS = sa.select(*MATCH, documents.c.vector).order_by(*(column.desc() for column in _KEY))
_ESTIMATE = "SELECT reltuples::bigint FROM pg_class WHERE oid = 'search_documents'::regclass"
_LAST_POSITION, _POSITIONS, _BYTES = 16_383, 255, 1_000_000
_ADD = """
INSERT INTO search_documents (article, content, sort_at, filed, vector)
VALUES (%s, %s, %s, %s, CAST(%s AS tsvector))
"""


def match_of(query: SearchQuery, *, apart: bool = False) -> str | None:
    """Return a query as PostgreSQL reads it; None where it names neither words nor facet values.

    apart: phrases as words anywhere, which the index knows.
    """
    parts = [_wanted(query, " & " if apart else " <-> ")]
    parts += [" | ".join(f"'{token}'" for token in some) for some in facet_tokens(query)]
    excluded = (
        one for one in query.words.excluded if not (_is_begun(one) or (apart and one.words[1:]))
    )
    parts += [f"!{_term(term, ' <-> ')}" for term in excluded]
    return " & ".join(f"({part})" for part in parts if part) or None


def _wanted(query: SearchQuery, joined: str) -> str:
    groups = (" | ".join(_term(one, joined) for one in group) for group in query.words.required)
    return " & ".join(f"({group})" for group in groups)


def _term(term: Term, joined: str) -> str:
    return f"({joined.join(map(_lexeme, term.words))})"


def _lexeme(word: Word) -> str:
    if word.prefix:
        return f"'{folded(word.text)}':*"
    return f"'{folded(word.text)}{END}':*" if word.loose else f"'{lexeme(word.text)}'"


def _is_begun(term: Term) -> bool:
    return any(word.prefix and not word.loose for word in term.words)


def is_read(_conn: Connection, query: SearchQuery, _most: int) -> bool:
    """Return whether only reading tells which of the articles that PostgreSQL finds match."""
    return any(map(_is_begun, chain(*query.words.required, query.words.excluded)))


def newest(
    conn: Connection, query: SearchQuery, most: int, *, scored: bool = False
) -> Iterator[Match]:
    """Yield the articles that have a query's words, newest first, fetched as they are consumed.

    Each tells whether it `meets` the query. most: about how many that do will be consumed.
    scored: with a score.
    """
    total = conn.exec_driver_sql(_ESTIMATE).scalar_one()
    left = [*within(query), sa.tuple_(*_KEY) < sa.tuple_(*_AFTER)]
    walk = _checked(query, _ROWS.where(*left).limit(sa.bindparam("size")), scored=scored)
    at = {"sort_at": datetime.max.replace(tzinfo=UTC), "article": 0}
    read = hits = found = 0
    while read == 0 or match_of(query) is None or _is_common(most - hits, read, hits, found, total):
        size = min(SAMPLE + 2 * read, _PAGE)
        page = conn.execute(walk, {**at, "size": size}).all()
        for *row, is_near in page:
            last = Match._make(row)
            read, hits, found = read + 1, hits + last.meets, found + is_near
            if is_near:
                yield last
        if len(page) < size:
            return
        at = {"sort_at": last.sort_at, "article": last.article}
    # The planner would walk again: it does not know what it takes to check a vector.
    near = _meets(documents.c.vector, match_of(query, apart=True))
    rest = sa.select(*_KEY).where(near, *left).cte().prefix_with("MATERIALIZED")
    newest_first = sa.select(rest.c.article).order_by(rest.c.sort_at.desc(), rest.c.article.desc())
    ids = conn.execute(newest_first, at).scalars().all()
    size = max(_SLICE, min(most, _PAGE))
    while ids:
        part, ids = ids[:size], ids[size:]
        rows = _ROWS.where(among(conn, documents.c.article, part))
        checked = conn.execute(_checked(query, rows, scored=scored, near=sa.true()))
        yield from (Match._make(row[:-1]) for row in checked)
        size = min(4 * size, _PAGE)


def _is_common(most: int, read: int, hits: int, found: int, total: int) -> bool:
    """Return whether walking on takes less time than the index does.

    Both check the articles that have the words (`found` of those read): a walk checks others
    besides, the index has to find all of them first.
    """
    walk = VECTOR * most * (read - found) / max(hits, 0.5)
    return walk < found / read * total


def _checked(
    query: SearchQuery, rows: Select[Any], *, scored: bool, near: ColumnElement[bool] | None = None
) -> Select[Any]:
    """Return a statement for the matches in rows, the last column whether each has the words.

    near: that column, if it is known.
    """
    page = rows.cte("page").prefix_with("MATERIALIZED")
    phrases, words = match_of(query), match_of(query, apart=True)
    if near is None:
        near = _meets(page.c.vector, words)
    read = sa.select(page, near.label("near")).cte("read").prefix_with("MATERIALIZED")
    # A vector is read as seldom as can be: that takes longest.
    meets = read.c.near if phrases == words else read.c.near & _meets(read.c.vector, phrases)
    score = sa.case((meets, _score(query, read.c.vector, scored=scored)), else_=0.0)
    every = sa.select(*(read.c[column.name] for column in MATCH), score, meets, read.c.near)
    return every.order_by(read.c.sort_at.desc(), read.c.article.desc())


def _meets(vector: ColumnElement[Any], match: str | None) -> ColumnElement[bool]:
    return sa.true() if match is None else vector.bool_op("@@")(sa.cast(match, TSQUERY))


def _score(query: SearchQuery, vector: ColumnElement[Any], *, scored: bool) -> ColumnElement[float]:
    if not scored or not query.words.required:
        return sa.literal_column("0.0", sa.Float)
    weights = sa.cast([0.1, 0.2, 0.4, 1.0], ARRAY(sa.REAL))  # of D, C, B and A, the title's
    words = sa.cast(_wanted(query, " <-> "), TSQUERY)
    return sa.func.ts_rank(weights, vector, words, 1)  # 1: long texts count less


def add(conn: Connection, entries: Sequence[Entry]) -> None:
    """Index articles that are not in the index."""
    rows = [(*entry[:3], entry.document.filed, vector_of(entry.document)) for entry in entries]
    conn.exec_driver_sql(_ADD, rows)


def vector_of(document: Document) -> str:
    """Return an article's vector, as PostgreSQL reads it."""
    places: dict[str, list[str]] = {}
    size = len(document.tokens.encode())
    title = document.title.split()
    for at, word in enumerate([*title, GAP, *document.text.split()], 1):
        if word == GAP:
            continue
        found = places.setdefault(word, [])
        size += 2 if found else len(word.encode()) + 6
        if len(found) < _POSITIONS and at <= _LAST_POSITION:
            found.append(f"{at}A" if at <= len(title) else str(at))
        if size > _BYTES:
            break
    lexemes = [f"'{word}':{','.join(at)}" if at else f"'{word}'" for word, at in places.items()]
    return " ".join([*lexemes, *(f"'{token}'" for token in document.tokens.split())])


def remove(conn: Connection, entries: Sequence[Entry]) -> None:
    """Take articles out of the index."""
    gone = among(conn, documents.c.article, [entry.article for entry in entries])
    conn.execute(sa.delete(documents).where(gone))


def clear(conn: Connection) -> None:
    """Take every article out of the index."""
    conn.exec_driver_sql("TRUNCATE search_documents")


def is_sound(_conn: Connection) -> bool:
    """Return True: PostgreSQL keeps its indexes as it keeps all others."""
    return True
