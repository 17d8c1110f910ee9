"""Find the article that a user names by a short id or a URL."""

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.errors import NotFoundError
from storage.sql.schema.core import articles, keys, merged_ids
from storage.sql.schema.maintenance import redactions
from storage.sql.schema.types import url_key

_SHOWN = articles.c.sort_at.is_not(None)


def find_redaction(conn: Connection, ref: str) -> int | None:
    """Return the id of the last redaction of the article with this short id or URL."""
    query = sa.select(redactions.c.id).order_by(redactions.c.id.desc()).limit(1)
    if ref.isascii() and ref.isdigit():
        if len(ref) > 18:  # 64 bits
            return None
        return conn.execute(query.where(redactions.c.article == int(ref))).scalar()
    owners = sa.select(keys.c.article).where(keys.c.key == url_key(ref))
    return conn.execute(query.where(redactions.c.article.in_(owners))).scalar()


def existing_id(conn: Connection, name: str, ref: str) -> int:
    """Return the short id of the article that a short id or URL leads to.

    name: the archive's, for messages. Raises NotFoundError, which says if it was taken down.
    """
    id_ = find_id(conn, ref)
    if id_ is not None:
        return id_
    number = find_redaction(conn, ref)
    if number is None:
        raise NotFoundError(
            f"archive {name} has no article with the id or URL {ref!r}:"
            " list its articles to see their ids"
        )
    row = conn.execute(sa.select(redactions).where(redactions.c.id == number)).one()
    raise NotFoundError(
        f"article {row.article} was taken down on {row.redacted_at:%Y-%m-%d}: {row.reason}"
    )


def find_id(conn: Connection, ref: str) -> int | None:
    """Return the short id that `ref` (a short id, also a merged one, or a URL) leads to."""
    if ref.isascii() and ref.isdigit():
        return _existing_id(conn, int(ref)) if len(ref) < 19 else None  # 64 bits
    query = (
        sa.select(keys.c.article)
        .select_from(keys.join(articles))
        .where(keys.c.key == url_key(ref), _SHOWN)
    )
    # Articles of two outlets may share a URL: one's own URL comes before an alias, then the older.
    own_first = sa.case((keys.c.kind == "url", 0), else_=1)
    return conn.execute(query.order_by(own_first, keys.c.article).limit(1)).scalar()


def _existing_id(conn: Connection, id_: int) -> int | None:
    alive = sa.select(articles.c.id).where(articles.c.id == id_, _SHOWN)
    merged = (
        sa.select(merged_ids.c.article)
        .select_from(merged_ids.join(articles))
        .where(merged_ids.c.id == id_, _SHOWN)
    )
    return conn.execute(sa.union_all(alive, merged)).scalar()
