"""Checks of signatures, the index over them, and clusters."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Connection

from storage.dedup.signature import SIGNATURE_VERSION, pack, signature, unpack
from storage.sql.clusters.candidates_postgresql import COMMON
from storage.sql.clusters.candidates_sqlite import PER_HASH, fill_sketches
from storage.sql.clusters.cluster import cluster_articles
from storage.sql.engine.connect import lock, lock_article
from storage.sql.maintenance.check_base import Check, CheckCursor, Fault
from storage.sql.read.latest import latest_texts
from storage.sql.schema.clusters import common_hashes, copies, signatures, sketches
from storage.sql.schema.core import articles
from storage.sql.schema.types import AnyRow

_PAGE = 500  # articles
_SIGNATURES = 5000
_PRIME = 2147483647
_RECOMPUTE = "recompute it from its newest text"


def _signatures_page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    query = (
        sa.select(articles.c.id, signatures.c.version, signatures.c.packed)
        .select_from(articles.outerjoin(signatures))
        .where(articles.c.id > (after or 0))
        .order_by(articles.c.id)
        .limit(_PAGE)
    )
    rows = conn.execute(query).all()
    texts = latest_texts(conn, [row.id for row in rows])
    hashes = {id_: signature(text) for id_, text in texts.items()}
    found = [
        Fault(f"article {row.id}: its signature {wrong}", _RECOMPUTE, row.id)
        for row in rows
        if (wrong := _wrong_signature(row, hashes.get(row.id)))
    ]
    return found, rows[-1].id if len(rows) == _PAGE else None


def _wrong_signature(row: AnyRow, hashes: tuple[int, ...] | None) -> str | None:
    if row.packed is None:
        return "is missing" if hashes else None
    if not hashes:
        return "is one of a text that is not there, or too short for one"
    if row.packed != pack(hashes):
        return "is not that of its newest text"
    return f"is of version {row.version}" if row.version != SIGNATURE_VERSION else None


def _repair_article(conn: Connection, id_: int) -> None:
    lock_article(conn, id_)
    lock(conn, "clusters")
    conn.execute(sa.delete(copies).where(copies.c.article == id_))
    cluster_articles(conn, {id_: latest_texts(conn, [id_]).get(id_)})


def _index_page(conn: Connection, _after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    """Compare each database's own index with the signatures; PostgreSQL keeps the GIN itself."""
    if conn.dialect.name == "sqlite":
        if _sum_of_sketches(conn) == _sum_of_signatures(conn):
            return [], None
        what = "the rows that look-alikes are found by are not those of the signatures"
        return [Fault(what, "rebuild them from the signatures; crawls wait meanwhile")], None
    return [
        Fault(
            f"the latest articles that hold hash {hash_} are others",
            "let the index be asked for it",
            hash_,
        )
        for hash_ in _strayed(conn)
    ], None


def _repair_index(conn: Connection, hash_: int | None) -> None:
    lock(conn, "clusters")
    if hash_ is not None:
        conn.execute(sa.delete(common_hashes).where(common_hashes.c.hash == hash_))
    elif _sum_of_sketches(conn) != _sum_of_signatures(conn):
        fill_sketches(conn)


def _sum_of_sketches(conn: Connection) -> tuple[int, int]:
    """Return how many rows there are, and a sum that tells which; see `_sum_of_signatures`."""
    each = (sketches.c.hash + 2**31) * (sketches.c.article % 65521 + 1) % _PRIME
    row = conn.execute(sa.select(sa.func.count(), sa.func.sum(each)).select_from(sketches)).one()
    return row[0], row[1] or 0


def _sum_of_signatures(conn: Connection) -> tuple[int, int]:
    count = total = 0
    for page in _signatures(conn):
        held = [(hash_, row.article) for row in page for hash_ in set(unpack(row.packed))]
        pairs = np.array(held, dtype=np.int64)
        count += len(pairs)
        total += int(((pairs[:, 0] + 2**31) * (pairs[:, 1] % 65521 + 1) % _PRIME).sum())
    return count, total


def _strayed(conn: Connection) -> list[int]:
    """Return the common hashes of which other articles are kept than the latest that hold them."""
    kept = {row.hash: list(row.latest) for row in conn.execute(sa.select(common_hashes))}
    latest: defaultdict[int, deque[int]] = defaultdict(lambda: deque(maxlen=COMMON))
    for page in _signatures(conn) if kept else ():
        for row in page:
            for hash_ in kept.keys() & set(unpack(row.packed)):
                latest[hash_].append(row.article)
    return [
        hash_
        for hash_, ids in sorted(kept.items())
        if len(ids) < PER_HASH or ids != list(latest[hash_])[-len(ids) :]
    ]


def _signatures(conn: Connection) -> Iterator[Sequence[AnyRow]]:
    """Yield all signatures in the order of articles, some thousand at a time."""
    after = 0
    query = sa.select(signatures).order_by(signatures.c.article).limit(_SIGNATURES)
    while page := conn.execute(query.where(signatures.c.article > after)).all():
        yield page
        after = page[-1].article


def _copies_page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    of_copy, of_source, above = articles.alias(), articles.alias(), copies.alias()
    query = (
        sa.select(
            copies.c.article,
            copies.c.source,
            copies.c.similarity,
            of_copy.c.sort_at,
            of_source.c.sort_at.label("source_at"),
            above.c.source.label("above"),
        )
        .select_from(
            copies.join(of_copy, of_copy.c.id == copies.c.article)
            .outerjoin(of_source, of_source.c.id == copies.c.source)
            .outerjoin(above, above.c.article == copies.c.source)
        )
        .where(copies.c.article > (after or 0))
        .order_by(copies.c.article)
        .limit(_PAGE)
    )
    rows = conn.execute(query).all()
    found = [
        Fault(f"article {row.article} is a copy of {row.source}, {wrong}", _RECOMPUTE, row.article)
        for row in rows
        if (wrong := _wrong_copy(row))
    ]
    return found, rows[-1].article if len(rows) == _PAGE else None


def _wrong_copy(row: AnyRow) -> str | None:
    if row.article == row.source:
        return "which is itself"
    if row.sort_at is None:
        return "but no article today"
    if row.source_at is None:
        return "which is no article today, or missing"
    if row.above is not None:
        return f"which is itself a copy, of {row.above}"
    return None if 0 <= row.similarity <= 1 else f"{row.similarity} alike"


CLUSTER_CHECKS = (
    Check("signatures", _signatures_page, _repair_article),
    Check("hashes", _index_page, _repair_index),
    Check("copies", _copies_page, _repair_article),
)
