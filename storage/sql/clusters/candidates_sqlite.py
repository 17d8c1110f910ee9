"""Which articles hold a hash, on SQLite: a row of `sketches` for each, ordered by hash."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Select

from storage.dedup.signature import unpack
from storage.sql.engine.bulk import insert
from storage.sql.schema.clusters import signatures, sketches

PER_HASH = 32
"""Articles that are looked at of those that hold a hash: the latest stored."""

_PAGE = 5000  # signatures


def prepare(_conn: Connection) -> None:
    """Do nothing: SQLite takes the index."""


def change(
    conn: Connection,
    rows: Sequence[Mapping[str, Any]],
    gone: Mapping[int, Collection[int]],
    come: Mapping[int, Collection[int]],
) -> None:
    """Write rows of signatures; their articles no longer hold some hashes, and hold others."""
    insert(conn, signatures, rows)
    stale = sorted((hash_, id_) for id_, held in gone.items() for hash_ in held)
    if stale:
        conn.exec_driver_sql("DELETE FROM sketches WHERE hash = ? AND article = ?", stale)
    _add(conn, come)


def holders(conn: Connection, hashes: Sequence[int]) -> dict[int, list[int]]:
    """Return the latest articles that hold each of these hashes, as far as any does."""
    asked = {"hashes": json.dumps(hashes), "most": PER_HASH * len(hashes)}
    rows = conn.execute(_ALL, asked).all()
    if len(rows) == asked["most"]:  # some hash is common; asking for each one's latest is slower
        rows = conn.execute(_LATEST, asked).all()
    found: defaultdict[int, list[int]] = defaultdict(list)
    for hash_, article in rows:
        found[hash_].append(article)
    return {hash_: articles[-PER_HASH:] for hash_, articles in found.items()}


def fill_sketches(conn: Connection) -> None:
    """Rebuild SQLite's rows from the signatures; PostgreSQL keeps its index up to date."""
    if conn.dialect.name != "sqlite":
        return
    conn.execute(sa.delete(sketches))
    after = 0
    query = sa.select(signatures.c.article, signatures.c.packed).order_by(signatures.c.article)
    while rows := conn.execute(query.where(signatures.c.article > after).limit(_PAGE)).all():
        _add(conn, {row.article: set(unpack(row.packed)) for row in rows})
        after = rows[-1].article


def _add(conn: Connection, come: Mapping[int, Collection[int]]) -> None:
    added = sorted((hash_, id_) for id_, held in come.items() for hash_ in held)
    if added:  # one that is there already is a fault which `archive check` tells, and no harm
        conn.exec_driver_sql("INSERT INTO sketches VALUES (?, ?) ON CONFLICT DO NOTHING", added)


def _latest() -> Select[Any]:
    """Return a statement for (hash, article); SQLite has no lateral join to say it with."""
    wanted = sa.func.json_each(sa.bindparam("hashes")).table_valued("value", name="wanted")
    held = sketches.alias()
    oldest = (
        sa.select(held.c.article)
        .where(held.c.hash == wanted.c.value)
        .order_by(held.c.article.desc())
        .limit(1)
        .offset(PER_HASH - 1)
        .scalar_subquery()
    )
    near = (sketches.c.hash == wanted.c.value) & (sketches.c.article >= sa.func.coalesce(oldest, 0))
    return sa.select(sketches.c.hash, sketches.c.article).select_from(wanted.join(sketches, near))


_LATEST = _latest()
_ALL = (
    sa.select(sketches.c.hash, sketches.c.article)
    .where(
        sketches.c.hash.in_(
            sa.select(sa.func.json_each(sa.bindparam("hashes")).table_valued("value").c.value)
        )
    )
    .order_by(sketches.c.hash, sketches.c.article)
    .limit(sa.bindparam("most"))
)
