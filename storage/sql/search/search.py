"""Searches, inside the caller's transaction."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from itertools import islice

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.articles import ArchivedArticle
from storage.model.search import MAX_LIMIT, SearchHit, SearchQuery, SearchResult, Term
from storage.search.document import value_word
from storage.search.highlight import Finder, snippet
from storage.search.matcher import Needle, Plan
from storage.search.ranking import ranking
from storage.sql.read.articles import load_articles
from storage.sql.schema.clusters import copies
from storage.sql.schema.types import among, in_parts
from storage.sql.search.lexicon import meaning, value_codes
from storage.sql.search.matches import all_matches, matches_by_date

_CHUNK = 100


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of a search, by short id and score, with what SearchResult says of them."""

    hits: tuple[tuple[int, float], ...]
    total: int
    total_is_exact: bool
    complete: bool = True
    ranked_since: datetime | None = None


def search(conn: Connection, query: SearchQuery) -> SearchResult:
    """Return what a search finds. Raises QueryError, ValueError for a limit out of bounds."""
    if not 1 <= query.limit <= MAX_LIMIT:
        raise ValueError(f"a search's limit is {query.limit}: expected 1 to {MAX_LIMIT}")
    found = find(conn, query)
    ids = [article for article, _ in found.hits]
    loaded = [one for part in in_parts(ids) for one in load_articles(conn, part)]
    scores = [score for _, score in found.hits]
    finder = Finder(query.words)
    return SearchResult(
        tuple(_hit(one, score, finder) for one, score in zip(loaded, scores, strict=True)),
        found.total,
        found.total_is_exact,
        found.complete,
        found.ranked_since,
    )


def _hit(found: ArchivedArticle, score: float, finder: Finder) -> SearchHit:
    article = found.latest.article
    marks = finder.marks(article)
    return SearchHit(found, score, marks, snippet(article, marks))


def find(conn: Connection, query: SearchQuery) -> Found:
    """Return the articles that a search finds. Raises QueryError."""
    plan = look_up(conn, query)
    if not plan.possible:
        return Found((), 0, total_is_exact=True)
    if query.order == "date":
        return _newest(conn, query, plan)
    return _best(conn, query, plan)


def look_up(conn: Connection, query: SearchQuery) -> Plan:
    """Return the query with its words and values looked up in the lexicon."""
    required = (_possible(conn, group) for group in query.words.required)
    filed = (
        ("outlet", query.outlets),
        ("section", query.sections),
        ("author", query.authors),
        ("tag", query.tags),
        ("kind", query.kinds),
    )
    return Plan(
        tuple(required),
        _possible(conn, query.words.excluded),
        tuple(
            value_codes(conn, [value_word(kind, value) for value in values])
            for kind, values in filed
            if values
        ),
    )


def _possible(conn: Connection, terms: Iterable[Term]) -> tuple[Needle, ...]:
    """Return the terms of which some article has every word."""
    needles = (Needle(tuple(meaning(conn, word) for word in term.words)) for term in terms)
    return tuple(needle for needle in needles if needle.possible)


def _newest(conn: Connection, query: SearchQuery, plan: Plan) -> Found:
    matches = matches_by_date(conn, query, plan)
    ordered = ((match.article, 0.0) for match in matches)
    kept = _collapsed(conn, ordered) if query.one_per_cluster else ordered
    hits = tuple(islice(kept, query.limit))
    more = next(matches, None) is not None
    return Found(hits, len(hits) + more, total_is_exact=not more and not query.one_per_cluster)


def _best(conn: Connection, query: SearchQuery, plan: Plan) -> Found:
    matches = all_matches(conn, query, plan)
    scores = ranking(plan, matches.sample).scores([match.stream for match in matches.found])
    scored = [(score, *match.position) for score, match in zip(scores, matches.found, strict=True)]
    first = len(scored) if query.one_per_cluster else query.limit
    ordered = ((article, points) for points, _, article in nlargest(first, scored))
    kept = _collapsed(conn, ordered) if query.one_per_cluster else ordered
    complete = matches.since is None
    hits = tuple(islice(kept, query.limit))
    return Found(hits, len(scored), complete, complete, matches.since)


def _collapsed(conn: Connection, hits: Iterable[tuple[int, float]]) -> Iterator[tuple[int, float]]:
    """Yield the first hit of each cluster."""
    seen: set[int] = set()
    rest = iter(hits)
    while chunk := list(islice(rest, _CHUNK)):
        sources = _sources(conn, [article for article, _ in chunk])
        for article, score in chunk:
            source = sources.get(article, article)
            if source not in seen:
                yield article, score
            seen.add(source)


def _sources(conn: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Return of those articles that are copies which article they are a copy of."""
    copied = sa.select(copies.c.article, copies.c.source).where(among(conn, copies.c.article, ids))
    return {row.article: row.source for row in conn.execute(copied)}
