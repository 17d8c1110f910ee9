"""The search in PostgreSQL: https://www.postgresql.org/docs/current/textsearch-intro.html.

GIN knows no order, and not where words stand. A common word is met by walking from the newest
article back; a rare one comes out of the index, and of a phrase all articles with its words, which
are looked through from the newest on. Of a lexeme, a word with diacritics has the end only: its
beginning is looked for without them, and what is found is read.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY

from storage.model.search import SearchQuery, Term, Word
from storage.sql.engine.bulk import among
from storage.sql.schema.search import search_documents as documents
from storage.sql.schema.types import RowId
from storage.sql.search.entry import MATCH, Match, facet_tokens, within
from storage.text.words import END, folded, lexeme

SAMPLE = 500  # newest articles that tell how common a query's words are
VECTOR = 15  # times as long as to find an article in the index takes to look through its vector
_PAGE = 2_000
_SLICES = (100, 1_000)  # articles out of the index that are looked through at once
_ORDER = (documents.c.sort_at.desc(), documents.c.article.desc())
_ESTIMATE = "SELECT reltuples::bigint FROM pg_class WHERE oid = 'search_documents'::regclass"


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
    """Return whether what PostgreSQL finds must be read to know."""
    return any(map(_is_begun, chain(*query.words.required, query.words.excluded)))


def _meets(vector: ColumnElement[Any], match: str | None) -> ColumnElement[bool]:
    return sa.true() if match is None else vector.bool_op("@@")(sa.cast(match, TSQUERY))


def _score(query: SearchQuery, vector: ColumnElement[Any], *, scored: bool) -> ColumnElement[float]:
    if not scored or not query.words.required:
        return sa.literal_column("0.0", sa.Float)
    weights = sa.cast([0.1, 0.2, 0.4, 1.0], ARRAY(sa.REAL))  # of D, C, B and A, the title's
    words = sa.cast(_wanted(query, " <-> "), TSQUERY)
    return sa.func.ts_rank(weights, vector, words, 1)  # 1: long texts count less


def newest(
    conn: Connection, query: SearchQuery, most: int, *, scored: bool = False
) -> Iterator[Match]:
    """Yield the articles that have a query's words, newest first, as they are asked for.

    Of each is said whether it `meets` the query. most: how many will be asked for, about.
    scored: with a score.
    """
    match = match_of(query)
    total = conn.exec_driver_sql(_ESTIMATE).scalar_one()
    read = hits = near = 0
    after: Match | None = None
    while read == 0 or match is None or _is_common(most - hits, read, hits, near, total):
        size = SAMPLE if read == 0 else _PAGE
        page = conn.execute(_walk(query, after, size, scored=scored)).all()
        for *row, is_near in page:
            after = Match._make(row)
            read, hits, near = read + 1, hits + after.meets, near + is_near
            if is_near:
                yield after
        if len(page) < size:
            return
    yield from _out_of_index(conn, query, after, most, scored=scored)


def _is_common(most: int, read: int, hits: int, near: int, total: int) -> bool:
    """Return whether walking on is shorter than what the index takes.

    Both look through the articles that have the words (`near` of those read): walking through
    others besides, the index has first to find all of them.
    """
    walk = VECTOR * most * (read - near) / max(hits, 0.5)
    return walk < near / read * total


def _walk(query: SearchQuery, after: Match | None, size: int, *, scored: bool) -> Select[Any]:
    """Return a statement for the next articles in the query's time, and if each has the words."""
    where = [*within(query), *_after(after)]
    page = sa.select(*MATCH, documents.c.vector).where(*where).order_by(*_ORDER).limit(size)
    kept = page.cte("page").prefix_with("MATERIALIZED")
    meets, near = (_meets(kept.c.vector, match_of(query, apart=apart)) for apart in (False, True))
    score = sa.case((meets, _score(query, kept.c.vector, scored=scored)), else_=0.0)
    every = sa.select(*(kept.c[column.name] for column in MATCH), score, meets, near)
    return every.order_by(kept.c.sort_at.desc(), kept.c.article.desc())


def _out_of_index(
    conn: Connection, query: SearchQuery, after: Match | None, most: int, *, scored: bool
) -> Iterator[Match]:
    """Yield the other articles that have the words."""
    vector = documents.c.vector
    near = _meets(vector, match_of(query, apart=True))
    found = sa.select(documents.c.article, documents.c.sort_at)
    kept = found.where(near, *within(query), *_after(after)).cte().prefix_with("MATERIALIZED")
    ordered = sa.select(kept.c.article).order_by(kept.c.sort_at.desc(), kept.c.article.desc())
    ids = conn.execute(ordered).scalars().all()
    low, high = _SLICES
    size = max(low, min(most, high))
    meets = _meets(vector, match_of(query))
    rows = sa.select(*MATCH, _score(query, vector, scored=scored), meets).order_by(*_ORDER)
    for first in range(0, len(ids), size):
        some = among(conn, documents.c.article, ids[first : first + size])
        yield from map(Match._make, conn.execute(rows.where(some)))


def _after(after: Match | None) -> Iterable[ColumnElement[bool]]:
    if after is None:
        return []
    here = sa.tuple_(
        sa.literal(after.sort_at, documents.c.sort_at.type), sa.literal(after.article, RowId)
    )
    return [sa.tuple_(documents.c.sort_at, documents.c.article) < here]
