"""Lists of articles, newest first. A page costs what it shows, however large the archive is."""

from datetime import MINYEAR, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Executable, Select, Table

from storage.model.articles import ArchivedArticle, ArticleQuery
from storage.sql.engine.bulk import within
from storage.sql.engine.transactions import PageCursor
from storage.sql.places.about import about_places, as_sure
from storage.sql.read.articles import SHOWN, load_articles, newest_first
from storage.sql.read.counts import sources_only
from storage.sql.read.edits import about_any, perhaps_removed
from storage.sql.schema.core import articles
from storage.sql.schema.places import article_places

_RECENT = timedelta(days=7)  # enough to fill a page about a large province
_TERMS = 20  # places whose newest articles are read one place at a time; more are read together
_SORTED = 20_000  # articles about many places that are sorted at most; else the list is scanned


def article_page(
    query: ArticleQuery,
    outlet: str | None,
    conn: Connection,
    after: PageCursor | None,
    size: int,
) -> list[tuple[PageCursor, ArchivedArticle]]:
    """Return up to `size` matching articles after a cursor, of one outlet (None: of all)."""
    places = tuple(dict.fromkeys(query.places))
    if len(places) > _TERMS:
        positions = _about_many(conn, query, outlet, places, after, size)
    elif places:
        positions = _positions(conn, _about_any(query, outlet, places, after, size))
    else:
        shown = _ordered(query, outlet, articles, articles.c.id, after).where(SHOWN)
        positions = _positions(conn, shown.limit(size))
    loaded = load_articles(conn, [position[1] for position in positions])
    return list(zip(positions, loaded, strict=True))


def _positions(conn: Connection, statement: Executable) -> list[PageCursor]:
    return [(row[0], row[1]) for row in conn.execute(statement)]


def _about_any(
    query: ArticleQuery,
    outlet: str | None,
    places: tuple[str, ...],
    after: PageCursor | None,
    size: int,
) -> Executable:
    """Return a statement for the first `size` articles about any of the places.

    They are among the first `size` of each place, which are read in order along an index; one
    condition on all places would read and sort every match for each page.
    """
    table = article_places
    ordered = as_sure(_ordered(query, outlet, table, table.c.article, after), query)
    terms = [ordered.where(table.c.unit == place).limit(size).subquery() for place in places]
    found = sa.union(*(sa.select(term) for term in terms)).subquery()
    newest = sa.select(found).order_by(found.c.sort_at.desc(), found.c.article.desc())
    return newest.limit(size)


def _about_many(
    conn: Connection,
    query: ArticleQuery,
    outlet: str | None,
    places: tuple[str, ...],
    after: PageCursor | None,
    size: int,
) -> list[PageCursor]:
    """Return the first `size` articles about any of very many places.

    Matches are sorted: those of the last days, then, if these do not fill the page, all of them.
    If there are too many to sort, the archive's newest articles are scanned: many of them match.
    """
    table = article_places
    ordered = as_sure(_ordered(query, outlet, table, table.c.article, after), query)
    ordered = ordered.where(about_places(conn, places)).distinct().limit(size)
    last = after[0] if after else conn.execute(sa.select(sa.func.max(articles.c.sort_at))).scalar()
    end = last and min(last, query.until or last)
    if end and end.year > MINYEAR:
        found = _positions(conn, ordered.where(table.c.sort_at >= end - _RECENT))
        if len(found) == size:
            return found
    about = sa.select(table.c.sort_at, table.c.article).where(about_places(conn, places))
    about = as_sure(about.where(*within(table.c.sort_at, query)), query)
    few = sa.select(sa.func.count()).select_from(about.limit(_SORTED + 1).subquery())
    if conn.execute(few).scalar_one() <= _SORTED:
        return _positions(conn, ordered)
    newest = _ordered(query, outlet, articles, articles.c.id, after).where(SHOWN)
    newest = newest.where(about_any(conn, articles.c.id, places, query.about))
    return _positions(conn, newest.limit(size))


def _ordered(
    query: ArticleQuery,
    outlet: str | None,
    table: Table,
    id_: sa.Column[int],
    after: PageCursor | None,
) -> Select[Any]:
    statement = sa.select(table.c.sort_at, id_).where(*within(table.c.sort_at, query))
    if outlet is not None:
        statement = statement.where(table.c.outlet == outlet)
    if query.arrived_after:
        statement = statement.where(id_ > query.arrived_after)
    if query.without_copies:
        statement = sources_only(statement, id_)
    if query.removed:
        statement = perhaps_removed(statement, id_)
    return newest_first(statement, id_, table.c.sort_at, after)
