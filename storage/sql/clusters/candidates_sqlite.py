"""Which articles hold a hash, on SQLite: a row of `sketches` for each, ordered by hash."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Connection, Select

from storage.dedup.signature import unpack
from storage.sql.clusters.signatures import PER_HASH, signature_pages
from storage.sql.engine.bulk import insert
from storage.sql.schema.clusters import signatures, sketches

_PRIME = 2147483647


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
    stale = sorted((hash_, id_) for id_, hashes in gone.items() for hash_ in hashes)
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


def rebuild(conn: Connection) -> None:
    """Write all rows again from the signatures."""
    conn.execute(sa.delete(sketches))
    for page in signature_pages(conn):
        _add(conn, {row.article: set(unpack(row.packed)) for row in page})


def stray(conn: Connection) -> list[tuple[str, str, int | None]]:
    """Return a fault, its repair and no hash where the rows are not those of the signatures."""
    if _sum_of_sketches(conn) == _sum_of_signatures(conn):
        return []
    what = "the rows that look-alikes are found by are not those of the signatures"
    return [(what, "rebuild them from the signatures; crawls wait meanwhile", None)]


def repair(conn: Connection, _hash: int | None) -> None:
    """Rebuild the rows if they are still not those of the signatures."""
    if stray(conn):
        rebuild(conn)


def _sum_of_sketches(conn: Connection) -> tuple[int, int]:
    """Return how many rows there are, and a sum that depends on which; see `_sum_of_signatures`."""
    each = (sketches.c.hash + 2**31) * (sketches.c.article % 65521 + 1) % _PRIME
    row = conn.execute(sa.select(sa.func.count(), sa.func.sum(each)).select_from(sketches)).one()
    return row[0], row[1] or 0


def _sum_of_signatures(conn: Connection) -> tuple[int, int]:
    count = total = 0
    for page in signature_pages(conn):
        sketched = [(hash_, row.article) for row in page for hash_ in set(unpack(row.packed))]
        pairs = np.array(sketched, dtype=np.int64)
        count += len(pairs)
        total += int(((pairs[:, 0] + 2**31) * (pairs[:, 1] % 65521 + 1) % _PRIME).sum())
    return count, total


def _add(conn: Connection, come: Mapping[int, Collection[int]]) -> None:
    added = sorted((hash_, id_) for id_, hashes in come.items() for hash_ in hashes)
    if added:  # one that is there already is a fault which `archive check` reports, and no harm
        conn.exec_driver_sql("INSERT INTO sketches VALUES (?, ?) ON CONFLICT DO NOTHING", added)


def _latest() -> Select[Any]:
    """Return a statement for (hash, article); SQLite has no lateral join to say it with."""
    wanted = sa.func.json_each(sa.bindparam("hashes")).table_valued("value", name="wanted")
    holder = sketches.alias()
    oldest = (
        sa.select(holder.c.article)
        .where(holder.c.hash == wanted.c.value)
        .order_by(holder.c.article.desc())
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
