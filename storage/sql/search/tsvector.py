"""The search in PostgreSQL: https://www.postgresql.org/docs/current/textsearch-intro.html.

GIN knows no order. A common word is met by walking from the newest article back, a rare one
comes out of the index and is sorted.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY

from storage.model.search import SearchQuery, Term, Words
from storage.sql.schema.search import search_documents as documents
from storage.sql.schema.types import AnyRow, RowId
from storage.sql.search.entry import MATCH, Match, facet_tokens, within, written

SAMPLE = 500  # newest documents that tell how common a query's words are
NEAR = 12_000  # documents whose vectors are looked through for a phrase at most
VECTOR = 15  # times as long as to find a document in the index takes to look through its vector
_PAGE = 2_000
_ORDER = (documents.c.sort_at.desc(), documents.c.article.desc())


def match_of(query: SearchQuery, *, apart: bool = False) -> str | None:
    """Return a query as PostgreSQL reads it; None where it names neither words nor facet values.

    apart: phrases as words anywhere.
    """
    parts = [_wanted(query.words, " & " if apart else " <-> ")]
    parts += [" | ".join(f"'{token}'" for token in some) for some in facet_tokens(query)]
    parts += [f"!{_term(term, ' <-> ')}" for term in query.words.excluded if not apart]
    return " & ".join(f"({part})" for part in parts if part) or None


def _wanted(words: Words, joined: str) -> str:
    groups = (" | ".join(_term(term, joined) for term in group) for group in words.required)
    return " & ".join(f"({group})" for group in groups)


def _term(term: Term, joined: str) -> str:
    lexemes = (
        f"'{written(word.text, loose=word.loose)}'{':*' if word.prefix else ''}"
        for word in term.words
    )
    return f"({joined.join(lexemes)})"


def _meets(vector: ColumnElement[Any], match: str | None) -> ColumnElement[bool]:
    return sa.true() if match is None else vector.bool_op("@@")(sa.cast(match, TSQUERY))


def _score(query: SearchQuery, vector: ColumnElement[Any], *, scored: bool) -> ColumnElement[float]:
    if not scored or not query.words.required:
        return sa.literal_column("0.0", sa.Float)
    weights = sa.cast([0.1, 0.2, 0.4, 1.0], ARRAY(sa.REAL))  # of D, C, B and A, the title's
    words = sa.cast(_wanted(query.words, " <-> "), TSQUERY)
    return sa.func.ts_rank(weights, vector, words, 1)  # 1: long texts count less


def newest(
    conn: Connection, query: SearchQuery, most: int, *, scored: bool = False, broad: bool = False
) -> Iterator[Match]:
    """Yield the matching articles, newest first, as they are asked for; scored: with a score.

    most: how many will be asked for, about. broad: the query's time was cut at its horizon.
    """
    match = match_of(query)
    total = conn.exec_driver_sql(_ESTIMATE).scalar_one()
    read = hits = near = 0
    after: Match | None = None
    each = VECTOR if _has_phrase(query) else 1
    while read == 0 or broad or match is None or _is_common(most, read, hits, near * each, total):
        size = SAMPLE if read == 0 else _PAGE
        page = _walk(conn, query, after, size, scored=scored)
        for *row, is_hit, is_near in page:
            after = Match._make(row)
            read, hits, near = read + 1, hits + is_hit, near + is_near
            if is_hit:
                yield after
        if len(page) < size:
            return
    yield from _out_of_index(conn, query, after, most if scored else None)


_ESTIMATE = "SELECT reltuples::bigint FROM pg_class WHERE oid = 'search_documents'::regclass"


def _has_phrase(query: SearchQuery) -> bool:
    terms = (*chain.from_iterable(query.words.required), *query.words.excluded)
    return any(len(term.words) > 1 for term in terms)


def _is_common(most: int, read: int, hits: int, near: int, total: int) -> bool:
    """Return whether walking on is shorter than what the index takes. near: its time for `read`."""
    walk = VECTOR * (most - hits) * read / max(hits, 0.5)
    return walk < near / read * total


def _walk(
    conn: Connection, query: SearchQuery, after: Match | None, size: int, *, scored: bool
) -> Sequence[AnyRow]:
    """Return the next articles in the query's time, and of each whether it matches."""
    where = [*within(query), *_after(after)]
    page = sa.select(*MATCH, documents.c.vector).where(*where).order_by(*_ORDER).limit(size)
    kept = page.cte("page").prefix_with("MATERIALIZED")
    vector = kept.c.vector
    tests = [_meets(vector, match_of(query, apart=apart)) for apart in (False, True)]
    score = sa.case((tests[0], _score(query, vector, scored=scored)), else_=0.0)
    asked = sa.select(*(kept.c[column.name] for column in MATCH), score, *tests)
    return conn.execute(asked.order_by(kept.c.sort_at.desc(), kept.c.article.desc())).all()


def _out_of_index(
    conn: Connection, query: SearchQuery, after: Match | None, scored: int | None
) -> Iterator[Match]:
    """Yield what the index finds; scored: with scores, and how many at most."""
    meets = _meets(documents.c.vector, match_of(query))
    every = sa.select(*MATCH, documents.c.vector).where(meets, *within(query), *_after(after))
    kept = every.cte("kept").prefix_with("MATERIALIZED")
    order = kept.c.sort_at.desc(), kept.c.article.desc()
    found = sa.select(kept).order_by(*order).limit(scored).subquery("found")
    score = _score(query, found.c.vector, scored=scored is not None)
    asked = sa.select(*(found.c[column.name] for column in MATCH), score)
    asked = asked.order_by(found.c.sort_at.desc(), found.c.article.desc())
    yield from map(Match._make, conn.execute(asked))


def _after(after: Match | None) -> Iterable[ColumnElement[bool]]:
    if after is None:
        return []
    here = sa.tuple_(
        sa.literal(after.sort_at, documents.c.sort_at.type), sa.literal(after.article, RowId)
    )
    return [sa.tuple_(documents.c.sort_at, documents.c.article) < here]


def horizon(conn: Connection, query: SearchQuery) -> datetime | None:
    """Return since when articles can be ranked or counted in time; None: all of them can.

    Phrases take as long as there are articles with all of the words.
    """
    if not _has_phrase(query):
        return None
    anywhere = replace(query, places=())
    page = _walk(conn, anywhere, None, SAMPLE, scored=False)
    near = sum(bool(row[-1]) for row in page)
    total = conn.exec_driver_sql(_ESTIMATE).scalar_one()
    if len(page) < SAMPLE or near / SAMPLE * total <= NEAR:
        return None
    times = sa.select(documents.c.sort_at).where(*within(anywhere)).order_by(*_ORDER)
    return conn.execute(times.offset(NEAR).limit(1)).scalar()
