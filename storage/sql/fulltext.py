"""`archive.search`: full-text search; docs/search.md explains the query syntax and the costs."""

from storage.codec.articles import check_window
from storage.model.search import Facets, SearchQuery, SearchResult
from storage.sql.engine.transactions import Part
from storage.sql.search.search import count_facets, search


class Search(Part):
    """Full-text search over the newest revision of every article."""

    def find(self, query: SearchQuery) -> SearchResult:
        """Return the articles that match, in the query's order, at most `query.limit`.

        Raises ValueError for a limit outside 1 to MAX_LIMIT, or a time without a zone.
        """
        check_window(query)
        with self._database.reading() as conn:
            return search(conn, query)

    def facets(self, query: SearchQuery, top: int = 20) -> Facets:
        """Count the matching articles by facet; of each kind the `top` most frequent values.

        The query's order, limit and one_per_cluster are ignored. Raises as `find` does.
        """
        check_window(query)
        with self._database.reading() as conn:
            return count_facets(conn, query, top)
