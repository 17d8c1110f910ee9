"""Find the articles that have a hash, on SQLite: by the table `sketches`, ordered by hash."""

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
    """Do nothing: SQLite's planner uses the index."""


def change(
    conn: Connection,
    rows: Sequence[Mapping[str, Any]],
    removed: Mapping[int, Collection[int]],
    added: Mapping[int, Collection[int]],
) -> None:
    """Insert rows of signatures. removed, added: the hashes that changed, by article."""
    insert(conn, signatures, rows)
    stale = sorted((hash_, id_) for id_, hashes in removed.items() for hash_ in hashes)
    if stale:
        conn.exec_driver_sql("DELETE FROM sketches WHERE hash = ? AND article = ?", stale)
    _add(conn, added)


def holders(conn: Connection, hashes: Sequence[int]) -> dict[int, list[int]]:
    """Return the latest articles that have each of these hashes, by hash."""
    limit = PER_HASH * len(hashes)
    parameters = {"hashes": json.dumps(hashes), "limit": limit}
    rows = conn.execute(_ALL, parameters).all()
    if len(rows) == limit:  # some hash is common; this query is slower, but limited for each hash
        rows = conn.execute(_LATEST, parameters).all()
    found: defaultdict[int, list[int]] = defaultdict(list)
    for hash_, article in rows:
        found[hash_].append(article)
    return {hash_: articles[-PER_HASH:] for hash_, articles in found.items()}


def rebuild(conn: Connection) -> None:
    """Rewrite all rows from the signatures."""
    conn.execute(sa.delete(sketches))
    for page in signature_pages(conn):
        _add(conn, {row.article: set(unpack(row.packed)) for row in page})


def faults(conn: Connection) -> list[tuple[str, str, int | None]]:
    """Return one (fault, repair, no hash) where the rows differ from the signatures."""
    if _sum_of_sketches(conn) == _sum_of_signatures(conn):
        return []
    fault = "the index of hashes, by which copies are found, differs from the signatures"
    return [(fault, "rebuild it from the signatures; crawls wait meanwhile", None)]


def repair(conn: Connection, _hash: int | None) -> None:
    """Rebuild the rows if they still differ from the signatures."""
    if faults(conn):
        rebuild(conn)


def _sum_of_sketches(conn: Connection) -> tuple[int, int]:
    """Return the number of rows and a checksum of them; compare with `_sum_of_signatures`."""
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


def _add(conn: Connection, added: Mapping[int, Collection[int]]) -> None:
    rows = sorted((hash_, id_) for id_, hashes in added.items() for hash_ in hashes)
    if rows:  # a row that exists already is harmless; `archive check` reports it
        conn.exec_driver_sql("INSERT INTO sketches VALUES (?, ?) ON CONFLICT DO NOTHING", rows)


def _latest() -> Select[Any]:
    """Return a query for (hash, article) of each hash's latest; SQLite has no LATERAL join."""
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
    first = sa.func.coalesce(oldest, 0)
    latest = (sketches.c.hash == wanted.c.value) & (sketches.c.article >= first)
    return sa.select(sketches.c.hash, sketches.c.article).select_from(wanted.join(sketches, latest))


_LATEST = _latest()
_ALL = (
    sa.select(sketches.c.hash, sketches.c.article)
    .where(
        sketches.c.hash.in_(
            sa.select(sa.func.json_each(sa.bindparam("hashes")).table_valued("value").c.value)
        )
    )
    .order_by(sketches.c.hash, sketches.c.article)
    .limit(sa.bindparam("limit"))
)
