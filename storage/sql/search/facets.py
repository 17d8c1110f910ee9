"""How the articles that a search finds spread, inside the caller's transaction."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.search import FACETS, FacetKind, Facets, SearchQuery
from storage.search.document import facet_key
from storage.sql.engine.bulk import among
from storage.sql.schema.places import article_places
from storage.sql.search.entry import Match
from storage.sql.search.search import recent

_AHEAD = timedelta(hours=7)  # Việt Nam's time is of UTC, since 1975 all year round
_Counted = tuple[tuple[str, int], ...]


def count_facets(conn: Connection, query: SearchQuery, top: int) -> Facets:
    """Return how the matching articles spread; of each kind the `top` most frequent values."""
    matches, since = recent(conn, query)
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
