"""Searches, and how the articles found spread, inside the caller's transaction."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.articles import ArchivedArticle
from storage.model.search import (
    FACETS,
    MAX_LIMIT,
    FacetKind,
    Facets,
    SearchHit,
    SearchQuery,
    SearchResult,
    Words,
)
from storage.search.document import facet_key
from storage.search.highlight import find_marks, is_match, snippet
from storage.sql.clusters.read import sources_of
from storage.sql.engine.bulk import among
from storage.sql.engine.transactions import PageCursor
from storage.sql.read.articles import load_articles
from storage.sql.schema.places import article_places
from storage.sql.schema.types import in_parts
from storage.sql.search.entry import Match
from storage.sql.search.index import engine_of, load_texts

READ = 1_000
"""Articles whose texts are read to know whether they match, to rank or to count."""

_CHUNK = 100
_READ_AT_ONCE = 25
_MOMENT = timedelta(microseconds=1)
_AHEAD = timedelta(hours=7)  # Việt Nam's time is of UTC, since 1975 all year round
_Counted = tuple[tuple[str, int], ...]


def _candidates(
    conn: Connection, query: SearchQuery, most: int, *, scored: bool = False
) -> Iterator[Match]:
    """Yield what may match, newest first, and for each whether it does; scored: with a score.

    most: about how many will be consumed.
    """
    engine = engine_of(conn)
    found = engine.newest(conn, query, most, scored=scored)
    return _read(conn, found, query.words) if engine.is_read(conn, query, most) else found


def _read(conn: Connection, found: Iterator[Match], words: Words) -> Iterator[Match]:
    while chunk := list(islice(found, _READ_AT_ONCE)):
        texts = load_texts(conn, [match.content for match in chunk])
        for match in chunk:
            yield match._replace(meets=match.meets and is_match(words, texts[match.content]))


def _recent(
    conn: Connection, query: SearchQuery, *, scored: bool = False
) -> tuple[list[Match], datetime | None]:
    """Return the newest matches that can be ranked or counted, newest first.

    Also since when these are all matches, None where they are all there are. scored: to rank.
    """
    engine = engine_of(conn)
    most = engine.RANKED if scored else engine.COUNTED
    looked_at = READ if engine.is_read(conn, query, most + 1) else engine.LOOKED_AT
    found = _candidates(conn, query, most + 1, scored=scored)
    matches: list[Match] = []
    for number, match in enumerate(found, 1):
        matches += [match] * match.meets
        if len(matches) > most:
            return matches[:-1], matches[-2].sort_at
        if number == looked_at:
            is_all = not any(older.meets for older in found)
            return matches, None if is_all else match.sort_at
    return matches, None


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
    matches, since = _recent(conn, query, scored=True)
    best = sorted(matches, key=lambda match: -match.score)
    hits = _hits(conn, query, _shown(conn, query, best))
    return SearchResult(hits, len(matches), since is None, since is None, since)


def _shown(conn: Connection, query: SearchQuery, ordered: Iterable[Match]) -> list[Match]:
    kept = _collapsed(conn, ordered) if query.one_per_cluster else ordered
    return list(islice(kept, query.limit))


def _hits(conn: Connection, query: SearchQuery, shown: list[Match]) -> tuple[SearchHit, ...]:
    ids = [match.article for match in shown]
    loaded = (one for part in in_parts(ids) for one in load_articles(conn, part))
    hits = []
    for match, found in zip(shown, loaded, strict=True):
        article = found.latest.article
        marks = find_marks(query.words, article)
        hits.append(SearchHit(found, match.score, marks, snippet(article, marks)))
    return tuple(hits)


def _collapsed(conn: Connection, matches: Iterable[Match]) -> Iterator[Match]:
    """Yield the first article of each cluster."""
    seen: set[int] = set()
    rest = iter(matches)
    while chunk := list(islice(rest, _CHUNK)):
        sources = sources_of(conn, (match.article for match in chunk))
        for match in chunk:
            if sources[match.article] not in seen:
                yield match
            seen.add(sources[match.article])


def count_facets(conn: Connection, query: SearchQuery, top: int) -> Facets:
    """Return how the matching articles spread; of each kind the `top` most frequent values."""
    matches, since = _recent(conn, query)
    local = (match.sort_at + _AHEAD for match in matches)
    months = Counter((at.year, at.month) for at in local)
    counts: dict[FacetKind, _Counted] = {
        **_filed(matches, top),
        "month": tuple((f"{y}-{m:02}", count) for (y, m), count in sorted(months.items())),
        "place": _places(conn, [match.article for match in matches], top),
    }
    return Facets(counts, len(matches), since is None, since)


def _filed(found: Iterable[Match], top: int) -> dict[FacetKind, _Counted]:
    """Return the counts of values; one that is written in several ways is shown as most are."""
    lines = Counter(line for match in found for line in match.filed.split("\n"))
    shown: dict[tuple[str, str], str] = {}
    totals = Counter[tuple[str, str]]()
    for line, count in sorted(lines.items(), key=lambda one: (-one[1], one[0])):
        kind, _, value = line.partition("\t")
        key = kind, facet_key(value)
        shown.setdefault(key, value)
        totals[key] += count
    return {
        kind: _most(((shown[key], totals[key]) for key in totals if key[0] == kind), top)
        for kind in FACETS
    }


def _most(counted: Iterable[tuple[str, int]], top: int) -> _Counted:
    return tuple(sorted(counted, key=lambda one: (-one[1], one[0]))[:top])


def _places(conn: Connection, ids: list[int], top: int) -> _Counted:
    counts = sa.select(article_places.c.unit, sa.func.count())
    counts = counts.where(among(conn, article_places.c.article, ids))
    rows = conn.execute(counts.group_by(article_places.c.unit))
    return _most([(row[0], row[1]) for row in rows], top)
