"""Everything that a search finds, newest first, page by page."""

from dataclasses import replace
from datetime import timedelta
from itertools import islice

from sqlalchemy import Connection

from storage.model.articles import ArchivedArticle
from storage.model.search import SearchQuery
from storage.sql.engine.transactions import PageCursor
from storage.sql.read.articles import load_articles
from storage.sql.search.search import candidates

_MOMENT = timedelta(microseconds=1)


def found_page(
    query: SearchQuery, conn: Connection, after: PageCursor | None, size: int
) -> list[tuple[PageCursor, ArchivedArticle]]:
    """Return up to `size` matching articles after a position; the query's limit does not count."""
    if after is not None:  # others of that very moment may be still to come
        query = replace(query, until=after[0] + _MOMENT)
    found = ((one.sort_at, one.article) for one in candidates(conn, query, size) if one.meets)
    positions = list(islice((one for one in found if after is None or one < after), size))
    loaded = load_articles(conn, [position[1] for position in positions])
    return list(zip(positions, loaded, strict=True))
