"""The articles that a database's index has for a plan: all that match, and a few more.

SQLite's index gives ids and no times. For newest first they are met with the times' own index,
which is walked from the newest on and holds both: no other article is opened. PostgreSQL's gives
places of narrow rows, which hold the times.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.search import SearchQuery
from storage.search.matcher import Plan
from storage.sql.schema.search import search
from storage.sql.schema.types import among
from storage.sql.search.index_keys import held_ids, may_match
from storage.sql.search.positions import (
    Match,
    Position,
    matches_at,
    matches_of,
    newest_keyed,
    newest_positions,
    positions_where,
)

# Every plan but the one through the index reads keys off each row's string, and a bitmap that does
# not fit would do so too. As the function costs so much, any plan looks worth compiling and sharing
# among processes, which takes longer than all of it.
_PLANNED = {
    "enable_seqscan": "off",
    "work_mem": "64MB",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
}
_THROUGH_THE_INDEX = sa.select(
    *(sa.func.set_config(name, value, True) for name, value in _PLANNED.items())
)

WALK = 2_000  # positions that are read at once
MORE = 1_000  # candidates that are opened at once where those opened so far were not enough
WALK_WORTH = 5  # positions that are walked over in the time that one article is opened


def newest_candidates(
    conn: Connection, query: SearchQuery, plan: Plan, after: Position
) -> Iterator[Position]:
    """Yield where candidates stand after a position, newest first."""
    if conn.dialect.name == "postgresql":
        first = _by_row(conn, query, plan, after, WALK)
        yield from first
        if len(first) == WALK:
            yield from _by_row(conn, query, plan, first[-1], None)
        return
    wanted = set(held_ids(conn, plan))
    walked = 0
    while walked < len(wanted) * WALK_WORTH:
        page = newest_positions(conn, query, after, WALK)
        yield from (row for row in page if row[1] in wanted)
        if len(page) < WALK:
            return
        walked += WALK
        after = page[-1]
    yield from positions_where(conn, query, after, among(conn, search.c.article, sorted(wanted)))


def all_candidates(
    conn: Connection, query: SearchQuery, plan: Plan, after: Position, size: int, *, filed: bool
) -> Iterator[list[Match]]:
    """Yield the candidates after a position, newest first: first `size` of them, then MORE each.

    filed: only the first field of their strings.
    """
    if conn.dialect.name == "postgresql":
        rows = _by_row(conn, query, plan, after, None)
    else:
        ids = held_ids(conn, plan)
        if len(ids) <= size:
            yield matches_of(conn, query, after, ids, filed=filed)
            return
        rows = positions_where(conn, query, after, among(conn, search.c.article, ids))
    yield matches_at(conn, rows[:size], filed=filed)
    for at in range(size, len(rows), MORE):
        yield matches_at(conn, rows[at : at + MORE], filed=filed)


def _by_row(
    conn: Connection, query: SearchQuery, plan: Plan, after: Position, size: int | None
) -> list[Position]:
    conn.execute(_THROUGH_THE_INDEX)
    return newest_keyed(conn, query, after, may_match(plan), size)
