"""The search in SQLite: FTS5, https://www.sqlite.org/fts5.html; fts5_entries says what it has.

FTS5 has no phrase with a choice of words, so each spelling of a phrase is asked for. Of a long
phrase that can be spelled in too many ways every two words are, and what is found is read.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import heappop, heappush
from itertools import chain, islice, pairwise, product
from math import prod
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select

from storage.codec.articles import article_from_json
from storage.model.search import SearchQuery, Words
from storage.search.document import EVERY
from storage.search.highlight import Finder
from storage.sql.engine.bulk import rows_at
from storage.sql.schema.core import contents
from storage.sql.schema.search import search_entries as entries
from storage.sql.search.entry import MATCH, Match, facet_tokens, within
from storage.sql.search.fts5_entries import BITS, first_number
from storage.sql.search.spellings import Asked, Phrase

SPELLINGS = 400
"""Ways to spell a phrase that are asked for at most."""

WORK = 10_000_000
"""Ways to spell a query's phrases, times articles, that are ranked or counted at most."""

_CHUNK = 25
_PAGE = 1_000
_NO_SCORE: ColumnElement[float] = sa.literal_column("0.0", sa.Float)
_SCORE: ColumnElement[float] = sa.literal_column("-bm25(search_texts, 1, 5, 0)", sa.Float)
_INDEX = sa.table("search_texts", sa.column("rowid", sa.Integer))
_LAST = "SELECT max(article) FROM search_entries"


def match_of(asked: Asked) -> str | None:
    """Return a query in FTS5's syntax; None where it names neither words nor facet values."""
    facets = [[f'"{token}"' for token in some] for some in facet_tokens(asked.query)]
    excluded = [_term(phrase) for phrase in asked.excluded if not _is_read(phrase)]
    if not excluded:
        return _wanted(asked, facets) or None
    wanted = _wanted(asked, [*facets, [f'"{EVERY}"']])
    return f"({wanted}) NOT ({' OR '.join(excluded)})"


def _wanted(asked: Asked, facets: list[list[str]]) -> str:
    groups = [*(map(_term, group) for group in asked.required), *facets]
    return " AND ".join(f"({' OR '.join(group)})" for group in groups)


def _term(phrase: Phrase) -> str:
    parts = (f"({' OR '.join(map(_quoted, product(*part)))})" for part in _parts(phrase))
    return f"({' AND '.join(parts)})"


def _quoted(words: Iterable[str]) -> str:
    return f'"{" ".join(words)}"'


def _parts(phrase: Phrase) -> list[list[tuple[str, ...]]]:
    """Return the choices of words that are asked for as phrases, all of them."""
    choices = [one.forms for one in phrase]
    if not _is_read(phrase):
        return [choices]
    pairs = [list(pair) for pair in pairwise(choices)]
    return pairs if all(_ways(pair) <= SPELLINGS for pair in pairs) else [[one] for one in choices]


def _ways(choices: Iterable[tuple[str, ...]]) -> int:
    return prod(map(len, choices))


def _is_read(phrase: Phrase) -> bool:
    return len(phrase) > 1 and _ways(one.forms for one in phrase) > SPELLINGS


def is_read(asked: Asked) -> bool:
    """Return whether what FTS5 finds must be read to know, which takes a multiple of the time."""
    return any(map(_is_read, chain(*asked.required, asked.excluded)))


def newest(
    conn: Connection, asked: Asked, most: int, *, scored: bool = False, broad: bool = False
) -> Iterator[Match]:
    """Yield the matching articles, newest first, as they are asked for; scored: with a score.

    most: how many will be asked for, about. broad: the query's time was cut at its horizon; so
    the score only says whether the title has what is asked for, since FTS5's bm25 counts every
    phrase in the whole index.
    """
    ranks = scored and bool(asked.required)
    score = _SCORE if ranks and not broad else _NO_SCORE
    statement = _by_number(conn, asked.query, match_of(asked), *MATCH, score, entries.c.number)
    rows = conn.execute(statement.execution_options(yield_per=min(most, _PAGE)))
    found = _in_order((Match._make(row[:-1]), row[-1]) for row in rows)
    if is_read(asked):
        found = _read(conn, found, asked.query.words, titled=broad)
    elif ranks and broad:
        title = f"title: ({_wanted(asked, [])})"
        titled = _by_number(conn, asked.query, title, entries.c.article)
        titles = set(conn.execute(titled).scalars())
        found = (one._replace(score=1.0) if one.article in titles else one for one in found)
    yield from found


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


def _read(
    conn: Connection, found: Iterator[Match], words: Words, *, titled: bool
) -> Iterator[Match]:
    """Yield the articles whose texts say what the words ask for; titled: scored by their titles."""
    finder = Finder(words)
    texts = sa.select(contents.c.id, contents.c.json)
    while chunk := list(islice(found, _CHUNK)):
        read = {r[0]: r[1] for r in rows_at(conn, texts, contents.c.id, [m.content for m in chunk])}
        for match in chunk:
            article = article_from_json(read[match.content], 0)
            if finder.says(article):
                is_titled = titled and bool(finder.spans(article.title))
                yield match._replace(score=1.0) if is_titled else match


def _by_number(
    conn: Connection, query: SearchQuery, match: str | None, *columns: ColumnElement[Any]
) -> Select[Any]:
    """Return a statement for what is within the query's bounds and meets `match`, newest first."""
    asked = sa.select(*columns).select_from(entries).where(*within(query))
    number: ColumnElement[int] = entries.c.number
    if match is not None:
        number = _INDEX.c.rowid
        meets = sa.text("search_texts MATCH :match").bindparams(match=match)
        joined = entries.c.number == _INDEX.c.rowid + 0  # no column, so that FTS5 leads
        asked = asked.select_from(_INDEX).where(meets, joined)
    if query.since is not None:
        asked = asked.where(number >= first_number(query.since))
    if query.until is not None:
        late = conn.exec_driver_sql("SELECT max(late) FROM search_entries WHERE late > 0")
        last = first_number(query.until) + (1 << BITS) - 1 + (late.scalar() or 0)
        asked = asked.where(number <= last)
    return asked.order_by(number.desc())


def horizon(conn: Connection, asked: Asked) -> datetime | None:
    """Return since when articles can be ranked or counted in time; None: all of them can.

    FTS5 looks in each article for each way to spell a phrase.
    """
    required = chain.from_iterable(asked.required)
    ways = sum(_ways(part) for one in required for part in _parts(one) if _is_open(one))
    place = WORK // ways if ways else None
    if place is None or (conn.exec_driver_sql(_LAST).scalar() or 0) <= place:
        return None
    time = SearchQuery(since=asked.query.since, until=asked.query.until)
    newer = _by_number(conn, time, None, entries.c.sort_at).offset(place).limit(1)
    found: datetime | None = conn.execute(newer).scalar()
    return found


def _is_open(phrase: Phrase) -> bool:
    return len(phrase) > 1 or phrase[0].word.prefix
