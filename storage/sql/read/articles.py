"""Read articles and refusals. Long results come in pages, each in a short transaction, so that
no reader keeps a snapshot open for hours while a crawl runs.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select

from storage.codec.articles import article_from_json
from storage.model.articles import (
    ArchivedArticle,
    Article,
    Capture,
    Refusal,
    RefusalQuery,
    RefusalReason,
    Revision,
)
from storage.model.links import SETTLED_AFTER, Looks
from storage.model.places import Tags
from storage.model.readings import Reading
from storage.sql.engine.bulk import rows_at, within
from storage.sql.engine.transactions import PageCursor
from storage.sql.places.tags import TAGGED, load_tags
from storage.sql.read.edits import NOT_FOUND_AT, removals
from storage.sql.read.readings import CAPTURE, capture_of, load_readings
from storage.sql.schema.core import (
    articles,
    captures,
    contents,
    keys,
    refusals,
    refused_urls,
    revisions,
)
from storage.sql.schema.maintenance import redactions
from storage.sql.schema.places import tags
from storage.sql.schema.types import AnyRow, in_parts, url_key

PAGE = 100
"""Rows per page: enough to make a transaction's cost negligible, few enough for any memory."""

SHOWN = articles.c.sort_at.is_not(None)  # null if all its captures are refusals today
HELD = sa.or_(SHOWN, articles.c.id.in_(sa.select(redactions.c.article)))
"""Articles that need no request: shown, or taken down."""

_SETTLING = [reason.value for reason in RefusalReason if reason.can_settle]
_FINAL = [reason.value for reason in RefusalReason if reason.is_final]

_REVISIONS = (
    sa.select(
        revisions,
        captures.c.content,
        captures.c.version,
        captures.c.read_at,
        contents.c.json,
        *CAPTURE,
        *TAGGED,
        (revisions.c.last_seen_at < NOT_FOUND_AT).label("not_found_since"),
    )
    .select_from(revisions.join(captures).join(contents).outerjoin(tags))
    .order_by(revisions.c.article, revisions.c.number)
)


def load_articles(conn: Connection, ids: Sequence[int]) -> list[ArchivedArticle]:
    """Return the articles with these short ids, in that order, each with all its revisions."""
    rows = rows_at(conn, _REVISIONS, revisions.c.article, ids)
    found = _revisions(conn, rows)
    gone = removals(conn, {row.article for row in rows if row.not_found_since})
    return [
        ArchivedArticle(id_, tuple(found[id_]), gone[id_].since if id_ in gone else None)
        for id_ in ids
    ]


def load_revisions(conn: Connection, ids: Iterable[int]) -> dict[int, list[Revision]]:
    """Return all revisions of each of these articles."""
    return _revisions(conn, rows_at(conn, _REVISIONS, revisions.c.article, ids))


def _revisions(conn: Connection, rows: Sequence[AnyRow]) -> dict[int, list[Revision]]:
    texts = [article_from_json(row.json, row.version) for row in rows]
    tagged = load_tags(conn, zip(rows, texts, strict=True))
    readings = load_readings(conn, rows)
    found: dict[int, list[Revision]] = defaultdict(list)
    for row, text in zip(rows, texts, strict=True):
        revision = _revision(row, text, tagged.get(row.content), readings[row.capture])
        found[row.article].append(revision)
    return found


def count_refusals(conn: Connection, query: RefusalQuery) -> int:
    """Return how many refusals match."""
    matching = sa.select(sa.func.count()).select_from(refusals).where(*_refusals_of(query))
    return int(conn.execute(matching).scalar_one())


def _refusals_of(query: RefusalQuery) -> Iterator[ColumnElement[bool]]:
    if query.outlets:
        yield refusals.c.outlet.in_(query.outlets)
    if query.reasons:
        yield refusals.c.reason.in_([reason.value for reason in query.reasons])
    yield from within(refusals.c.captured_at, query)


def refusal_page(
    query: RefusalQuery, conn: Connection, after: PageCursor | None, size: int
) -> list[tuple[PageCursor, tuple[Capture, Refusal]]]:
    """Return up to `size` matching refusals after a cursor."""
    statement = sa.select(
        refusals.c.id,
        refusals.c.outlet,
        refusals.c.url.label("refused_url"),
        refusals.c.reason,
        refusals.c.evidence,
        captures.c.version,
        *CAPTURE,
    ).select_from(refusals.join(captures))
    statement = statement.where(*_refusals_of(query))
    statement = newest_first(statement, refusals.c.id, refusals.c.captured_at, after)
    return [
        ((row.captured_at, row.id), (capture_of(row), _refusal(row)))
        for row in conn.execute(statement.limit(size))
    ]


def seen(conn: Connection, outlet: str, urls: Sequence[str]) -> set[str]:
    """Return the URLs at which an article is stored, and those that were given up."""
    by_key = {url_key(url): url for url in urls}
    found: set[str] = set()
    for part in in_parts(list(by_key)):
        stored = (
            sa.select(keys.c.key)
            .select_from(keys.join(articles))
            .where(keys.c.outlet == outlet, keys.c.key.in_(part), SHOWN)
        )
        final = sa.or_(refusals.c.final, refusals.c.reason.in_(_FINAL))
        refused = _refused(outlet, part, refused_urls.c.key).where(final)
        found.update(by_key[row.key] for row in conn.execute(sa.union(stored, refused)))
        found.update(by_key[key] for key in _agreed(conn, outlet, part))
    return found


def redacted(conn: Connection, outlet: str, urls: Sequence[str]) -> set[str]:
    """Return the URLs of articles that were taken down."""
    by_key = {url_key(url): url for url in urls}
    found: set[str] = set()
    for part in in_parts(list(by_key)):
        refused = _refused(outlet, part, refused_urls.c.key)
        taken = refused.where(refusals.c.reason == RefusalReason.REDACTED.value)
        found.update(by_key[key] for key in conn.execute(taken).scalars())
    return found


def _refused(outlet: str, part: Sequence[bytes], *columns: Any) -> Select[Any]:
    statement = sa.select(*columns).select_from(refused_urls.join(refusals))
    # An expression that no index covers: SQLite assumes that an outlet has fewer refusals than a
    # URL, and would scan all of the outlet's for a few URLs.
    of_outlet = refusals.c.outlet.concat("") == outlet
    return statement.where(of_outlet, refused_urls.c.key.in_(part))


def _agreed(conn: Connection, outlet: str, part: Sequence[bytes]) -> list[bytes]:
    """Return the keys of URLs that were refused for one reason twice, far enough apart."""
    time, reason = refusals.c.captured_at, (refused_urls.c.key, refusals.c.reason)
    refused = _refused(outlet, part, refused_urls.c.key, sa.func.min(time), sa.func.max(time))
    refused = refused.where(refusals.c.reason.in_(_SETTLING)).group_by(*reason)
    return [key for key, first, last in conn.execute(refused) if last - first >= SETTLED_AFTER]


def looks(conn: Connection, outlet: str, urls: Sequence[str]) -> dict[str, Looks]:
    """Return when each URL that was ever refused was first and last checked."""
    by_key = {url_key(url): url for url in urls}
    time = refusals.c.captured_at
    found: dict[str, Looks] = {}
    for part in in_parts(list(by_key)):
        refused = _refused(outlet, part, refused_urls.c.key, sa.func.min(time), sa.func.max(time))
        for key, first, last in conn.execute(refused.group_by(refused_urls.c.key)):
            found[by_key[key]] = Looks(first, last)
    return found


def newest_first(
    statement: Select[Any], id_: sa.Column[int], time: sa.Column[datetime], after: PageCursor | None
) -> Select[Any]:
    """Order `statement` as lists are ordered, and begin after a cursor."""
    if after is not None:
        position = sa.tuple_(sa.literal(after[0], time.type), sa.literal(after[1], id_.type))
        statement = statement.where(sa.tuple_(time, id_) < position)
    return statement.order_by(time.desc(), id_.desc())


def _revision(
    row: AnyRow, article: Article, tags: Tags | None, readings: tuple[Reading, ...]
) -> Revision:
    return Revision(
        number=row.number,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        changed=tuple(json.loads(row.changed)),
        article=article,
        capture=capture_of(row),
        fingerprint=row.fingerprint,
        tags=tags,
        readings=readings,
        maybe_reextraction=row.maybe_reextraction,
    )


def _refusal(row: AnyRow) -> Refusal:
    return Refusal(
        row.outlet, row.refused_url, RefusalReason(row.reason), row.evidence, row.version
    )
