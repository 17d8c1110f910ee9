"""Which articles are copies of which: kept true in the transaction that writes them.

    rule   Go through all articles in order of publication. Each becomes a copy of the source that
           it is most like, among the sources before it that it is a copy of; where there is none
           it is a source itself.

An article that mixes two stories is the source of neither, and two copies that changed much may
second each other (docs/clusters.md). A copy's parent is a source, never a copy, so that a
cluster does not grow by chains. What the rule gives does not depend on the order of storing: an
article that arrives, changes or goes makes only those be asked again that it is a match for, or
whose parent it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.dedup.signature import signatures
from storage.model.articles import Article, Stored, Verdict
from storage.sql.clusters.assign import ClusterAssigner
from storage.sql.clusters.candidates import index_of, write_signatures
from storage.sql.clusters.compare import Texts
from storage.sql.engine.bulk import rows_at
from storage.sql.engine.connect import lock
from storage.sql.read.latest import all_latest_texts
from storage.sql.schema.clusters import common_lines, copies
from storage.sql.schema.types import in_parts


def cluster_articles(conn: Connection, latest: Mapping[int, Article | None]) -> None:
    """Decide again what these articles are copies of, and what is a copy of them.

    latest: by short id, what the article's newest revision says, which is written already; None
    where it is no article today or about to be deleted.
    """
    texts = {id_: article for id_, article in latest.items() if article}
    hashes = dict.fromkeys(latest) | dict(zip(texts, signatures(texts.values()), strict=True))
    # Two copies stored at once by two processes would not see each other. The lock comes after
    # those of the outlets and nothing is locked after it, so no two wait for each other.
    lock(conn, "clusters")
    index_of(conn).prepare(conn)
    known = write_signatures(conn, hashes)
    loose = _detach(conn, list(known))  # the others are new: they have no copies
    ClusterAssigner(
        conn, Texts(conn, texts), {i: h for i, h in hashes.items() if h}
    ).assign_clusters({id_ for id_, some in hashes.items() if some} | (loose - latest.keys()))


def forget_article(conn: Connection, id_: int) -> None:
    """Delete what clusters keep of an article whose row is about to be deleted."""
    cluster_articles(conn, {id_: None})
    conn.execute(sa.delete(common_lines).where(common_lines.c.article == id_))


def with_sources(conn: Connection, answers: Sequence[Stored]) -> list[Stored]:
    """Return answers that say of new articles what they are copies of."""
    new = [one.id for one in answers if one.verdict is Verdict.NEW and one.id is not None]
    found = {
        row.article: row.source for row in rows_at(conn, sa.select(copies), copies.c.article, new)
    }
    return [replace(one, copy_of=found.get(one.id or 0)) if found else one for one in answers]


def cluster_all(conn: Connection) -> None:
    """Cluster all stored articles, a few hundred at a time, for a migration."""
    for page in all_latest_texts(conn):
        cluster_articles(conn, page)


def _detach(conn: Connection, ids: Sequence[int]) -> set[int]:
    """Take these articles out of their clusters; return the copies that they had."""
    loose: set[int] = set()
    for part in in_parts(ids):
        touched = copies.c.article.in_(part) | copies.c.source.in_(part)
        found = list(conn.execute(sa.select(copies.c.article).where(touched)).scalars())
        if found:
            conn.execute(sa.delete(copies).where(copies.c.article.in_(found)))
            loose.update(found)
    return loose
