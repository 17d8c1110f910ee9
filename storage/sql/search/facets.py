"""How the articles that a search finds spread, inside the caller's transaction."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from operator import add
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.search import FACETS, FacetKind, Facets, SearchQuery
from storage.search.encoding import FIELD_END
from storage.sql.schema.core import article_places
from storage.sql.schema.types import among
from storage.sql.search.lexicon import shown
from storage.sql.search.matches import Matches, all_matches
from storage.sql.search.positions import Match, as_time
from storage.sql.search.search import look_up

_LOCAL = timezone(timedelta(hours=7))  # Việt Nam's, since 1975 all year round
_Counted = tuple[tuple[str, int], ...]


def count_facets(conn: Connection, query: SearchQuery, top: int) -> Facets:
    """Return how the matching articles spread; of each kind the `top` most frequent values."""
    plan = look_up(conn, query)
    matches = all_matches(conn, query, plan, filed=True) if plan.possible else Matches([])
    counts: dict[FacetKind, _Counted] = dict.fromkeys(FACETS, ())
    counts |= _named(conn, _filed(matches.found), top)
    counts["month"] = _months(matches.found)
    counts["place"] = _places(conn, [match.article for match in matches.found], top)
    return Facets(counts, len(matches.found), matches.since is None, matches.since)


def _filed(found: Iterable[Match]) -> Counter[str]:
    """Return how often each code stands among the articles' filings."""
    line = "".join([match.stream[: match.stream.index(FIELD_END)] for match in found])
    return Counter(map(add, line[::2], line[1::2]))


def _named(conn: Connection, filed: Counter[str], top: int) -> dict[FacetKind, _Counted]:
    of_kind: dict[str, list[tuple[str, int]]] = {}
    for code, (kind, text) in shown(conn, filed).items():
        of_kind.setdefault(kind, []).append((text, filed[code]))
    return {kind: _most(of_kind[kind], top) for kind in FACETS if kind in of_kind}


def _most(counted: Iterable[tuple[str, int]], top: int) -> _Counted:
    return tuple(sorted(counted, key=lambda one: (-one[1], one[0]))[:top])


def _months(found: Iterable[Match]) -> _Counted:
    months = Counter[str]()
    for at, count in Counter(_within_a_month(match.at) for match in found).items():
        months[f"{as_time(at).astimezone(_LOCAL):%Y-%m}"] += count
    return tuple(sorted(months.items()))


def _within_a_month(at: Any) -> Any:
    """Return a time of the same month, one for as many as possible: they are read one by one.

    Times are UTC's: before the 28th they are of the same month in Việt Nam.
    """
    if isinstance(at, str):
        return f"{at[:7]}-01T12:00Z" if at[8:10] < "28" else at
    return datetime(at.year, at.month, 1, 12, tzinfo=UTC) if at.day < 28 else at


def _places(conn: Connection, ids: Sequence[int], top: int) -> _Counted:
    if not ids:
        return ()
    counts = sa.select(article_places.c.unit, sa.func.count())
    counts = counts.where(among(conn, article_places.c.article, ids))
    rows = conn.execute(counts.group_by(article_places.c.unit))
    return _most([(row[0], row[1]) for row in rows], top)
