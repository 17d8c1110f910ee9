"""Checks of what leads where: URLs to articles and refusals, captures to what they held."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.sql.maintenance.check_base import Check, CheckCursor, Fault
from storage.sql.schema.core import articles, captures, keys, refusals, refused_urls
from storage.sql.schema.keys import url_key
from storage.sql.schema.types import hashed

_PAGE = 1000  # rows


def _keys_page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    order = (keys.c.key, keys.c.outlet)
    query = sa.select(keys).order_by(*order).limit(_PAGE)
    rows = conn.execute(_after(query, order, after)).all()
    found = [
        Fault(
            f"article {row.article}: the {row.kind} {row.value!r} does not lead to it",
            "let it lead there again",
            (row.key, row.outlet),
        )
        for row in rows
        if row.key != _key_of(row.kind, row.value)
    ]
    return found, (rows[-1].key, rows[-1].outlet) if len(rows) == _PAGE else None


def _after(query: Any, order: tuple[sa.Column[Any], ...], after: CheckCursor) -> Any:
    if after is None:
        return query
    here = (sa.literal(value, column.type) for value, column in zip(after, order, strict=True))
    return query.where(sa.tuple_(*order) > sa.tuple_(*here))


def _key_of(kind: str, value: str) -> bytes:
    return hashed("id", value) if kind == "id" else url_key(value)


def _repair_key(conn: Connection, place: tuple[bytes, str]) -> None:
    own = (keys.c.key == place[0], keys.c.outlet == place[1])
    row = conn.execute(sa.select(keys).where(*own)).one_or_none()
    if row is None:
        return
    right = _key_of(row.kind, row.value)
    taken = sa.select(keys.c.key).where(keys.c.key == right, keys.c.outlet == row.outlet)
    if conn.execute(taken).first():
        conn.execute(sa.delete(keys).where(*own))
    else:
        conn.execute(sa.update(keys).where(*own).values(key=right))


def _refused_page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    order = (refused_urls.c.key, refused_urls.c.refusal)
    query = sa.select(refused_urls).order_by(*order).limit(_PAGE)
    rows = conn.execute(_after(query, order, after)).all()
    found = [
        Fault(
            f"refusal {row.refusal}: its URL {row.value!r} does not lead to it",
            "let it lead there again",
            (row.key, row.refusal),
        )
        for row in rows
        if row.key != url_key(row.value)
    ]
    return found, (rows[-1].key, rows[-1].refusal) if len(rows) == _PAGE else None


def _repair_refused(conn: Connection, place: tuple[bytes, int]) -> None:
    own = (refused_urls.c.key == place[0], refused_urls.c.refusal == place[1])
    row = conn.execute(sa.select(refused_urls).where(*own)).one_or_none()
    if row is None:
        return
    right = url_key(row.value)
    taken = refused_urls.c.key == right, refused_urls.c.refusal == row.refusal
    conn.execute(sa.delete(refused_urls).where(*own))
    if conn.execute(sa.select(refused_urls.c.key).where(*taken)).first() is None:
        values = {"key": right, "refusal": row.refusal, "value": row.value}
        conn.execute(sa.insert(refused_urls).values(values))


def _articles_page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    """Find shown articles whose own URL no key has."""
    query = sa.select(articles).where(articles.c.id > (after or 0)).order_by(articles.c.id)
    rows = conn.execute(query.limit(_PAGE)).all()
    if not rows:
        return [], None
    within = keys.c.article.between(rows[0].id, rows[-1].id)
    owners = {(row.key, row.outlet) for row in conn.execute(sa.select(keys).where(within))}
    owners |= _elsewhere(
        conn, [row for row in rows if (url_key(row.url), row.outlet) not in owners]
    )
    found = [
        Fault(
            f"article {row.id}: its URL {row.url!r} does not lead to it",
            "let it lead there again",
            row.id,
        )
        for row in rows
        if row.sort_at is not None and (url_key(row.url), row.outlet) not in owners
    ]
    return found, rows[-1].id if len(rows) == _PAGE else None


def _elsewhere(conn: Connection, rows: list[Any]) -> set[tuple[bytes, str]]:
    """Return those articles' URLs that lead to another one, which took them over."""
    found: set[tuple[bytes, str]] = set()
    for start in range(0, len(rows), 500):
        wanted = [url_key(row.url) for row in rows[start : start + 500]]
        query = sa.select(keys.c.key, keys.c.outlet).where(keys.c.key.in_(wanted))
        found |= {(row.key, row.outlet) for row in conn.execute(query)}
    return found


def _repair_url(conn: Connection, id_: int) -> None:
    row = conn.execute(sa.select(articles).where(articles.c.id == id_)).one_or_none()
    if row is None:
        return
    own = {"key": url_key(row.url), "outlet": row.outlet}
    stored = sa.select(keys.c.key).where(keys.c.key == own["key"], keys.c.outlet == row.outlet)
    if conn.execute(stored).first() is None:
        conn.execute(sa.insert(keys).values(**own, kind="url", value=row.url, article=id_))


def _captures_page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    """Find captures that hold neither an article nor a refusal, or both."""
    query = (
        sa.select(captures.c.id, captures.c.article, captures.c.content, refusals.c.id)
        .select_from(captures.outerjoin(refusals))
        .where(captures.c.id > (after or 0))
        .order_by(captures.c.id)
        .limit(_PAGE)
    )
    rows = conn.execute(query).all()
    found = [
        Fault(
            f"capture {id_} holds {'both an article and' if refusal else 'neither an article nor'}"
            " a refusal",
            "restore it from a backup",
            can_repair=False,
        )
        for id_, article, content, refusal in rows
        if (content is None) != (article is None) or (content is None) == (refusal is None)
    ]
    return found, rows[-1][0] if len(rows) == _PAGE else None


LINK_CHECKS = (
    Check("captures", _captures_page),
    Check("keys", _keys_page, _repair_key),
    Check("URLs", _articles_page, _repair_url),
    Check("refused URLs", _refused_page, _repair_refused),
)
