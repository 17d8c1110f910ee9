"""Clusters as they are asked for."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select

from storage.model.clusters import Cluster, ClusterQuery, ClusterSize, Member
from storage.sql.read.edits import about_any
from storage.sql.read.latest import latest_texts
from storage.sql.schema.clusters import copies
from storage.sql.schema.core import articles, revisions
from storage.sql.schema.types import AnyRow, in_parts


def load_clusters(conn: Connection, ids: Sequence[int]) -> list[Cluster]:
    """Return the clusters of these articles, in that order; those that are gone by now left out."""
    sources = _sources(conn, ids)
    members: defaultdict[int, list[Member]] = defaultdict(list)
    for part in in_parts(sorted(set(sources.values()))):
        rows = conn.execute(_members(part)).all()
        texts = latest_texts(conn, [row.id for row in rows])
        for row in rows:
            if row.id in texts:
                members[row.source].append(_member(row, texts[row.id].credit))
    wanted = (sources[id_] for id_ in ids)
    return [Cluster(source, tuple(members[source])) for source in wanted if members[source]]


def cluster_sizes(conn: Connection, ids: Sequence[int]) -> dict[int, ClusterSize]:
    """Return how large the clusters of these articles are; those without copies left out."""
    sources = _sources(conn, ids)
    wanted = sorted(set(sources.values()))
    every = sa.union_all(
        sa.select(copies.c.source, copies.c.article).where(copies.c.source.in_(wanted)),
        sa.select(articles.c.id, articles.c.id).where(articles.c.id.in_(wanted)),
    ).subquery()
    counts = (
        sa.select(every.c.source, sa.func.count(), sa.func.count(articles.c.outlet.distinct()))
        .join(articles, articles.c.id == every.c.article)
        .where(articles.c.sort_at.is_not(None))
        .group_by(every.c.source)
        .having(sa.func.count() > 1)
    )
    sizes = {row[0]: ClusterSize(*row) for row in conn.execute(counts)}
    return {id_: sizes[source] for id_, source in sources.items() if source in sizes}


def most_reprinted(conn: Connection, query: ClusterQuery) -> list[int]:
    """Return the sources of the stories that match, those in most outlets first."""
    found = _stories(query).limit(query.limit).offset(query.offset)
    return list(conn.execute(found).scalars())


def count_stories(conn: Connection, query: ClusterQuery) -> int:
    """Return how many stories match, whatever the limit."""
    every = _stories(query).order_by(None).subquery()
    return int(conn.execute(sa.select(sa.func.count()).select_from(every)).scalar_one())


def _stories(query: ClusterQuery) -> Select[Any]:
    source, copy = articles.alias("source"), articles.alias("copy")
    elsewhere = sa.case((copy.c.outlet != source.c.outlet, copy.c.outlet))
    outlets = sa.func.count(elsewhere.distinct()) + 1
    found = (
        sa.select(copies.c.source)
        .join(source, source.c.id == copies.c.source)
        .join(copy, copy.c.id == copies.c.article)
        .group_by(copies.c.source, source.c.sort_at)
        .having(outlets >= query.min_outlets)
        .order_by(outlets.desc(), sa.func.count().desc(), source.c.sort_at.desc())
        .order_by(copies.c.source.desc())
    )
    # A window comes first: else every story that there is would be counted to leave most of it out.
    recent = _in_window(sa.select(articles.c.id), articles.c.sort_at, query)
    if query.since is not None or query.until is not None:
        found = found.where(copies.c.source.in_(recent))
    members = (source, copy)
    if query.outlets:
        found = found.having(_any_of(one.c.outlet.in_(query.outlets) for one in members))
    if query.places:
        found = found.having(_any_of(about_any(one.c.id, query.places) for one in members))
    return found


def _any_of(conditions: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return whether any condition holds for any row of a group."""
    return sa.func.sum(sa.case((sa.or_(*conditions), 1), else_=0)) > 0


def _in_window(
    statement: Select[Any], time: sa.ColumnElement[datetime], query: ClusterQuery
) -> Select[Any]:
    if query.since is not None:
        statement = statement.where(time >= query.since)
    if query.until is not None:
        statement = statement.where(time < query.until)
    return statement


def _sources(conn: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Return for each article the source of its cluster: itself, where it is no copy."""
    found = {id_: id_ for id_ in ids}
    for part in in_parts(list(ids)):
        query = sa.select(copies.c.article, copies.c.source).where(copies.c.article.in_(part))
        found |= {row.article: row.source for row in conn.execute(query)}
    return found


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
