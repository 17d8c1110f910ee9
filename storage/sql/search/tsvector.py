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

from storage.sql.schema.search import search_entries as entries
from storage.sql.schema.types import AnyRow, RowId
from storage.sql.search.entry import MATCH, Match, facet_tokens, within
from storage.sql.search.spellings import Asked, Phrase, Spelled
from storage.text.words import folded

SAMPLE = 500  # newest articles that tell how common a query's words are
NEAR = 12_000  # articles whose vectors are looked through for a phrase at most
VECTOR = 15  # times as long as to find an article in the index takes to look through its vector
_PAGE = 2_000
_ORDER = (entries.c.sort_at.desc(), entries.c.article.desc())


def match_of(asked: Asked, *, apart: bool = False) -> str | None:
    """Return a query as PostgreSQL reads it; None where it names neither words nor facet values.

    apart: phrases as words anywhere.
    """
    parts = [_wanted(asked, " & " if apart else " <-> ")]
    parts += [" | ".join(f"'{token}'" for token in some) for some in facet_tokens(asked.query)]
    parts += [f"!{_term(phrase, ' <-> ')}" for phrase in asked.excluded if not apart]
    return " & ".join(f"({part})" for part in parts if part) or None


def _wanted(asked: Asked, joined: str) -> str:
    groups = (" | ".join(_term(one, joined) for one in group) for group in asked.required)
    return " & ".join(f"({group})" for group in groups)


def _term(phrase: Phrase, joined: str) -> str:
    words = (f"({' | '.join(_lexemes(one))})" for one in phrase)
    return f"({joined.join(words)})"


def _lexemes(one: Spelled) -> set[str]:
    if not one.word.prefix:
        return {f"'{form}'" for form in one.forms}
    return {f"'{_beginning(form, folded(one.word.text))}':*" for form in one.forms}


def _beginning(word: str, plain: str) -> str:
    """Return what of a word is `plain` without diacritics: its marks may be characters."""
    begins = (word[:end] for end in range(len(plain), len(word)))
    return next((one for one in begins if folded(one) == plain), word)


def _meets(vector: ColumnElement[Any], match: str | None) -> ColumnElement[bool]:
    return sa.true() if match is None else vector.bool_op("@@")(sa.cast(match, TSQUERY))


def _score(asked: Asked, vector: ColumnElement[Any], *, scored: bool) -> ColumnElement[float]:
    if not scored or not asked.required:
        return sa.literal_column("0.0", sa.Float)
    weights = sa.cast([0.1, 0.2, 0.4, 1.0], ARRAY(sa.REAL))  # of D, C, B and A, the title's
    words = sa.cast(_wanted(asked, " <-> "), TSQUERY)
    return sa.func.ts_rank(weights, vector, words, 1)  # 1: long texts count less


def newest(
    conn: Connection, asked: Asked, most: int, *, scored: bool = False, broad: bool = False
) -> Iterator[Match]:
    """Yield the matching articles, newest first, as they are asked for; scored: with a score.

    most: how many will be asked for, about. broad: the query's time was cut at its horizon.
    """
    total = conn.exec_driver_sql(_ESTIMATE).scalar_one()
    read = hits = near = 0
    after: Match | None = None
    each = VECTOR if _has_phrase(asked) else 1
    is_whole = broad or match_of(asked) is None
    while read == 0 or is_whole or _is_common(most, read, hits, near * each, total):
        size = SAMPLE if read == 0 else _PAGE
        page = _walk(conn, asked, after, size, scored=scored)
        for *row, is_hit, is_near in page:
            after = Match._make(row)
            read, hits, near = read + 1, hits + is_hit, near + is_near
            if is_hit:
                yield after
        if len(page) < size:
            return
    yield from _out_of_index(conn, asked, after, most if scored else None)


_ESTIMATE = "SELECT reltuples::bigint FROM pg_class WHERE oid = 'search_entries'::regclass"


def _has_phrase(asked: Asked) -> bool:
    return any(len(phrase) > 1 for phrase in chain(*asked.required, asked.excluded))


def _is_common(most: int, read: int, hits: int, near: int, total: int) -> bool:
    """Return whether walking on is shorter than what the index takes. near: its time for `read`."""
    walk = VECTOR * (most - hits) * read / max(hits, 0.5)
    return walk < near / read * total


def _walk(
    conn: Connection, asked: Asked, after: Match | None, size: int, *, scored: bool
) -> Sequence[AnyRow]:
    """Return the next articles in the query's time, and of each whether it matches."""
    where = [*within(asked.query), *_after(after)]
    page = sa.select(*MATCH, entries.c.vector).where(*where).order_by(*_ORDER).limit(size)
    kept = page.cte("page").prefix_with("MATERIALIZED")
    tests = [_meets(kept.c.vector, match_of(asked, apart=apart)) for apart in (False, True)]
    score = sa.case((tests[0], _score(asked, kept.c.vector, scored=scored)), else_=0.0)
    every = sa.select(*(kept.c[column.name] for column in MATCH), score, *tests)
    return conn.execute(every.order_by(kept.c.sort_at.desc(), kept.c.article.desc())).all()


def _out_of_index(
    conn: Connection, asked: Asked, after: Match | None, scored: int | None
) -> Iterator[Match]:
    """Yield what the index finds; scored: with scores, and how many at most."""
    meets = _meets(entries.c.vector, match_of(asked))
    every = sa.select(*MATCH, entries.c.vector).where(meets, *within(asked.query), *_after(after))
    kept = every.cte("kept").prefix_with("MATERIALIZED")
    order = kept.c.sort_at.desc(), kept.c.article.desc()
    found = sa.select(kept).order_by(*order).limit(scored).subquery("found")
    score = _score(asked, found.c.vector, scored=scored is not None)
    rows = sa.select(*(found.c[column.name] for column in MATCH), score)
    yield from map(
        Match._make,
        conn.execute(rows.order_by(found.c.sort_at.desc(), found.c.article.desc())),
    )


def _after(after: Match | None) -> Iterable[ColumnElement[bool]]:
    if after is None:
        return []
    here = sa.tuple_(
        sa.literal(after.sort_at, entries.c.sort_at.type), sa.literal(after.article, RowId)
    )
    return [sa.tuple_(entries.c.sort_at, entries.c.article) < here]


def horizon(conn: Connection, asked: Asked) -> datetime | None:
    """Return since when articles can be ranked or counted in time; None: all of them can.

    Phrases take as long as there are articles with all of the words.
    """
    if not _has_phrase(asked):
        return None
    anywhere = asked._replace(query=replace(asked.query, places=()))
    page = _walk(conn, anywhere, None, SAMPLE, scored=False)
    near = sum(bool(row[-1]) for row in page)
    total = conn.exec_driver_sql(_ESTIMATE).scalar_one()
    if len(page) < SAMPLE or near / SAMPLE * total <= NEAR:
        return None
    times = sa.select(entries.c.sort_at).where(*within(anywhere.query)).order_by(*_ORDER)
    return conn.execute(times.offset(NEAR).limit(1)).scalar()


def is_read(_asked: Asked) -> bool:
    """Return False: PostgreSQL finds what is asked for and no more."""
    return False
