"""Cluster articles in the transaction that writes their revisions.

docs/clusters.md states the rule. A copy's source is never itself a copy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.dedup.signature import SIGNATURE_VERSION
from storage.dedup.signature import signatures as signatures_of
from storage.model.articles import Article, Stored, Verdict
from storage.sql.clusters.assign import ClusterAssigner
from storage.sql.clusters.candidates import index_of, write_signatures
from storage.sql.clusters.compare import Texts
from storage.sql.clusters.read import COPIES
from storage.sql.engine.bulk import rows_at
from storage.sql.engine.connect import lock
from storage.sql.read.latest import latest_texts
from storage.sql.schema.clusters import common_lines, copies, signatures
from storage.sql.schema.core import articles
from storage.sql.schema.types import in_parts

_PAGE = 500  # articles
_VERSIONS = (
    sa.select(articles.c.id, signatures.c.version)
    .select_from(articles.outerjoin(signatures))
    .order_by(articles.c.id)
)


def cluster_articles(conn: Connection, latest: Mapping[int, Article | None]) -> None:
    """Assign these articles and their copies to clusters again.

    latest: by short id, the content of the article's newest revision, which is written already;
    None where it has none or is about to be deleted.
    """
    texts = {id_: article for id_, article in latest.items() if article}
    hashes = dict.fromkeys(latest) | dict(zip(texts, signatures_of(texts.values()), strict=True))
    # Without the lock, two processes that store two copies at once would not see each other's. It
    # is taken after the locks of the outlets and as the last one, so that no deadlock is possible.
    lock(conn, "clusters")
    index_of(conn).prepare(conn)
    known = write_signatures(conn, hashes)
    loose = _detach(conn, list(known))  # the others are new and have no copies
    ClusterAssigner(
        conn, Texts(conn, texts), {i: h for i, h in hashes.items() if h}
    ).assign_clusters({id_ for id_, own in hashes.items() if own} | (loose - latest.keys()))


def forget_article(conn: Connection, id_: int) -> None:
    """Delete an article's rows in the tables of clusters, before its own row is deleted."""
    cluster_articles(conn, {id_: None})
    conn.execute(sa.delete(common_lines).where(common_lines.c.article == id_))


def with_sources(conn: Connection, answers: Sequence[Stored]) -> list[Stored]:
    """Return outcomes with `copy_of` set for new articles that are copies."""
    new = [one.id for one in answers if one.verdict is Verdict.NEW and one.id is not None]
    found = {
        row.article: row.source
        for row in rows_at(conn, COPIES, copies.c.article, new)
        if not row.is_update
    }
    return [replace(one, copy_of=found.get(one.id or 0)) if found else one for one in answers]


def cluster_page(conn: Connection, after: int) -> int | None:
    """Cluster those of the next articles whose signatures are missing or of another version.

    after: the last short id of the page before; returns that of this page, None at the end.
    """
    rows = conn.execute(_VERSIONS.where(articles.c.id > after).limit(_PAGE)).all()
    stale = [row.id for row in rows if row.version != SIGNATURE_VERSION]
    if stale:
        cluster_articles(conn, latest_texts(conn, stale))
    return rows[-1].id if len(rows) == _PAGE else None


def _detach(conn: Connection, ids: Sequence[int]) -> set[int]:
    """Delete these articles' and their copies' rows of `copies`; return the copies' articles."""
    loose: set[int] = set()
    for part in in_parts(ids):
        touched = copies.c.article.in_(part) | copies.c.source.in_(part)
        found = list(conn.execute(sa.select(copies.c.article).where(touched)).scalars())
        if found:
            conn.execute(sa.delete(copies).where(copies.c.article.in_(found)))
            loose.update(found)
    return loose
