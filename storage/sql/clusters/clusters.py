"""`archive.clusters`: stories, each an article with its copies; docs/clusters.md."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Select

from storage.codec.articles import check_window
from storage.model.clusters import Cluster, ClusterQuery, ClusterSize
from storage.sql.clusters.read import load_clusters, sources_of
from storage.sql.engine.bulk import within
from storage.sql.engine.transactions import Part
from storage.sql.places.about import about_places
from storage.sql.read.refs import existing_id
from storage.sql.schema.clusters import copies
from storage.sql.schema.core import articles
from storage.sql.schema.places import article_places

_PAGE = 100  # clusters


class Clusters(Part):
    """Stories with their copies."""

    def get(self, ref: str) -> Cluster:
        """Return the cluster of the article with this short id or URL.

        An article without copies is the only one in its cluster. Raises NotFoundError.
        """
        with self._database.reading() as conn:
            return load_clusters(conn, [existing_id(conn, self._database.name, ref)])[0]

    def sizes(self, ids: Sequence[int]) -> dict[int, ClusterSize]:
        """Return the sizes of these articles' clusters; articles without copies are left out."""
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
        """Yield the matching stories with at least two articles, those in most outlets first.

        Ties are ordered by the number of articles, then newest first. Raises ValueError for a time
        without a zone.
        """
        check_window(query)
        with self._database.reading() as conn:
            found = _stories(conn, query).limit(query.limit).offset(query.offset)
            sources = list(conn.execute(found).scalars())
        return self._load(sources)

    def count(self, query: ClusterQuery) -> int:
        """Return how many stories match, whatever the query's limit and offset.

        Raises ValueError for a time without a zone.
        """
        check_window(query)
        with self._database.reading() as conn:
            every = _stories(conn, query).order_by(None).subquery()
            return int(conn.execute(sa.select(sa.func.count()).select_from(every)).scalar_one())

    def _load(self, sources: Sequence[int]) -> Iterator[Cluster]:
        for start in range(0, len(sources), _PAGE):
            with self._database.reading() as conn:
                page = load_clusters(conn, sources[start : start + _PAGE])
            yield from page


def _stories(conn: Connection, query: ClusterQuery) -> Select[Any]:
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
    # Filter by the narrowest condition first; otherwise every story would be counted.
    window = list(within(articles.c.sort_at, query))
    if query.places:
        found = found.where(copies.c.source.in_(_about_places(conn, query)))
        found = found.where(*within(source.c.sort_at, query))
    elif window:
        found = found.where(copies.c.source.in_(sa.select(articles.c.id).where(*window)))
    if query.outlets:
        wanted = sa.or_(*(table.c.outlet.in_(query.outlets) for table in (source, copy)))
        found = found.having(sa.func.sum(sa.case((wanted, 1), else_=0)) > 0)
    return found


def _about_places(conn: Connection, query: ClusterQuery) -> Select[Any]:
    """Return a query for the sources of the articles that are about the query's places.

    No copy is published before its source: articles before the window need not be read.
    """
    about, copied = article_places.c, copies.alias()
    found = sa.select(sa.func.coalesce(copied.c.source, about.article))
    found = found.outerjoin_from(article_places, copied, copied.c.article == about.article)
    found = found.where(about_places(conn, query.places))
    return found if query.since is None else found.where(about.sort_at >= query.since)
