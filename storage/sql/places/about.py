"""What each article's latest state is about, as rows of `article_places`."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Engine, Select

from storage.model.articles import ArticleQuery
from storage.sql.engine.backend import backend_of
from storage.sql.schema.core import IS_NEWEST, articles, captures, revisions
from storage.sql.schema.places import article_places, scores
from storage.sql.schema.types import in_parts

_FEW = 20  # units of which it is worth to plan for each; a province has hundreds
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
"""What each article's latest state is about, as the columns of `_COLUMNS`."""
_IDS = sa.bindparam("ids", expanding=True, type_=articles.c.id.type)
# Made once: that takes longer than to carry them out.
_FORGET = sa.delete(article_places).where(article_places.c.article.in_(_IDS))
_WRITE = sa.insert(article_places).from_select(_COLUMNS, ABOUT.where(articles.c.id.in_(_IDS)))


def write_article_places(conn: Connection, ids: Sequence[int]) -> None:
    """Rewrite what these articles' latest states are about; their outlets are locked."""
    for part in in_parts(ids):
        conn.execute(_FORGET, {"ids": part})
        conn.execute(_WRITE, {"ids": part})


def about_places(database: Connection | Engine, places: Sequence[str]) -> ColumnElement[bool]:
    """Return a condition for rows of `article_places` that are about any of these units."""
    unit = article_places.c.unit
    if len(places) <= _FEW:
        return unit.in_(places)
    return backend_of(database).among(unit, places)


def as_sure(statement: Select[Any], query: ArticleQuery) -> Select[Any]:
    """Return `statement`, which reads `article_places`, as sure as the query asks for."""
    certain = article_places.c.confidence == "certain"
    return statement.where(certain) if query.about == "certain" else statement
