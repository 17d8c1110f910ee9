"""Checks of signatures, of the index over them, and of clusters."""

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.dedup.signature import SIGNATURE_VERSION, pack
from storage.dedup.signature import signatures as signatures_of
from storage.sql.clusters.candidates import index_of
from storage.sql.clusters.cluster import cluster_articles
from storage.sql.engine.connect import lock, lock_article
from storage.sql.maintenance.check_base import Check, CheckCursor, Fault, page_of
from storage.sql.read.latest import latest_texts, readable_texts
from storage.sql.schema.clusters import copies, signatures
from storage.sql.schema.core import articles
from storage.sql.schema.types import AnyRow

_RECOMPUTE = "recompute it from its newest text"


def _signatures_page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    query = sa.select(articles.c.id, signatures.c.version, signatures.c.packed)
    query = query.select_from(articles.outerjoin(signatures))
    rows, last = page_of(conn, query, [articles.c.id], after)
    texts = readable_texts(conn, [row.id for row in rows])
    hashes = dict(zip(texts, signatures_of(texts.values()), strict=True))
    found = [
        Fault(f"article {row.id}: its signature {wrong}", _RECOMPUTE, row.id)
        for row in rows
        if (wrong := _wrong_signature(row, hashes.get(row.id)))
    ]
    return found, last


def _wrong_signature(row: AnyRow, hashes: tuple[int, ...] | None) -> str | None:
    if row.packed is None:
        return "is missing" if hashes else None
    if not hashes:
        return "is of a text that does not exist or is too short for one"
    if row.packed != pack(hashes):
        return "is not that of its newest text"
    return f"is of version {row.version}" if row.version != SIGNATURE_VERSION else None


def _repair_article(conn: Connection, id_: int) -> None:
    lock_article(conn, id_)
    lock(conn, "clusters")
    conn.execute(sa.delete(copies).where(copies.c.article == id_))
    cluster_articles(conn, {id_: latest_texts(conn, [id_]).get(id_)})


def _index_page(conn: Connection, _after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    """Compare each database's own index with the signatures."""
    return [Fault(*fault) for fault in index_of(conn).faults(conn)], None


def _repair_index(conn: Connection, hash_: int | None) -> None:
    lock(conn, "clusters")
    index_of(conn).repair(conn, hash_)


def _copies_page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    of_copy, of_source, above = articles.alias(), articles.alias(), copies.alias()
    query = sa.select(
        copies.c.article,
        copies.c.source,
        copies.c.similarity,
        of_copy.c.sort_at,
        of_source.c.sort_at.label("source_at"),
        above.c.source.label("above"),
    ).select_from(
        copies.join(of_copy, of_copy.c.id == copies.c.article)
        .join(of_source, of_source.c.id == copies.c.source)
        .outerjoin(above, above.c.article == copies.c.source)
    )
    rows, last = page_of(conn, query, [copies.c.article], after)
    found = [
        Fault(f"article {row.article} is a copy of {row.source}, {wrong}", _RECOMPUTE, row.article)
        for row in rows
        if (wrong := _wrong_copy(row))
    ]
    return found, last


def _wrong_copy(row: AnyRow) -> str | None:
    if row.sort_at is None or row.source_at is None:
        return "and one of the two has no revision"
    if row.above is not None:
        return f"which is itself a copy, of {row.above}"
    return None if 0 <= row.similarity <= 1 else f"with similarity {row.similarity}"


SIGNATURE_CHECKS = (Check("signatures", _signatures_page, _repair_article),)

CLUSTER_CHECKS = (
    Check("hashes", _index_page, _repair_index),
    Check("copies", _copies_page, _repair_article),
)
