"""Alarms' rows: opened, updated and closed in one transaction by what one look found."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.alarms import Alarm, Cause, Finding
from storage.sql.engine.connect import lock
from storage.sql.schema.alarms import alarms
from storage.sql.schema.core import articles
from storage.sql.schema.types import AnyRow

_WHOLE = ""  # stands in the column `outlet` for alarms of no outlet


def sync_alarms(
    conn: Connection, findings: Sequence[Finding], looked_at: Collection[str | None], now: datetime
) -> list[Alarm]:
    """Open, update and close alarms; see `storage.archive.Alarms.sync_alarms`."""
    lock(conn, "alarms")
    found = {(one.outlet or _WHOLE, one.cause.value): one for one in findings}
    open_rows = conn.execute(sa.select(alarms).where(alarms.c.closed_at.is_(None))).all()
    looked = {outlet or _WHOLE for outlet in looked_at}
    for row in open_rows:
        finding = found.pop((row.outlet, row.cause), None)
        if finding is not None:
            _update(conn, row.id, _columns(finding, since=row.since) | {"updated_at": now})
        elif row.outlet in looked:
            _update(conn, row.id, {"closed_at": now, "updated_at": now})
    for finding in found.values():
        values = _columns(finding, since=finding.since)
        conn.execute(sa.insert(alarms).values(opened_at=now, updated_at=now, told="{}", **values))
    return load_alarms(conn, None, only_open=True, limit=None)


def load_alarms(
    conn: Connection, outlet: str | None, *, only_open: bool, limit: int | None
) -> list[Alarm]:
    """Return alarms, newest first."""
    query = sa.select(alarms).order_by(alarms.c.opened_at.desc(), alarms.c.id.desc()).limit(limit)
    if outlet is not None:
        query = query.where(alarms.c.outlet == outlet)
    if only_open:
        query = query.where(alarms.c.closed_at.is_(None))
    return [_alarm(row) for row in conn.execute(query)]


def untold_alarms(conn: Connection, channels: Collection[str]) -> list[Alarm]:
    """Return the alarms of which a channel has not been told the present state, oldest first.

    One that closed before anybody was told that it opened is told to nobody.
    """
    query = sa.select(alarms).order_by(alarms.c.opened_at, alarms.c.id)
    missing = [_lacks(channel) for channel in channels]
    return [_alarm(row) for row in conn.execute(query.where(sa.or_(sa.false(), *missing)))]


def _lacks(channel: str) -> sa.ColumnElement[bool]:
    told_open = alarms.c.told.like(f'%"{channel}": "open"%')
    is_open = alarms.c.closed_at.is_(None)
    return (is_open & ~told_open) | (~is_open & told_open)


def mark_told(conn: Connection, id_: int, channel: str, state: str) -> None:
    """Write that a channel has been told an alarm's state."""
    row = conn.execute(sa.select(alarms.c.told).where(alarms.c.id == id_)).scalar_one()
    _update(conn, id_, {"told": json.dumps(json.loads(row) | {channel: state})})


def count_articles(conn: Connection, since: datetime, until: datetime) -> dict[str, int]:
    """Return how many articles of each outlet were published in a window."""
    query = sa.select(articles.c.outlet, sa.func.count()).where(
        articles.c.sort_at >= since, articles.c.sort_at < until
    )
    return {row[0]: row[1] for row in conn.execute(query.group_by(articles.c.outlet))}


def newest_articles(conn: Connection, until: datetime) -> dict[str, datetime]:
    """Return the time of each outlet's newest article that is not of the future."""
    query = sa.select(articles.c.outlet, sa.func.max(articles.c.sort_at))
    query = query.where(articles.c.sort_at < until).group_by(articles.c.outlet)
    return {row[0]: row[1] for row in conn.execute(query)}


def _update(conn: Connection, id_: int, values: dict[str, Any]) -> None:
    conn.execute(sa.update(alarms).where(alarms.c.id == id_).values(values))


def _columns(finding: Finding, *, since: datetime) -> dict[str, Any]:
    return {
        "cause": finding.cause.value,
        "outlet": finding.outlet or _WHOLE,
        "summary": finding.summary,
        "since": min(since, finding.since),
        "evidence": json.dumps(finding.evidence),
    }


def _alarm(row: AnyRow) -> Alarm:
    finding = Finding(
        cause=Cause(row.cause),
        outlet=row.outlet or None,
        summary=row.summary,
        since=row.since,
        evidence=tuple(json.loads(row.evidence)),
    )
    times = (row.opened_at, row.updated_at, row.closed_at)
    return Alarm(row.id, finding, *times, told=json.loads(row.told))
