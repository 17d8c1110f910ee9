"""The search in PostgreSQL: https://www.postgresql.org/docs/current/textsearch-intro.html.

GIN knows neither order nor where words stand. A common word is found by walking from the newest
article back; a rare one by the index, and of a phrase all articles with its words, which are
checked from the newest on. The index cannot tell which lexemes begin with a word that has
diacritics: its beginning without them is looked up, and the texts found are read.

Facet values are lexemes without a position. A vector holds positions up to 16,383 and 255 of a
lexeme: phrases beyond are not found, words are.
https://www.postgresql.org/docs/current/datatype-textsearch.html
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, FromClause, Select
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, TSVECTOR

from storage.model.search import MAX_LIMIT, SearchQuery, Term, Word
from storage.search.document import GAP, Document
from storage.sql.engine.bulk import among
from storage.sql.schema.search import search_documents as documents
from storage.sql.search.entry import MATCH, Entry, Match, facet_tokens, within
from storage.text.words import END, folded, lexeme

# A vector takes up to .1 ms in an archive of a million: it is read from its own place on the disk.
RANKED, COUNTED = 2_000, 3_000
"""Matches that are ranked, and whose facet values are counted, at most: the newest."""

LOOKED_AT = 3_000
"""Articles with all the words that are looked through for phrases, to rank or to count."""

SAMPLE = 50  # newest articles, by which the first guess is made how common a query's words are
VECTOR = 5  # how many times as long checking a vector takes as finding an article in the index
_PAGE = 2_000
_LISTED = 20_000  # articles that the index is asked for at a time; there may be half a million
_NEWEST = MAX_LIMIT + 1  # articles that are requested at most newest first
_SLICE = 100  # articles out of the index that are checked first; later more at a time
_KEY = (documents.c.sort_at, documents.c.article)
_AT = [sa.bindparam(column.name, type_=column.type) for column in _KEY]
_IS_OLDER = sa.tuple_(*_KEY) < sa.tuple_(*_AT)
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
    older = _ROWS.where(*within(query), _IS_OLDER).limit(sa.bindparam("size"))
    walk = _checked(query, older, scored=scored)
    at = {"sort_at": datetime.max.replace(tzinfo=UTC), "article": 0}
    read = hits = found = 0
    while read == 0 or match_of(query) is None or _is_common(most, read, hits, found, total):
        size = min(SAMPLE + 2 * read, _PAGE)
        page = conn.execute(walk, {**at, "size": size}).all()
        for *row, is_near in page:
            last = Match._make(row)
            read, hits, found = read + 1, hits + (is_near and last.meets), found + is_near
            if is_near:
                yield last
        if len(page) < size:
            return
        at = {"sort_at": last.sort_at, "article": last.article}
    yield from _out_of_index(conn, query, most, at, scored=scored)


def _out_of_index(
    conn: Connection, query: SearchQuery, most: int, at: Mapping[str, Any], *, scored: bool
) -> Iterator[Match]:
    """Yield the articles that have a query's words and come after a position."""
    words = match_of(query, apart=True)
    limit = max(most, _SLICE) if words == match_of(query) else _LISTED
    near = sa.select(*_KEY).where(_meets(documents.c.vector, words), *within(query), _IS_OLDER)
    rest = near.cte().prefix_with("MATERIALIZED")
    ordered = sa.select(rest.c.article).order_by(rest.c.sort_at.desc(), rest.c.article.desc())
    size = max(_SLICE, min(most, _PAGE))
    while ids := _by_index(conn, ordered.limit(limit), at):
        first = 0
        while part := ids[first : first + size]:
            rows = _ROWS.where(among(conn, documents.c.article, part))
            for *row, _ in conn.execute(_checked(query, rows, scored=scored)):
                last = Match._make(row)
                yield last
            first += size
            size = min(2 * size, _PAGE)
        if len(ids) < limit:
            return
        at = {"sort_at": last.sort_at, "article": last.article}


def _by_index(conn: Connection, articles: Select[Any], at: Mapping[str, Any]) -> Sequence[int]:
    # The planner would rather read every vector: it does not know that this takes long.
    conn.exec_driver_sql("SET LOCAL enable_seqscan TO off")
    ids = conn.execute(articles, at).scalars().all()
    conn.exec_driver_sql("SET LOCAL enable_seqscan TO DEFAULT")
    return ids


def _is_common(most: int, read: int, hits: int, found: int, total: int) -> bool:
    """Return whether walking on takes less time than the index does.

    Both check the articles that have the words (`found` of those read): a walk checks others
    besides, the index has to find all of them first.
    """
    share = max(found, 0.5) / read  # of all articles that have the words
    candidates = (most - hits) * share * read / max(hits, 0.5)
    if most > _NEWEST:  # to rank or to count
        candidates = min(candidates, LOOKED_AT - found)
    others = candidates * (1 / share - 1)
    return VECTOR * others < share * total


def _checked(query: SearchQuery, rows: Select[Any], *, scored: bool) -> Select[Any]:
    """Return a statement for the matches in rows, the last column whether each has the words.

    Where it has not, `meets` says nothing.
    """
    page = rows.cte("page").prefix_with("MATERIALIZED")
    phrases, words = match_of(query), match_of(query, apart=True)
    source: FromClause = page
    vector: ColumnElement[Any] = page.c.vector
    if scored or phrases != words:  # each function would fetch the vector anew, but not its copy
        copy = sa.func.ts_delete(page.c.vector, "", type_=TSVECTOR).label("vector")
        copied = sa.select(copy).correlate(page).offset(0).lateral()
        source, vector = page.join(copied, sa.true()), copied.c.vector
    meets = sa.true() if phrases == words else _meets(vector, phrases)
    near = _meets(vector, words)
    score: ColumnElement[float] = sa.literal_column("0.0", sa.Float)
    if scored and query.words.required:
        score = sa.case((near, _rank(query, vector)), else_=0.0)
    every = sa.select(*(page.c[column.name] for column in MATCH), score, meets, near)
    return every.select_from(source).order_by(page.c.sort_at.desc(), page.c.article.desc())


def _meets(vector: ColumnElement[Any], match: str | None) -> ColumnElement[bool]:
    return sa.true() if match is None else vector.bool_op("@@")(sa.cast(match, TSQUERY))


def _rank(query: SearchQuery, vector: ColumnElement[Any]) -> ColumnElement[float]:
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
