"""Searches, inside the caller's transaction."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.articles import ArchivedArticle
from storage.model.search import MAX_LIMIT, SearchHit, SearchQuery, SearchResult
from storage.search.highlight import Finder, snippet
from storage.sql.engine.bulk import rows_at
from storage.sql.read.articles import load_articles
from storage.sql.schema.clusters import copies
from storage.sql.schema.types import in_parts
from storage.sql.search import entry, fts5
from storage.sql.search.entry import Match
from storage.sql.search.index import engine_of

_CHUNK = 100
_SOURCES = sa.select(copies.c.article, copies.c.source)


@dataclass(frozen=True, slots=True)
class Recent:
    """The newest matches that can be ranked or counted. since: None where it is all there is."""

    matches: list[Match]
    since: datetime | None
    broad: bool


def recent(conn: Connection, query: SearchQuery) -> Recent:
    """Return the matches of a query, newest first; of very many the newest."""
    engine = engine_of(conn)
    horizon = engine.horizon(conn, query)
    bounded = query if horizon is None else replace(query, since=horizon)
    checked = engine is fts5 and fts5.is_checked(query.words)
    most = min(engine.READ, entry.RANKED) if checked else entry.RANKED
    found = engine.newest(conn, bounded, most + 1, horizon is not None)
    matches = list(islice(found, most + 1))
    if len(matches) > most:
        return Recent(matches[:most], matches[most - 1].sort_at, horizon is not None)
    if horizon is not None:
        older = engine.newest(conn, replace(query, until=horizon), 1, False)
        return Recent(matches, horizon if any(True for _ in older) else None, True)
    return Recent(matches, None, False)


def search(conn: Connection, query: SearchQuery) -> SearchResult:
    """Return what a search finds. Raises ValueError for a limit out of bounds."""
    if not 1 <= query.limit <= MAX_LIMIT:
        raise ValueError(f"a search's limit is {query.limit}: expected 1 to {MAX_LIMIT}")
    return _newest(conn, query) if query.order == "date" else _best(conn, query)


def _newest(conn: Connection, query: SearchQuery) -> SearchResult:
    matches: Iterator[Match] = engine_of(conn).newest(conn, query, query.limit + 1, False)
    ordered = (match.article for match in matches)
    kept = _collapsed(conn, ordered) if query.one_per_cluster else ordered
    ids = list(islice(kept, query.limit))
    more = next(matches, None) is not None
    is_exact = not more and not query.one_per_cluster
    return SearchResult(_hits(conn, query, ids, {}), len(ids) + more, is_exact)


def _best(conn: Connection, query: SearchQuery) -> SearchResult:
    found = recent(conn, query)
    scores = engine_of(conn).scores(conn, query, found.matches, found.broad)
    ordered = sorted(found.matches, key=lambda match: -scores.get(match.article, 0.0))
    best = (match.article for match in ordered)
    kept = _collapsed(conn, best) if query.one_per_cluster else best
    hits = _hits(conn, query, list(islice(kept, query.limit)), scores)
    complete = found.since is None
    return SearchResult(hits, len(found.matches), complete, complete, found.since)


def _hits(
    conn: Connection, query: SearchQuery, ids: Sequence[int], scores: dict[int, float]
) -> tuple[SearchHit, ...]:
    loaded = [one for part in in_parts(ids) for one in load_articles(conn, part)]
    finder = Finder(query.words)
    return tuple(_hit(one, scores.get(one.id, 0.0), finder) for one in loaded)


def _hit(found: ArchivedArticle, score: float, finder: Finder) -> SearchHit:
    article = found.latest.article
    marks = finder.marks(article)
    return SearchHit(found, score, marks, snippet(article, marks))


def _collapsed(conn: Connection, articles: Iterable[int]) -> Iterator[int]:
    """Yield the first article of each cluster."""
    seen: set[int] = set()
    rest = iter(articles)
    while chunk := list(islice(rest, _CHUNK)):
        sources = {row[0]: row[1] for row in rows_at(conn, _SOURCES, copies.c.article, chunk)}
        for article in chunk:
            source = sources.get(article, article)
            if source not in seen:
                yield article
            seen.add(source)
