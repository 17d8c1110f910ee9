"""Searches, inside the caller's transaction."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from types import ModuleType
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.search import MAX_LIMIT, SearchHit, SearchQuery, SearchResult
from storage.search.highlight import Finder, snippet
from storage.sql.engine.backend import choose
from storage.sql.engine.bulk import rows_at
from storage.sql.read.articles import load_articles
from storage.sql.schema.clusters import copies
from storage.sql.schema.types import in_parts
from storage.sql.search import entry, fts5, tsvector
from storage.sql.search.entry import Match
from storage.sql.search.spellings import spelled

_CHUNK = 100
_SOURCES = sa.select(copies.c.article, copies.c.source)


def _engine_of(conn: Connection) -> ModuleType:
    return choose(conn, sqlite=fts5, postgresql=tsvector)


class Recent(NamedTuple):
    """The newest matches that can be ranked or counted. since: None where it is all there is."""

    matches: list[Match]
    since: datetime | None


def recent(conn: Connection, query: SearchQuery, *, scored: bool = False) -> Recent:
    """Return the matches of a query, newest first; of very many the newest. scored: to rank."""
    engine = _engine_of(conn)
    asked = spelled(conn, query)
    horizon = engine.horizon(conn, asked)
    bounded = asked if horizon is None else asked.within(horizon, query.until)
    most = (entry.RANKED if scored else entry.COUNTED) + 1
    found = engine.newest(conn, bounded, most, scored=scored, broad=horizon is not None)
    matches = list(islice(found, most))
    if len(matches) == most:
        return Recent(matches[:-1], matches[-2].sort_at)
    if horizon is not None and not engine.is_read(asked):
        older = engine.newest(conn, asked.within(query.since, horizon), 1)
        horizon = horizon if next(older, None) else None
    return Recent(matches, horizon)


def search(conn: Connection, query: SearchQuery) -> SearchResult:
    """Return what a search finds. Raises ValueError for a limit out of bounds."""
    if not 1 <= query.limit <= MAX_LIMIT:
        raise ValueError(f"a search's limit is {query.limit}: expected 1 to {MAX_LIMIT}")
    return _newest(conn, query) if query.order == "date" else _best(conn, query)


def _newest(conn: Connection, query: SearchQuery) -> SearchResult:
    asked = spelled(conn, query)
    matches: Iterator[Match] = _engine_of(conn).newest(conn, asked, query.limit + 1)
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
