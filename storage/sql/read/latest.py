"""What articles say in their newest revisions."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec.articles import article_from_json
from storage.model.articles import Article
from storage.sql.engine.bulk import rows_at
from storage.sql.schema.core import IS_NEWEST, captures, contents, revisions


def latest_texts(conn: Connection, ids: Iterable[int]) -> dict[int, Article]:
    """Return what the newest revisions of these articles say, of those that have one."""
    rows = rows_at(conn, NEWEST, revisions.c.article, ids)
    return {row.article: article_from_json(row.json, row.version) for row in rows}


NEWEST = (
    sa.select(revisions.c.article, captures.c.version, contents.c.json)
    .select_from(revisions.join(captures).join(contents))
    .where(IS_NEWEST)
)
"""What each article says in its newest revision."""
