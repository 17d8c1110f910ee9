"""Decide by their texts whether a page may be a stored article."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec.articles import article_from_json
from storage.dedup.similarity import are_unrelated
from storage.model.articles import Article
from storage.sql.schema.core import captures, contents


def is_related(conn: Connection, id_: int, article: Article, requested: str) -> bool:
    """Return whether a page may be a stored article, by its texts or the requested URL."""
    return was_captured(conn, id_, requested) or _any_related(_texts(conn, id_), [article])


def was_captured(conn: Connection, id_: int, url: str) -> bool:
    """Return whether a capture of a stored article was made at a requested URL."""
    captured = (captures.c.article == id_, captures.c.url == url)
    return conn.execute(sa.select(captures.c.id).where(*captured).limit(1)).first() is not None


def share_text(conn: Connection, one: int, other: int) -> bool:
    """Return whether two stored articles have text in common."""
    return _any_related(_texts(conn, one), _texts(conn, other))


def _any_related(left: Sequence[Article], right: Sequence[Article]) -> bool:
    """Return whether any two have text in common; True where no text is stored of one side."""
    if not left or not right:
        return True
    return any(not are_unrelated(one, other) for one in left for other in right)


def _texts(conn: Connection, id_: int) -> list[Article]:
    """Return the distinct contents of an article's captures, newest first."""
    texts = (
        sa.select(contents.c.json, sa.func.max(captures.c.version).label("version"))
        .select_from(captures.join(contents))
        .where(captures.c.article == id_)
        .group_by(contents.c.id, contents.c.json)
        .order_by(contents.c.id.desc())
    )
    return [article_from_json(row.json, row.version) for row in conn.execute(texts)]
