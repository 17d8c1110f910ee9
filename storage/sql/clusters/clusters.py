"""`archive.clusters`: articles that are copies of one story; docs/clusters.md."""

from collections.abc import Iterator, Sequence

from storage.codec.articles import check_window
from storage.model.clusters import Cluster, ClusterQuery, ClusterSize
from storage.sql.clusters.read import (
    cluster_sizes,
    count_stories,
    load_clusters,
    most_reprinted,
)
from storage.sql.engine.transactions import Part
from storage.sql.read.refs import existing_id

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
            return cluster_sizes(conn, ids)

    def find(self, query: ClusterQuery) -> Iterator[Cluster]:
        """Yield the stories with at least two articles that match, those in most outlets first.

        Among equals the one with more articles, then the newer one. Raises ValueError for a time
        without a zone.
        """
        check_window(query)
        with self._database.reading() as conn:
            sources = most_reprinted(conn, query)
        return self._load(sources)

    def count(self, query: ClusterQuery) -> int:
        """Return how many stories match, whatever the query's limit and offset.

        Raises ValueError for a time without a zone.
        """
        check_window(query)
        with self._database.reading() as conn:
            return count_stories(conn, query)

    def _load(self, sources: Sequence[int]) -> Iterator[Cluster]:
        for start in range(0, len(sources), _PAGE):
            with self._database.reading() as conn:
                page = load_clusters(conn, sources[start : start + _PAGE])
            yield from page
