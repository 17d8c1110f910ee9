"""`archive.alarms`: opened, updated and closed by the findings of one evaluation."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.alarms import Alarm, Cause, Finding
from storage.sql.engine.connect import lock
from storage.sql.engine.transactions import Part
from storage.sql.schema.runs import alarms
from storage.sql.schema.types import AnyRow

_WHOLE = ""  # in the column `outlet`, for alarms about the whole archive


class Alarms(Part):
    """Alarms: what is wrong, and since when."""

    def sync(
        self, findings: Sequence[Finding], evaluated: Collection[str | None], now: datetime
    ) -> list[Alarm]:
        """Open an alarm for each new finding, update those that persist, close those that ended.

        evaluated: the outlets that were evaluated (None: the whole archive); only their alarms are
        closed. Runs in one transaction; returns all alarms that are open then, newest first.
        """
        with self._database.writing() as conn:
            _sync(conn, findings, evaluated, now)
            return _load(conn, None, only_open=True, limit=None)

    def find(
        self, outlet: str | None = None, *, only_open: bool = True, limit: int | None = None
    ) -> list[Alarm]:
        """Return alarms, newest first."""
        with self._database.reading() as conn:
            return _load(conn, outlet, only_open=only_open, limit=limit)

    def pending(self, channels: Collection[str]) -> list[Alarm]:
        """Return the alarms whose current state some channel has not received, oldest first.

        An alarm that closed before its opening was delivered is not delivered at all.
        """
        query = sa.select(alarms).order_by(alarms.c.opened_at, alarms.c.id)
        missing = [_lacks(channel) for channel in channels]
        with self._database.reading() as conn:
            return [_alarm(row) for row in conn.execute(query.where(sa.or_(sa.false(), *missing)))]

    def mark_delivered(self, alarm: int, channel: str, state: str) -> None:
        """Record that an alarm's state, "open" or "closed", was delivered to a channel."""
        delivered = sa.select(alarms.c.delivered).where(alarms.c.id == alarm)
        with self._database.writing() as conn:
            states = json.loads(conn.execute(delivered).scalar_one())
            _update(conn, alarm, {"delivered": json.dumps(states | {channel: state})})


def _sync(
    conn: Connection, findings: Sequence[Finding], evaluated: Collection[str | None], now: datetime
) -> None:
    lock(conn, "alarms")
    found = {(finding.outlet or _WHOLE, finding.cause.value): finding for finding in findings}
    open_rows = conn.execute(sa.select(alarms).where(alarms.c.closed_at.is_(None))).all()
    evaluated_keys = {outlet or _WHOLE for outlet in evaluated}
    for row in open_rows:
        finding = found.pop((row.outlet, row.cause), None)
        if finding is not None:
            _update(conn, row.id, _columns(finding, since=row.since) | {"updated_at": now})
        elif row.outlet in evaluated_keys:
            _update(conn, row.id, {"closed_at": now, "updated_at": now})
    for finding in found.values():
        values = _columns(finding, since=finding.since)
        conn.execute(
            sa.insert(alarms).values(opened_at=now, updated_at=now, delivered="{}", **values)
        )


def _load(
    conn: Connection, outlet: str | None, *, only_open: bool, limit: int | None
) -> list[Alarm]:
    query = sa.select(alarms).order_by(alarms.c.opened_at.desc(), alarms.c.id.desc()).limit(limit)
    if outlet is not None:
        query = query.where(alarms.c.outlet == outlet)
    if only_open:
        query = query.where(alarms.c.closed_at.is_(None))
    return [_alarm(row) for row in conn.execute(query)]


def _lacks(channel: str) -> sa.ColumnElement[bool]:
    delivered_open = alarms.c.delivered.like(f'%"{channel}": "open"%')
    is_open = alarms.c.closed_at.is_(None)
    return (is_open & ~delivered_open) | (~is_open & delivered_open)


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
    return Alarm(row.id, finding, *times, delivered=json.loads(row.delivered))
