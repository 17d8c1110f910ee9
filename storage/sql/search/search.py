"""Searches, inside the caller's transaction."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from types import ModuleType
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec.articles import article_from_json
from storage.model.articles import ArchivedArticle
from storage.model.search import MAX_LIMIT, SearchHit, SearchQuery, SearchResult
from storage.search.highlight import Finder, snippet
from storage.sql.engine.backend import choose
from storage.sql.engine.bulk import rows_at
from storage.sql.engine.transactions import PageCursor
from storage.sql.read.articles import load_articles
from storage.sql.schema.clusters import copies
from storage.sql.schema.core import contents
from storage.sql.schema.types import in_parts
from storage.sql.search import fts5, tsvector
from storage.sql.search.entry import Match

RANKED = 5_000
"""Matches that are ranked at most, the newest."""

COUNTED = 10_000
"""Matches whose facet values are counted at most, the newest."""

LOOKED_AT = 12_000
"""Articles with all the words that are looked through for phrases, to rank or to count."""

READ = 1_000
"""Articles whose texts are read to know whether they match, to rank or to count."""

_CHUNK = 100
_READ_AT_ONCE = 25
_MOMENT = timedelta(microseconds=1)
_TEXTS = sa.select(contents.c.id, contents.c.json)
_SOURCES = sa.select(copies.c.article, copies.c.source)


def _engine_of(conn: Connection) -> ModuleType:
    return choose(conn, sqlite=fts5, postgresql=tsvector)


class Recent(NamedTuple):
    """The newest matches that can be ranked or counted. since: None where it is all there is."""

    matches: list[Match]
    since: datetime | None


def _candidates(
    conn: Connection, query: SearchQuery, most: int, *, scored: bool = False
) -> Iterator[Match]:
    """Yield what may match, newest first, and of each whether it does; scored: with a score.

    most: how many will be asked for, about.
    """
    engine = _engine_of(conn)
    found = engine.newest(conn, query, most, scored=scored)
    return _read(conn, found, Finder(query.words)) if engine.is_read(conn, query, most) else found


def _read(conn: Connection, found: Iterator[Match], finder: Finder) -> Iterator[Match]:
    while chunk := list(islice(found, _READ_AT_ONCE)):
        rows = rows_at(conn, _TEXTS, contents.c.id, [match.content for match in chunk])
        texts = {row[0]: article_from_json(row[1], 0) for row in rows}
        for match in chunk:
            yield match._replace(meets=match.meets and finder.says(texts[match.content]))


def recent(conn: Connection, query: SearchQuery, *, scored: bool = False) -> Recent:
    """Return the matches of a query, newest first; of very many the newest. scored: to rank."""
    most = RANKED if scored else COUNTED
    looked_at = READ if _engine_of(conn).is_read(conn, query, most + 1) else LOOKED_AT
    found = _candidates(conn, query, most + 1, scored=scored)
    matches: list[Match] = []
    for number, match in enumerate(found, 1):
        matches += [match] * match.meets
        if len(matches) > most:
            return Recent(matches[:-1], matches[-2].sort_at)
        if number == looked_at:
            is_all = not any(older.meets for older in found)
            return Recent(matches, None if is_all else match.sort_at)
    return Recent(matches, None)


def search(conn: Connection, query: SearchQuery) -> SearchResult:
    """Return what a search finds. Raises ValueError for a limit out of bounds."""
    if not 1 <= query.limit <= MAX_LIMIT:
        raise ValueError(f"a search's limit is {query.limit}: expected 1 to {MAX_LIMIT}")
    return _newest(conn, query) if query.order == "date" else _best(conn, query)


def found_page(
    query: SearchQuery, conn: Connection, after: PageCursor | None, size: int
) -> list[tuple[PageCursor, ArchivedArticle]]:
    """Return up to `size` matching articles after a position; the query's limit does not count."""
    if after is not None:  # others of that very moment may be still to come
        query = replace(query, until=after[0] + _MOMENT)
    found = ((one.sort_at, one.article) for one in _candidates(conn, query, size) if one.meets)
    positions = list(islice((one for one in found if after is None or one < after), size))
    loaded = load_articles(conn, [position[1] for position in positions])
    return list(zip(positions, loaded, strict=True))


def _newest(conn: Connection, query: SearchQuery) -> SearchResult:
    matches = (one for one in _candidates(conn, query, query.limit + 1) if one.meets)
    shown = _shown(conn, query, matches)
    more = next(matches, None) is not None
    is_exact = not more and not query.one_per_cluster
    return SearchResult(_hits(conn, query, shown), len(shown) + more, is_exact)


def _best(conn: Connection, query: SearchQuery) -> SearchResult:
    found = recent(conn, query, scored=True)
    best = sorted(found.matches, key=lambda match: -match.score)
    hits = _hits(conn, query, _shown(conn, query, best))
    complete = found.since is None
    return SearchResult(hits, len(found.matches), complete, complete, found.since)


def _shown(conn: Connection, query: SearchQuery, ordered: Iterable[Match]) -> list[Match]:
    kept = _collapsed(conn, ordered) if query.one_per_cluster else ordered
    return list(islice(kept, query.limit))


def _hits(conn: Connection, query: SearchQuery, shown: list[Match]) -> tuple[SearchHit, ...]:
    ids = [match.article for match in shown]
    loaded = (one for part in in_parts(ids) for one in load_articles(conn, part))
    finder = Finder(query.words)
    hits = []
    for match, found in zip(shown, loaded, strict=True):
        article = found.latest.article
        marks = finder.marks(article)
        hits.append(SearchHit(found, match.score, marks, snippet(article, marks)))
    return tuple(hits)


def _collapsed(conn: Connection, matches: Iterable[Match]) -> Iterator[Match]:
    """Yield the first article of each cluster."""
    seen: set[int] = set()
    rest = iter(matches)
    while chunk := list(islice(rest, _CHUNK)):
        ids = [match.article for match in chunk]
        sources = {row[0]: row[1] for row in rows_at(conn, _SOURCES, copies.c.article, ids)}
        for match in chunk:
            source = sources.get(match.article, match.article)
            if source not in seen:
                yield match
            seen.add(source)
