"""How many articles match a query, and at which position its offset ends."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Select

from storage.model.articles import ArticleQuery
from storage.sql.engine.bulk import within
from storage.sql.engine.transactions import PageCursor
from storage.sql.places.about import as_sure
from storage.sql.read.edits import perhaps_removed, removals
from storage.sql.schema.clusters import copies
from storage.sql.schema.core import articles
from storage.sql.schema.places import article_places


def count_articles(conn: Connection, query: ArticleQuery) -> int:
    """Return how many articles match; the query's limit and offset do not count."""
    matching = _matching(query).subquery()
    if not query.removed:
        return int(conn.execute(sa.select(sa.func.count()).select_from(matching)).scalar_one())
    return len(removals(conn, conn.execute(sa.select(matching.c.id)).scalars()))


def position_of(conn: Connection, query: ArticleQuery) -> PageCursor | None:
    """Return the position of the last article that the query's offset skips.

    None if no more articles than that match. Not for `query.removed`: whether an article is gone
    is known only once it has been checked.
    """
    matching = _matching(query).subquery()
    ordered = sa.select(matching).order_by(matching.c.sort_at.desc(), matching.c.id.desc())
    row = conn.execute(ordered.offset(query.offset - 1).limit(1)).one_or_none()
    return None if row is None else (row.sort_at, row.id)


def _matching(query: ArticleQuery) -> Select[Any]:
    """Return a statement for the time and id of each matching article, without duplicates."""
    table, id_ = articles, articles.c.id
    if query.places:
        table, id_ = article_places, article_places.c.article
    time = table.c.sort_at
    statement = sa.select(time, id_.label("id")).where(time.is_not(None), *within(time, query))
    if query.arrived_after:
        statement = statement.where(id_ > query.arrived_after)
    if query.outlets:
        statement = statement.where(table.c.outlet.in_(query.outlets))
    if query.places:
        statement = as_sure(statement, query).where(table.c.unit.in_(query.places)).distinct()
    if query.without_copies:
        statement = sources_only(statement, id_)
    return perhaps_removed(statement, id_) if query.removed else statement


def sources_only(statement: Select[Any], id_: sa.Column[int]) -> Select[Any]:
    """Restrict `statement` to articles that are not copies."""
    return statement.where(~sa.exists().where(copies.c.article == id_).correlate_except(copies))
