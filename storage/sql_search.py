"""Searches and facets, inside the caller's transaction."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import islice

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model import ArchivedArticle
from storage.search import (
    FACETS,
    MAX_LIMIT,
    FacetKind,
    Facets,
    SearchHit,
    SearchQuery,
    SearchResult,
    Term,
)
from storage.search_codes import FIELD_END
from storage.search_marks import Finder, snippet
from storage.search_match import Needle, Plan
from storage.search_rank import ranking
from storage.search_stream import value_word
from storage.sql_lexicon import meaning, shown, value_codes
from storage.sql_matches import Match, Matches, all_matches, among, newest_matches
from storage.sql_read import load_articles
from storage.sql_types import in_parts
from storage.tables import article_places
from storage.tables_clusters import copies

_LOCAL = timezone(timedelta(hours=7))  # Việt Nam's, since 1975 all year round
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
    matches = newest_matches(conn, query, plan)
    ordered = ((match.article, 0.0) for match in matches)
    kept = _collapsed(conn, ordered) if query.one_per_cluster else ordered
    hits = tuple(islice(kept, query.limit))
    more = next(matches, None) is not None
    return Found(hits, len(hits) + more, total_is_exact=not more and not query.one_per_cluster)


def _best(conn: Connection, query: SearchQuery, plan: Plan) -> Found:
    matches = all_matches(conn, query, plan)
    score = ranking(plan, matches.sample).score
    scored = [(score(match.stream), match.at, match.article) for match in matches.found]
    ordered = ((article, points) for points, _, article in sorted(scored, reverse=True))
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


def count_facets(conn: Connection, query: SearchQuery, top: int) -> Facets:
    """Return how the matching articles spread; of each kind the `top` most frequent values."""
    plan = look_up(conn, query)
    matches = all_matches(conn, query, plan) if plan.possible else Matches([])
    filed = Counter[str]()
    for match in matches.found:
        line = match.stream[: match.stream.index(FIELD_END)]
        filed.update(line[at : at + 2] for at in range(0, len(line), 2))
    counts: dict[FacetKind, tuple[tuple[str, int], ...]] = dict.fromkeys(FACETS, ())
    counts |= _named(conn, filed, top)
    counts["month"] = _months(matches.found)
    counts["place"] = _places(conn, [match.article for match in matches.found], top)
    return Facets(counts, len(matches.found), matches.since is None, matches.since)


def _named(
    conn: Connection, filed: Counter[str], top: int
) -> dict[FacetKind, tuple[tuple[str, int], ...]]:
    names = shown(conn, filed)
    found = {}
    for kind in FACETS:
        counted = [
            (text, filed[code]) for code, (of_kind, text) in names.items() if of_kind == kind
        ]
        if counted:
            found[kind] = _most(counted, top)
    return found


def _most(counted: Iterable[tuple[str, int]], top: int) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counted, key=lambda one: (-one[1], one[0]))[:top])


def _months(found: Iterable[Match]) -> tuple[tuple[str, int], ...]:
    months = Counter(f"{match.sort_at.astimezone(_LOCAL):%Y-%m}" for match in found)
    return tuple(sorted(months.items()))


def _places(conn: Connection, ids: Sequence[int], top: int) -> tuple[tuple[str, int], ...]:
    if not ids:
        return ()
    counts = sa.select(article_places.c.unit, sa.func.count())
    counts = counts.where(among(conn, article_places.c.article, ids))
    rows = conn.execute(counts.group_by(article_places.c.unit))
    return _most([(row[0], row[1]) for row in rows], top)
