"""The tables that are derived from articles' latest states: the full-text index and the clusters.

All code that writes revisions ends here, in the same transaction, so that the full-text index and
the signatures are never out of date.
"""

from collections.abc import Mapping

from sqlalchemy import Connection

from storage.model.articles import Article
from storage.sql.clusters.cluster import cluster_articles
from storage.sql.search.index import index_articles


def refresh_indexes(conn: Connection, latest: Mapping[int, Article | None]) -> None:
    """Update the derived tables for these articles; the caller holds the locks of their outlets.

    latest: by short id, the content of the article's newest revision; None where it has none,
    because all its captures are refusals now.
    """
    cluster_articles(conn, latest)
    index_articles(conn, latest)
