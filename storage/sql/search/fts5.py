"""The search in SQLite: FTS5, https://www.sqlite.org/fts5.html; fts5_documents says what it has.

Two things FTS5 cannot do in time, so that what it finds without them is read: to tell which of a
phrase's words must have their diacritics (it looks for the phrase without), and to look for the
beginning of very common words (it reads all their lists before it gives the first row).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from heapq import heappop, heappush
from itertools import chain, islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select

from storage.codec.articles import article_from_json
from storage.model.articles import Article
from storage.model.search import SearchQuery, Term, Words
from storage.search.highlight import Finder
from storage.sql.engine.bulk import rows_at
from storage.sql.schema.core import contents
from storage.sql.schema.search import search_documents as documents
from storage.sql.search.entry import MATCH, Match, facet_tokens, within, written
from storage.sql.search.fts5_documents import BITS, first_number

READ = 500  # newest articles that are read at most, to rank or count those that match
SAMPLE = 1_000  # newest documents that tell how common a query's words are
NEAR = 50_000  # documents with all words of a phrase that are looked through at most
LOOKED_AT = 30  # newest articles that tell how common a prefix is; of these,
COMMON = 3  # how many have it where it is too common for FTS5
_CHUNK = 25
_PAGE = 1_000
_BOTH, _TITLE = ("{text title}", "{text_folded title_folded}"), ("title", "title_folded")
_NO_SCORE: ColumnElement[float] = sa.literal_column("0.0", sa.Float)
_SCORE: ColumnElement[float] = sa.literal_column("-bm25(search_index, 1, 1, 5, 5, 0)", sa.Float)
_INDEX = sa.table("search_index", sa.column("rowid", sa.Integer))


def match_of(
    query: SearchQuery, columns: tuple[str, str] = _BOTH, *, apart: bool = False
) -> str | None:
    """Return a query in FTS5's syntax; None where it names neither words nor facet values.

    columns: for words as spelled, and without diacritics. apart: phrases as words anywhere.
    """
    words = query.words
    groups = [[_term(term, columns, apart) for term in group] for group in words.required]
    groups += [[f'filed:"{token}"' for token in some] for some in facet_tokens(query)]
    if not groups:
        return None
    wanted = " AND ".join(f"({' OR '.join(group)})" for group in groups)
    excluded = [_term(term, columns, False) for term in words.excluded if not _is_mixed(term)]
    return f"({wanted}) NOT ({' OR '.join(excluded)})" if excluded and not apart else wanted


def _term(term: Term, columns: tuple[str, str], apart: bool) -> str:
    exact, plain = columns
    loose = any(word.loose for word in term.words)
    words = [written(word.text, loose=loose) for word in term.words]
    quoted = [f'"{word}"' for word in words] if apart else [f'"{" ".join(words)}"']
    parts = [f"{plain if loose else exact}: {one}" for one in quoted]
    parts[-1] += " *" if term.words[-1].prefix else ""
    if _is_mixed(term):  # the words that must have their diacritics, anywhere
        strict = (word for word in term.words if not word.loose)
        parts += [f'{exact}: "{word.text}"{" *" if word.prefix else ""}' for word in strict]
    return f"({' AND '.join(parts)})"


def _is_mixed(term: Term) -> bool:
    return len({word.loose for word in term.words}) > 1


def _asked(conn: Connection, query: SearchQuery) -> tuple[SearchQuery, bool]:
    """Return what FTS5 is asked for, and whether what it finds must be read.

    It is not asked for prefixes that many of the newest articles have; in archives that are no
    larger than what is looked through anyway it is.
    """
    words = query.words
    terms = (*chain.from_iterable(words.required), *words.excluded)
    begun = {term for term in terms if term.words[-1].prefix}
    if begun and (conn.exec_driver_sql(_LAST).scalar() or 0) > NEAR:
        newest = sa.select(contents.c.json).join(documents, documents.c.content == contents.c.id)
        rows = conn.execute(newest.order_by(documents.c.number.desc()).limit(LOOKED_AT))
        texts = [article_from_json(json, 0) for json in rows.scalars()]
        begun = {term for term in begun if _is_common(term, texts)}
        required = tuple(group for group in words.required if begun.isdisjoint(group))
        words = Words(required, tuple(term for term in words.excluded if term not in begun))
    asked = replace(query, words=words)
    unasked = bool(words.excluded) and match_of(asked) is None
    return asked, unasked or words != query.words or any(map(_is_mixed, terms))


_LAST = "SELECT max(article) FROM search_documents"


def _is_common(term: Term, texts: Sequence[Article]) -> bool:
    finder = Finder(Words(((Term(term.words[-1:]),),)))
    return sum(map(finder.says, texts)) >= COMMON


def newest(
    conn: Connection, query: SearchQuery, most: int, *, scored: bool = False, broad: bool = False
) -> Iterator[Match]:
    """Yield the matching articles, newest first, as they are asked for; scored: with a score.

    most: how many will be asked for, about. broad: the query's time was cut at its horizon; so
    the score only says whether the title has what is asked for, since FTS5's bm25 counts every
    phrase in the whole index.
    """
    asked, is_read = _asked(conn, query)
    match = match_of(asked)
    ranks = scored and bool(asked.words.required)
    score = _SCORE if ranks and not broad else _NO_SCORE
    statement = _by_number(conn, query, match, *MATCH, score, documents.c.number)
    rows = conn.execute(statement.execution_options(yield_per=min(most, _PAGE)))
    found = _in_order((Match._make(row[:-1]), row[-1]) for row in rows)
    if ranks and broad:
        titled = _by_number(conn, query, match_of(asked, _TITLE), documents.c.article)
        titles = set(conn.execute(titled).scalars())
        found = (one._replace(score=1.0) if one.article in titles else one for one in found)
    yield from _read(conn, found, query.words) if is_read else found


def _in_order(rows: Iterable[tuple[Match, int]]) -> Iterator[Match]:
    """Put matches that come by their numbers in the order of their times.

    No article that is still to come was published after the minute of the number that came last.
    """
    waiting: list[tuple[float, int, Match]] = []
    for match, number in rows:
        after = ((number >> BITS) + 1) * 60
        while waiting and -waiting[0][0] >= after:
            yield heappop(waiting)[2]
        heappush(waiting, (-match.sort_at.timestamp(), -match.article, match))
    while waiting:
        yield heappop(waiting)[2]


def _read(conn: Connection, found: Iterator[Match], words: Words) -> Iterator[Match]:
    """Yield the articles whose texts say what the words ask for."""
    finder = Finder(words)
    texts = sa.select(contents.c.id, contents.c.json)
    while chunk := list(islice(found, _CHUNK)):
        read = {r[0]: r[1] for r in rows_at(conn, texts, contents.c.id, [m.content for m in chunk])}
        yield from (m for m in chunk if finder.says(article_from_json(read[m.content], 0)))


def _by_number(
    conn: Connection, query: SearchQuery, match: str | None, *columns: ColumnElement[Any]
) -> Select[Any]:
    """Return a statement for what is within the query's bounds and meets `match`, newest first."""
    asked = sa.select(*columns).select_from(documents).where(*within(query))
    number: ColumnElement[int] = documents.c.number
    if match is not None:
        number = _INDEX.c.rowid
        meets = sa.text("search_index MATCH :match").bindparams(match=match)
        joined = documents.c.number == _INDEX.c.rowid + 0  # no column, so that FTS5 leads
        asked = asked.select_from(_INDEX).where(meets, joined)
    if query.since is not None:
        asked = asked.where(number >= first_number(query.since))
    if query.until is not None:
        late = conn.exec_driver_sql("SELECT max(late) FROM search_documents WHERE late > 0")
        last = first_number(query.until) + (1 << BITS) - 1 + (late.scalar() or 0)
        asked = asked.where(number <= last)
    return asked.order_by(number.desc())


def _nth(conn: Connection, query: SearchQuery, match: str | None, place: int) -> datetime | None:
    """Return the time of the article at a place, from 0, among the newest that FTS5 finds."""
    times = _by_number(conn, query, match, documents.c.sort_at)
    found: datetime | None = conn.execute(times.offset(place).limit(1)).scalar()
    return found


def horizon(conn: Connection, query: SearchQuery) -> datetime | None:
    """Return since when articles can be ranked or counted in time; None: all of them can.

    What must be read takes as long as there is to read; phrases of common words, and common
    prefixes, as long as there are articles with all of the words.
    """
    asked, is_read = _asked(conn, query)
    if is_read:
        return _nth(conn, query, match_of(asked), READ)
    terms = chain.from_iterable(query.words.required)
    time = SearchQuery(since=query.since, until=query.until)
    first = _nth(conn, time, None, SAMPLE - 1)
    if first is None or not any(len(term.words) > 1 or term.words[-1].prefix for term in terms):
        return None
    sample = replace(time, since=first)
    apart = match_of(query, apart=True)
    near = conn.execute(_by_number(conn, sample, apart, sa.func.count())).scalar_one()
    return _nth(conn, time, None, NEAR * SAMPLE // near) if near else None
