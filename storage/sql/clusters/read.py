"""Load clusters."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Select

from storage.model.clusters import Cluster, Member
from storage.sql.engine.bulk import rows_at
from storage.sql.read.latest import latest_texts
from storage.sql.schema.clusters import copies
from storage.sql.schema.core import articles, revisions
from storage.sql.schema.types import AnyRow, in_parts


def load_clusters(conn: Connection, ids: Sequence[int]) -> list[Cluster]:
    """Return the clusters of these articles, in that order; those without articles are left out."""
    sources = sources_of(conn, ids)
    members: defaultdict[int, list[Member]] = defaultdict(list)
    for part in in_parts(sorted(set(sources.values()))):
        rows = conn.execute(_members(part)).all()
        texts = latest_texts(conn, [row.id for row in rows])
        for row in rows:
            if row.id in texts:
                members[row.source].append(_member(row, texts[row.id].credit))
    wanted = (sources[id_] for id_ in ids)
    return [Cluster(source, tuple(members[source])) for source in wanted if members[source]]


def sources_of(conn: Connection, ids: Iterable[int]) -> dict[int, int]:
    """Return the source of each article's cluster: the article itself where it is no copy."""
    wanted = list(ids)
    rows = rows_at(conn, COPIES, copies.c.article, wanted)
    return {id_: id_ for id_ in wanted} | {row.article: row.source for row in rows}


COPIES = sa.select(copies)


def _members(sources: Sequence[int]) -> Select[Any]:
    first_seen = (
        sa.select(revisions.c.first_seen_at)
        .where(revisions.c.article == articles.c.id, revisions.c.number == 1)
        .scalar_subquery()
        .label("first_seen_at")
    )
    source = articles.c.id.label("source")
    alone = sa.select(
        source,
        articles.c.id.label("article"),
        sa.null().label("similarity"),
        sa.false().label("is_update"),
    )
    every = sa.union_all(
        alone.where(articles.c.id.in_(sources)),
        sa.select(copies.c.source, copies.c.article, copies.c.similarity, copies.c.is_update).where(
            copies.c.source.in_(sources)
        ),
    ).subquery()
    return (
        sa.select(articles, every.c.source, every.c.similarity, every.c.is_update, first_seen)
        .join(every, every.c.article == articles.c.id)
        .where(articles.c.sort_at.is_not(None))
        .order_by(every.c.source, every.c.similarity.is_not(None))
        .order_by(articles.c.sort_at, articles.c.id)
    )


def _member(row: AnyRow, credit: str | None) -> Member:
    return Member(
        id=row.id,
        outlet=row.outlet,
        url=row.url,
        title=row.title,
        published_at=row.published_at,
        first_seen_at=row.first_seen_at,
        credit=credit,
        similarity=1.0 if row.similarity is None else row.similarity,
        is_source=row.similarity is None,
        is_update=bool(row.is_update),
    )
