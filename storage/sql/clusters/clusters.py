"""`archive.clusters`: articles that are copies of one story; docs/clusters.md."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select

from storage.codec.articles import check_window
from storage.model.clusters import Cluster, ClusterQuery, ClusterSize
from storage.sql.clusters.read import load_clusters, sources_of
from storage.sql.engine.bulk import within
from storage.sql.engine.transactions import Part
from storage.sql.read.edits import about_any
from storage.sql.read.refs import existing_id
from storage.sql.schema.clusters import copies
from storage.sql.schema.core import articles

_PAGE = 100  # clusters


class Clusters(Part):
    """Stories with their copies."""

    def get(self, ref: str) -> Cluster:
        """Return the cluster of the article with this short id or URL.

        An article without copies is alone in its own. Raises NotFoundError.
        """
        with self._database.reading() as conn:
            return load_clusters(conn, [existing_id(conn, self._database.name, ref)])[0]

    def sizes(self, ids: Sequence[int]) -> dict[int, ClusterSize]:
        """Return how large the clusters of these articles are; those without copies left out."""
        with self._database.reading() as conn:
            sources = sources_of(conn, ids)
            wanted = sorted(set(sources.values()))
            every = sa.union_all(
                sa.select(copies.c.source, copies.c.article).where(copies.c.source.in_(wanted)),
                sa.select(articles.c.id, articles.c.id).where(articles.c.id.in_(wanted)),
            ).subquery()
            outlets = sa.func.count(articles.c.outlet.distinct())
            counts = (
                sa.select(every.c.source, sa.func.count(), outlets)
                .join(articles, articles.c.id == every.c.article)
                .where(articles.c.sort_at.is_not(None))
                .group_by(every.c.source)
                .having(sa.func.count() > 1)
            )
            sizes = {row[0]: ClusterSize(*row) for row in conn.execute(counts)}
        return {id_: sizes[source] for id_, source in sources.items() if source in sizes}

    def find(self, query: ClusterQuery) -> Iterator[Cluster]:
        """Yield the stories with at least two articles that match, those in most outlets first.

        Among equals the one with more articles, then the newer one. Raises ValueError for a time
        without a zone.
        """
        check_window(query)
        with self._database.reading() as conn:
            found = _stories(query).limit(query.limit).offset(query.offset)
            sources = list(conn.execute(found).scalars())
        return self._load(sources)

    def count(self, query: ClusterQuery) -> int:
        """Return how many stories match, whatever the query's limit and offset.

        Raises ValueError for a time without a zone.
        """
        check_window(query)
        with self._database.reading() as conn:
            every = _stories(query).order_by(None).subquery()
            return int(conn.execute(sa.select(sa.func.count()).select_from(every)).scalar_one())

    def _load(self, sources: Sequence[int]) -> Iterator[Cluster]:
        for start in range(0, len(sources), _PAGE):
            with self._database.reading() as conn:
                page = load_clusters(conn, sources[start : start + _PAGE])
            yield from page


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
    if window := list(within(articles.c.sort_at, query)):
        found = found.where(copies.c.source.in_(sa.select(articles.c.id).where(*window)))
    members = (source, copy)
    if query.outlets:
        found = found.having(_any_of(one.c.outlet.in_(query.outlets) for one in members))
    if query.places:
        found = found.having(_any_of(about_any(one.c.id, query.places) for one in members))
    return found


def _any_of(conditions: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return whether any condition holds for any row of a group."""
    return sa.func.sum(sa.case((sa.or_(*conditions), 1), else_=0)) > 0
