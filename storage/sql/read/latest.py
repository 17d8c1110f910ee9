"""The texts of articles' newest revisions."""

from collections.abc import Iterable
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec.articles import article_from_json
from storage.model.articles import Article
from storage.sql.engine.bulk import rows_at
from storage.sql.schema.core import IS_NEWEST, captures, contents, revisions
from storage.sql.schema.types import AnyRow

UNREADABLE = (ValueError, TypeError, KeyError)
"""What reading a damaged text raises; `check_texts` reports such texts."""


def latest_texts(conn: Connection, ids: Iterable[int]) -> dict[int, Article]:
    """Return the texts of these articles' newest revisions, by article."""
    rows = rows_at(conn, NEWEST, revisions.c.article, ids)
    return {row.article: article_from_json(row.json, row.version) for row in rows}


def readable_texts(conn: Connection, ids: Iterable[int]) -> dict[int, Article]:
    """Return the same as `latest_texts` without texts that cannot be read; all of version 0."""
    return readable(rows_at(conn, NEWEST, revisions.c.article, ids))


def readable(rows: Iterable[AnyRow]) -> dict[int, Article]:
    """Return the texts of rows (key, version, JSON) by key, except those that cannot be read."""
    read = ((row[0], _read(row[2])) for row in rows)
    return {key: article for key, article in read if article}


@lru_cache(maxsize=1000)  # several checks read the same articles, 500 per page
def _read(json: str) -> Article | None:
    try:
        return article_from_json(json, 0)
    except UNREADABLE:
        return None


NEWEST = (
    sa.select(revisions.c.article, captures.c.version, contents.c.json)
    .select_from(revisions.join(captures).join(contents))
    .where(IS_NEWEST)
)
"""The text of each article's newest revision."""
