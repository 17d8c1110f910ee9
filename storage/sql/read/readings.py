"""What captures were read as, by which version of our code: the newest and earlier readings."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select

from storage.codec.articles import article_from_json
from storage.errors import NotFoundError
from storage.model.articles import FAILURES, Article, Capture, Refusal, RefusalReason
from storage.model.readings import Reading, RereadQuery
from storage.sql.engine.bulk import rows_at, within
from storage.sql.schema.core import captures, contents, readings, refusals, revisions
from storage.sql.schema.types import AnyRow, in_parts

CAPTURE = (
    captures.c.url,
    captures.c.captured_at,
    captures.c.status,
    captures.c.warc_file,
    captures.c.warc_offset,
    captures.c.record_id,
    captures.c.digest,
)
"""The columns that `capture_of` reads."""


def capture_of(row: AnyRow) -> Capture:
    """Return the capture in a row with the columns `CAPTURE`."""
    return Capture(
        url=row.url,
        captured_at=row.captured_at,
        status=row.status,
        warc_file=row.warc_file,
        warc_offset=row.warc_offset,
        record_id=row.record_id,
        digest=row.digest,
    )


@dataclass(frozen=True, slots=True)
class StoredCapture:
    """A capture with its newest reading.

    article: short id of the article that it shows; for a refusal, of the article at its URL.
    content, refusal: row of its article's content or of its refusal; the other one is None.
    """

    id: int
    outlet: str
    capture: Capture
    result: Article | Refusal
    version: int
    read_at: datetime
    article: int | None
    content: int | None
    refusal: int | None


def load_captures(conn: Connection, ids: Sequence[int]) -> dict[int, StoredCapture]:
    """Return the captures with these ids, by id; unknown ids are left out."""
    query = sa.select(
        *CAPTURE,
        captures.c.id,
        captures.c.outlet,
        captures.c.version,
        captures.c.read_at,
        captures.c.content,
        contents.c.json,
        sa.func.coalesce(captures.c.article, refusals.c.article).label("article"),
        refusals.c.id.label("refusal"),
        refusals.c.url.label("refused_url"),
        refusals.c.reason,
        refusals.c.evidence,
    ).select_from(captures.outerjoin(contents).outerjoin(refusals))
    rows = (
        row for part in in_parts(ids) for row in conn.execute(query.where(captures.c.id.in_(part)))
    )
    return {row.id: _stored_capture(row) for row in rows}


def _stored_capture(row: AnyRow) -> StoredCapture:
    return StoredCapture(
        id=row.id,
        outlet=row.outlet,
        capture=capture_of(row),
        result=_result(row, row.outlet),
        version=row.version,
        read_at=row.read_at,
        article=row.article,
        content=row.content,
        refusal=row.refusal,
    )


def _result(row: AnyRow, outlet: str) -> Article | Refusal:
    if row.json is not None:
        return article_from_json(row.json, row.version)
    reason = RefusalReason(row.reason)
    return Refusal(outlet, row.refused_url, reason, row.evidence, row.version)


def load_readings(conn: Connection, rows: Iterable[AnyRow]) -> dict[int, tuple[Reading, ...]]:
    """Return the readings, earliest first, of the captures in these rows of revisions.

    rows: with the columns `capture`, `captured_at`, and `version` and `read_at` of the newest
    reading.
    """
    newest = {row.capture: row for row in rows}
    # The first reading has the capture's time, so a capture of that time was never read again.
    reread = [id_ for id_, row in newest.items() if row.read_at != row.captured_at]
    found = rows_at(conn, _EARLIER, readings.c.capture, reread)
    earlier = {id_: list(of) for id_, of in groupby(found, key=lambda row: row.capture)}
    return {id_: _readings(earlier.get(id_, []), row) for id_, row in newest.items()}


_EARLIER = sa.select(readings).order_by(readings.c.capture, readings.c.number)


def _readings(earlier: Sequence[AnyRow], newest: AnyRow) -> tuple[Reading, ...]:
    changed = [(), *(tuple(json.loads(row.changed_by_next)) for row in earlier)]
    return tuple(
        Reading(row.read_at, row.version, "reextraction" if index else "outlet", changed[index])
        for index, row in enumerate((*earlier, newest))
    )


def read_as(conn: Connection, id_: int, number: int, index: int) -> Article | Refusal:
    """Return what a revision's first capture was read as. Raises NotFoundError."""
    of = (revisions.c.article == id_, revisions.c.number == number)
    capture = conn.execute(sa.select(revisions.c.capture).where(*of)).scalar()
    if capture is None:
        raise NotFoundError(f"article {id_} has no revision {number}: show it to see its revisions")
    query = (
        sa.select(
            contents.c.json,
            readings.c.version,
            readings.c.reason,
            readings.c.evidence,
            readings.c.url.label("refused_url"),
        )
        .select_from(readings.outerjoin(contents))
        .where(readings.c.capture == capture)
        .order_by(readings.c.number)
    )
    earlier = conn.execute(query).all()
    if not 0 <= index <= len(earlier):
        raise NotFoundError(
            f"revision {number} of article {id_} has no reading {index}:"
            f" there are {len(earlier) + 1}, the first of them is 0"
        )
    newest = load_captures(conn, [capture])[capture]
    return newest.result if index == len(earlier) else _result(earlier[index], newest.outlet)


def to_reread(conn: Connection, query: RereadQuery, limit: int) -> list[StoredCapture]:
    """Return captures whose newest reading is of another version or failed, oldest first."""
    parts = (
        _wanted(query, captures.c.id, captures.c.captured_at)
        .where(part)
        .order_by(captures.c.captured_at, captures.c.id)
        .limit(limit)
        .subquery()
        for part in _parts(conn, query)
    )
    terms = [sa.select(term) for term in parts]
    if not terms:
        return []
    found = sa.union_all(*terms).subquery()
    oldest = sa.select(found.c.id).order_by(found.c.captured_at, found.c.id).limit(limit)
    ids = list(conn.execute(oldest).scalars())
    rows = load_captures(conn, ids)
    return [rows[id_] for id_ in ids]


def count_to_reread(conn: Connection, query: RereadQuery) -> int:
    """Return how many captures `to_reread` would return without a limit."""
    count = _wanted(query, sa.func.count())
    return sum(conn.execute(count.where(part)).scalar_one() for part in _parts(conn, query))


def _parts(conn: Connection, query: RereadQuery) -> list[ColumnElement[bool]]:
    """Return conditions for the captures to read again; no capture meets two of them."""
    parts = [captures.c.version == version for version in _other_versions(conn, query)]
    if query.version is None:
        return parts
    failed = sa.select(refusals.c.capture).where(refusals.c.reason.in_(sorted(FAILURES)))
    return [*parts, (captures.c.version == query.version) & captures.c.id.in_(failed)]


def _other_versions(conn: Connection, query: RereadQuery) -> list[int]:
    """Return the versions of our code that captures were last read by, except the query's.

    They are few; each is found by one step along an index, without reading all its captures.
    """
    found: list[int] = []
    step = sa.select(captures.c.version).order_by(captures.c.version).limit(1)
    if query.outlet is not None:
        step = step.where(captures.c.outlet == query.outlet)
    last = conn.execute(step).scalar()
    while last is not None:
        found.append(last)
        last = conn.execute(step.where(captures.c.version > last)).scalar()
    return [version for version in found if version != query.version]


def _wanted(query: RereadQuery, *columns: Any) -> Select[Any]:
    redacted = sa.select(refusals.c.id).where(
        refusals.c.capture == captures.c.id,
        refusals.c.reason == RefusalReason.REDACTED.value,
    )
    # Neither a refusal by the crawl itself, of which there is no record, nor an import can be read.
    readable = (
        captures.c.warc_file != "",
        (captures.c.version > 0) | captures.c.content.is_not(None),
    )
    bounds = within(captures.c.captured_at, query)
    statement = sa.select(*columns).select_from(captures)
    statement = statement.where(~redacted.exists(), *readable, *bounds)
    if query.outlet is not None:
        statement = statement.where(captures.c.outlet == query.outlet)
    if query.after is not None:
        place = (captures.c.captured_at, captures.c.id)
        last = sa.select(*place).where(captures.c.id == query.after)
        statement = statement.where(sa.tuple_(*place) > last.scalar_subquery())
    return statement
