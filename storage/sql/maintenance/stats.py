"""How much the archive has, counted."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.maintenance import ArchiveStats, OutletStats
from storage.sql.engine.backend import backend_of
from storage.sql.schema.core import articles, captures, outlets, refusals, revisions
from storage.sql.schema.types import AnyRow


def load_stats(conn: Connection) -> ArchiveStats:
    """Return what the archive has, outlets in alphabetical order."""
    return ArchiveStats(tuple(_outlets(conn)), backend_of(conn).size_bytes(conn))


def _outlets(conn: Connection) -> Iterator[OutletStats]:
    shown = articles.c.sort_at.is_not(None)
    time, taken = articles.c.sort_at, captures.c.captured_at
    listed = _by_outlet(
        conn, articles.c.outlet, sa.func.count(), sa.func.min(time), sa.func.max(time), where=shown
    )
    recorded = _by_outlet(
        conn, captures.c.outlet, sa.func.count(), sa.func.min(taken), sa.func.max(taken)
    )
    edits = (
        sa.select(articles.c.outlet, sa.func.count())
        .select_from(revisions.join(articles))
        .where(revisions.c.number > 1)
        .group_by(articles.c.outlet)
    )
    edited: dict[str, int] = {row[0]: row[1] for row in conn.execute(edits)}
    refused: dict[str, dict[str, int]] = {}
    by_reason = (refusals.c.outlet, refusals.c.reason)
    for outlet, reason, count in conn.execute(
        sa.select(*by_reason, sa.func.count()).group_by(*by_reason).order_by(*by_reason)
    ):
        refused.setdefault(outlet, {})[reason] = count
    for slug in sorted(conn.execute(sa.select(outlets.c.slug)).scalars()):
        count, first, last = listed.get(slug, _NOTHING)[-3:]
        taken_count, taken_first, taken_last = recorded.get(slug, _NOTHING)[-3:]
        yield OutletStats(
            outlet=slug,
            articles=count,
            revisions=edited.get(slug, 0),
            captures=taken_count,
            refusals=refused.get(slug, {}),
            first_at=first,
            last_at=last,
            captured_from=taken_first,
            captured_to=taken_last,
        )


_NOTHING: tuple[Any, ...] = (0, None, None)


def _by_outlet(
    conn: Connection, outlet: sa.Column[str], *columns: Any, where: Any = None
) -> dict[str, AnyRow]:
    query = sa.select(outlet, *columns).group_by(outlet)
    if where is not None:
        query = query.where(where)
    return {row[0]: row for row in conn.execute(query)}
