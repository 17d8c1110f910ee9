"""The units that articles' newest revisions are about, as rows of `article_places`."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Engine, Select

from storage.model.articles import ArticleQuery
from storage.sql.engine.backend import backend_of
from storage.sql.schema.core import IS_NEWEST, articles, captures, revisions
from storage.sql.schema.places import article_places, scores
from storage.sql.schema.types import in_parts

_MAX_LISTED = 20  # units that are listed in the statement; a province has hundreds
_COLUMNS = ("unit", "sort_at", "article", "outlet", "confidence")
ABOUT = (
    sa.select(
        scores.c.unit, articles.c.sort_at, articles.c.id, articles.c.outlet, scores.c.confidence
    )
    .select_from(articles)
    .join(revisions, revisions.c.article == articles.c.id)
    .join(captures, captures.c.id == revisions.c.capture)
    .join(scores, scores.c.content == captures.c.content)
    .where(IS_NEWEST, scores.c.confidence.is_not(None))
    .distinct()
)
"""The units that each article's newest revision is about, with the columns `_COLUMNS`."""
_IDS = sa.bindparam("ids", expanding=True, type_=articles.c.id.type)
# Constants: building the statements takes longer than running them.
_DELETE = sa.delete(article_places).where(article_places.c.article.in_(_IDS))
_WRITE = sa.insert(article_places).from_select(_COLUMNS, ABOUT.where(articles.c.id.in_(_IDS)))


def write_article_places(conn: Connection, ids: Sequence[int]) -> None:
    """Rewrite these articles' rows; the caller holds the locks of their outlets."""
    for part in in_parts(ids):
        conn.execute(_DELETE, {"ids": part})
        conn.execute(_WRITE, {"ids": part})


def about_places(database: Connection | Engine, places: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a row of `article_places` is about any of these units."""
    unit = article_places.c.unit
    if len(places) <= _MAX_LISTED:
        return unit.in_(places)
    return backend_of(database).among(unit, places)


def as_sure(statement: Select[Any], query: ArticleQuery) -> Select[Any]:
    """Limit `statement`, which reads `article_places`, to the confidence that the query wants."""
    certain = article_places.c.confidence == "certain"
    return statement.where(certain) if query.about == "certain" else statement
