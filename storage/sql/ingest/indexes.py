"""What is derived from articles' latest states and kept in tables of its own.

Every way of writing revisions ends here, inside its transaction, so that the full-text index and
the signatures never lag behind the text.
"""

from collections.abc import Mapping

from sqlalchemy import Connection

from storage.model.articles import Article
from storage.sql.clusters.cluster import cluster_articles
from storage.sql.search.index import index_articles


def refresh_indexes(conn: Connection, latest: Mapping[int, Article | None]) -> None:
    """Bring what is derived from these articles up to date; their outlets are locked.

    latest: by short id, what the article's newest revision says; None where it has none, because
    every capture is a refusal today.
    """
    cluster_articles(conn, latest)
    index_articles(conn, latest)
