"""Questions that change nothing. Long answers come in pages, each in a short transaction, so
that no reader keeps a snapshot open for hours beside a running crawl.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Select, Table

from storage.codec import article_from_json
from storage.model import (
    ArchivedArticle,
    ArticleQuery,
    Capture,
    Refusal,
    RefusalReason,
    Revision,
)
from storage.sql_identity import url_key
from storage.tables import (
    AnyRow,
    articles,
    captures,
    contents,
    keys,
    merged_ids,
    refusals,
    refused_urls,
    revisions,
)

PAGE = 100
"""Rows a page: enough that the transaction's cost vanishes, few enough for any memory."""

Position = tuple[datetime, int]
"""Where a row stands in an order by time and id."""

_CAPTURE = (
    captures.c.url,
    captures.c.captured_at,
    captures.c.status,
    captures.c.warc_file,
    captures.c.warc_offset,
    captures.c.record_id,
    captures.c.digest,
)
_FINAL = [reason.value for reason in RefusalReason if reason.is_final]
_IN_LIMIT = 500  # bound values a statement; SQLite's limit is 32,766


def find_id(conn: Connection, ref: str) -> int | None:
    """Return the short id that `ref` (a short id, also a merged one, or a URL) leads to."""
    if ref.isascii() and ref.isdigit():
        return _existing_id(conn, int(ref)) if len(ref) < 19 else None  # 64 bits
    query = sa.select(keys.c.article).where(keys.c.key == url_key(ref))
    # One URL may lead to articles of two outlets: its own before an alias, then the older.
    own_first = sa.case((keys.c.kind == "url", 0), else_=1)
    return conn.execute(query.order_by(own_first, keys.c.article).limit(1)).scalar()


def _existing_id(conn: Connection, id_: int) -> int | None:
    alive = sa.select(articles.c.id).where(articles.c.id == id_)
    merged = sa.select(merged_ids.c.article).where(merged_ids.c.id == id_)
    return conn.execute(sa.union_all(alive, merged)).scalar()


def load_articles(conn: Connection, ids: Sequence[int]) -> list[ArchivedArticle]:
    """Return the articles with these short ids, in that order, each with all its revisions."""
    if not ids:
        return []
    query = (
        sa.select(revisions, contents.c.json, *_CAPTURE)
        .select_from(revisions.join(captures).join(contents))
        .where(revisions.c.article.in_(ids))
        .order_by(revisions.c.article, revisions.c.number)
    )
    rows = groupby(conn.execute(query), key=lambda row: row.article)
    found = {id_: tuple(_revision(row) for row in group) for id_, group in rows}
    return [ArchivedArticle(id_, found[id_]) for id_ in ids]


def article_page(
    query: ArticleQuery, outlet: str | None, conn: Connection, after: Position | None, size: int
) -> list[tuple[Position, ArchivedArticle]]:
    """Return up to `size` matching articles of one outlet (None: of all) after a position."""
    statement = sa.select(articles.c.sort_at, articles.c.id)
    if outlet is not None:
        statement = statement.where(articles.c.outlet == outlet)
    if query.since is not None:
        statement = statement.where(articles.c.sort_at >= query.since)
    if query.until is not None:
        statement = statement.where(articles.c.sort_at < query.until)
    statement = _newest_first(statement, articles, articles.c.sort_at, after)
    positions: list[Position] = [(row[0], row[1]) for row in conn.execute(statement.limit(size))]
    loaded = load_articles(conn, [position[1] for position in positions])
    return list(zip(positions, loaded, strict=True))


def refusal_page(
    outlet: str | None, conn: Connection, after: Position | None, size: int
) -> list[tuple[Position, tuple[Capture, Refusal]]]:
    """Return up to `size` refusals of one outlet (None: of all) after a position."""
    statement = sa.select(
        refusals.c.id,
        refusals.c.outlet,
        refusals.c.url.label("refused_url"),
        refusals.c.reason,
        refusals.c.evidence,
        *_CAPTURE,
    ).select_from(refusals.join(captures))
    if outlet is not None:
        statement = statement.where(refusals.c.outlet == outlet)
    statement = _newest_first(statement, refusals, refusals.c.captured_at, after)
    return [
        ((row.captured_at, row.id), (_capture(row), _refusal(row)))
        for row in conn.execute(statement.limit(size))
    ]


def seen(conn: Connection, outlet: str, urls: Sequence[str]) -> set[str]:
    """Return those URLs at which an article or a final refusal is stored."""
    by_key = {url_key(url): url for url in urls}
    every = list(by_key)
    found: set[str] = set()
    for start in range(0, len(every), _IN_LIMIT):
        part = every[start : start + _IN_LIMIT]
        stored = sa.select(keys.c.key).where(keys.c.outlet == outlet, keys.c.key.in_(part))
        refused = (
            sa.select(refused_urls.c.key)
            .select_from(refused_urls.join(refusals))
            .where(
                refusals.c.outlet == outlet,
                refused_urls.c.key.in_(part),
                refusals.c.reason.in_(_FINAL),
            )
        )
        found.update(by_key[row.key] for row in conn.execute(sa.union(stored, refused)))
    return found


def _newest_first(
    statement: Select[Any], table: Table, time: sa.Column[datetime], after: Position | None
) -> Select[Any]:
    if after is not None:
        here = sa.tuple_(sa.literal(after[0], time.type), sa.literal(after[1], table.c.id.type))
        statement = statement.where(sa.tuple_(time, table.c.id) < here)
    return statement.order_by(time.desc(), table.c.id.desc())


def _revision(row: AnyRow) -> Revision:
    return Revision(
        number=row.number,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        changed=tuple(json.loads(row.changed)),
        article=article_from_json(row.json),
        capture=_capture(row),
        fingerprint=row.fingerprint,
    )


def _capture(row: AnyRow) -> Capture:
    return Capture(
        url=row.url,
        captured_at=row.captured_at,
        status=row.status,
        warc_file=row.warc_file,
        warc_offset=row.warc_offset,
        record_id=row.record_id,
        digest=row.digest,
    )


def _refusal(row: AnyRow) -> Refusal:
    return Refusal(row.outlet, row.refused_url, RefusalReason(row.reason), row.evidence)
