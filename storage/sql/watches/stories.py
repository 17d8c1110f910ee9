"""New articles by the story that they tell: a cluster is one, and may have been told before."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.watches import ArrivalQuery
from storage.sql.engine.bulk import rows_at
from storage.sql.schema.clusters import copies
from storage.sql.watches.arrivals import Arrival, match, shown

_COPIES = sa.select(copies.c.article, copies.c.source)


def sources_of(conn: Connection, ids: Iterable[int]) -> dict[int, int]:
    """Return the source of each article's cluster: itself, where it is no copy."""
    wanted = list(ids)
    rows = rows_at(conn, _COPIES, copies.c.article, wanted)
    return {id_: id_ for id_ in wanted} | {row.article: row.source for row in rows}


def told_before(
    conn: Connection, queries: Sequence[ArrivalQuery], found: Sequence[Sequence[int]]
) -> list[set[int]]:
    """Return, for each query, those of the new articles it found whose story it had found before.

    That is so where another article of the cluster arrived before the query's cursor, and is one
    that it finds.
    """
    sources = sources_of(conn, dict.fromkeys(id_ for ids in found for id_ in ids))
    members: defaultdict[int, list[int]] = defaultdict(list)
    for row in rows_at(conn, _COPIES, copies.c.source, set(sources.values())):
        members[row.source].append(row.article)
    told = []
    for query, ids in zip(queries, found, strict=True):
        older = {
            member: sources[id_]
            for id_ in ids
            if sources[id_] in members
            for member in (sources[id_], *members[sources[id_]])
            if member <= query.after.article
        }
        stories = {older[one.article] for one in _matching(conn, query, older)}
        told.append({id_ for id_ in ids if sources[id_] in stories})
    return told


def _matching(conn: Connection, query: ArrivalQuery, ids: Iterable[int]) -> list[Arrival]:
    """Return those of the articles that a query finds, whenever they arrived."""
    everywhen = ArrivalQuery(query.query, type(query.after)(-1, -1))
    arrived = shown(conn, ids)
    return match(conn, arrived, [everywhen])[0] if arrived else []
