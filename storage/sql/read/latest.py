"""What articles say in their newest revisions."""

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
"""What is raised for a text that cannot be read; the check of texts names it."""


def latest_texts(conn: Connection, ids: Iterable[int]) -> dict[int, Article]:
    """Return what the newest revisions of these articles say, of those that have one."""
    rows = rows_at(conn, NEWEST, revisions.c.article, ids)
    return {row.article: article_from_json(row.json, row.version) for row in rows}


def readable_texts(conn: Connection, ids: Iterable[int]) -> dict[int, Article]:
    """Return what `latest_texts` does, but for texts that cannot be read; as of version 0."""
    return readable(rows_at(conn, NEWEST, revisions.c.article, ids))


def readable(rows: Iterable[AnyRow]) -> dict[int, Article]:
    """Return the texts of rows (key, version, JSON) by key, but for those that cannot be read."""
    read = ((row[0], _read(row[2])) for row in rows)
    return {key: article for key, article in read if article}


@lru_cache(maxsize=1000)  # checks go through the same articles side by side, 500 a page
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
"""What each article says in its newest revision."""
