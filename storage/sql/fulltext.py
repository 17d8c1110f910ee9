"""`archive.search`: full text; docs/search.md says how queries read and what they cost."""

from storage.codec.articles import check_window
from storage.model.search import Facets, SearchQuery, SearchResult
from storage.sql.engine.transactions import Part
from storage.sql.search.search import count_facets, search


class Search(Part):
    """Full-text search over the newest state of every article."""

    def find(self, query: SearchQuery) -> SearchResult:
        """Return the articles that match, in the query's order, at most `query.limit`.

        Raises ValueError for a limit that is not within 1 and MAX_LIMIT, or a time without a zone.
        """
        check_window(query)
        with self._database.reading() as conn:
            return search(conn, query)

    def facets(self, query: SearchQuery, top: int = 20) -> Facets:
        """Return how the matching articles spread; of each kind the `top` most frequent values.

        The query's order and limit, and one_per_cluster, do not count. Raises as `find` does.
        """
        check_window(query)
        with self._database.reading() as conn:
            return count_facets(conn, query, top)
