"""How the articles that a search finds spread, inside the caller's transaction."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.search import FACETS, FacetKind, Facets, SearchQuery
from storage.search.document import facet_key
from storage.sql.schema.core import article_places
from storage.sql.schema.types import among
from storage.sql.search.entry import Match
from storage.sql.search.search import recent

_AHEAD = timedelta(hours=7)  # Việt Nam's time is of UTC, since 1975 all year round
_Counted = tuple[tuple[str, int], ...]


def count_facets(conn: Connection, query: SearchQuery, top: int) -> Facets:
    """Return how the matching articles spread; of each kind the `top` most frequent values."""
    found = recent(conn, query)
    counts: dict[FacetKind, _Counted] = dict.fromkeys(FACETS, ())
    if found.matches:
        ids = [match.article for match in found.matches]
        counts |= _filed(found.matches, top)
        counts["month"] = _months(found.matches)
        counts["place"] = _places(conn, ids, top)
    return Facets(counts, len(found.matches), found.since is None, found.since)


def _filed(found: Iterable[Match], top: int) -> dict[FacetKind, _Counted]:
    """Return the counts of values; one that is written in several ways is shown as most are."""
    lists = ",".join(match.filed for match in found)
    written = Counter((kind, value) for filed in json.loads(f"[{lists}]") for kind, value in filed)
    shown: dict[tuple[str, str], str] = {}
    totals = Counter[tuple[str, str]]()
    for (kind, value), count in sorted(written.items(), key=lambda one: (-one[1], one[0])):
        key = kind, facet_key(value)
        shown.setdefault(key, value)
        totals[key] += count
    return {
        kind: _most(((shown[key], totals[key]) for key in totals if key[0] == kind), top)
        for kind in FACETS
    }


def _most(counted: Iterable[tuple[str, int]], top: int) -> _Counted:
    return tuple(sorted(counted, key=lambda one: (-one[1], one[0]))[:top])


def _months(found: Iterable[Match]) -> _Counted:
    local = (match.sort_at + _AHEAD for match in found)
    counts = Counter((at.year, at.month) for at in local)
    return tuple((f"{year}-{month:02}", count) for (year, month), count in sorted(counts.items()))


def _places(conn: Connection, ids: Sequence[int], top: int) -> _Counted:
    counts = sa.select(article_places.c.unit, sa.func.count())
    counts = counts.where(among(conn, article_places.c.article, ids))
    rows = conn.execute(counts.group_by(article_places.c.unit))
    return _most([(row[0], row[1]) for row in rows], top)
