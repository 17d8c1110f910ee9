"""Rows about the work itself: runs and listings' validators."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.errors import ArchiveError, NotFoundError
from storage.model.runs import Outcome, Run, RunCounts, Validator
from storage.sql.engine.connect import lock
from storage.sql.ingest.store import add_outlet
from storage.sql.schema.core import runs, validators
from storage.sql.schema.keys import url_key
from storage.sql.schema.types import AnyRow

_NO_END = "its process is gone and recorded no end: it crashed or was killed"


def start_run(conn: Connection, run: Run) -> None:
    """Write the row of a run that begins. Raises ArchiveError where the id exists."""
    lock(conn, run.outlet)
    if conn.execute(sa.select(runs.c.id).where(runs.c.id == run.id)).first():
        raise ArchiveError(f"a run {run.id!r} was started before: give each run its own id")
    add_outlet(conn, run.outlet)
    conn.execute(sa.insert(runs).values(id=run.id, **_columns(run)))


def update_run(conn: Connection, run_id: str, counts: RunCounts) -> None:
    """Write a run's counts. Raises NotFoundError."""
    _update(conn, run_id, _count_columns(counts))


def finish_run(conn: Connection, run: Run) -> None:
    """Write all of a run's row. Raises NotFoundError."""
    _update(conn, run.id, _columns(run))


def load_run(conn: Connection, run_id: str) -> Run:
    """Return one run. Raises NotFoundError."""
    row = conn.execute(sa.select(runs).where(runs.c.id == run_id)).one_or_none()
    if row is None:
        raise _no_run(run_id)
    return _run(row)


def load_runs(
    conn: Connection, outlet: str | None, limit: int | None, since: datetime | None = None
) -> list[Run]:
    """Return runs, newest first. since: only those that started then or later."""
    query = sa.select(runs).order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(limit)
    if since is not None:
        query = query.where(runs.c.started_at >= since)
    if outlet is not None:
        query = query.where(runs.c.outlet == outlet)
    return [_run(row) for row in conn.execute(query)]


def open_runs(conn: Connection) -> list[Run]:
    """Return the runs without an end, oldest first."""
    query = sa.select(runs).where(runs.c.outcome.is_(None))
    return [_run(row) for row in conn.execute(query.order_by(runs.c.started_at, runs.c.id))]


def close_runs(conn: Connection, dead: list[Run], now: datetime) -> list[Run]:
    """Close as DIED those runs of `dead` that are still open; return them closed."""
    closed = []
    for run in dead:
        ended = replace(run, outcome=Outcome.DIED, ended_at=now, error=run.error or _NO_END)
        update = sa.update(runs).where(runs.c.id == run.id, runs.c.outcome.is_(None))
        values = {"outcome": Outcome.DIED.value, "ended_at": now, "error": ended.error}
        if conn.execute(update.values(values)).rowcount:
            closed.append(ended)
    return closed


def load_validator(conn: Connection, url: str) -> Validator | None:
    """Return a listing's validator, if one was saved."""
    query = sa.select(validators).where(validators.c.key == url_key(url))
    row = conn.execute(query).one_or_none()
    return Validator(row.url, row.etag, row.last_modified, row.saved_at) if row else None


def save_validator(conn: Connection, validator: Validator) -> None:
    """Keep a listing's validator in place of the one before."""
    lock(conn, "validator", validator.url)
    key = url_key(validator.url)
    values = asdict(validator)
    update = sa.update(validators).where(validators.c.key == key).values(values)
    if not conn.execute(update).rowcount:
        conn.execute(sa.insert(validators).values(key=key, **values))


def _update(conn: Connection, run_id: str, values: dict[str, Any]) -> None:
    if not conn.execute(sa.update(runs).where(runs.c.id == run_id).values(values)).rowcount:
        raise _no_run(run_id)


def _no_run(run_id: str) -> NotFoundError:
    return NotFoundError(f"no run has the id {run_id!r}: list the runs to see their ids")


def _count_columns(counts: RunCounts) -> dict[str, Any]:
    as_json = {name: _json(getattr(counts, name)) for name in ("refused", "signs")}
    return {**asdict(counts), **as_json}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True)


def _columns(run: Run) -> dict[str, Any]:
    values = {name: getattr(run, name) for name in _PLAIN}
    return {
        **values,
        **_count_columns(run.counts),
        "sections": json.dumps(run.sections),
        "evidence": _json(run.evidence),
        "newest_of": _json({name: at.isoformat() for name, at in run.newest_of.items()}),
        "outcome": run.outcome.value if run.outcome else None,
        "new_of": json.dumps(
            {slug: [at.isoformat() for at in times] for slug, times in run.new_of.items()}
        ),
    }


_PLAIN = (
    "outlet",
    "started_at",
    "replay",
    "pid",
    "host",
    "ended_at",
    "error",
    "newest_published_at",
    "peak_memory_bytes",
    "log_file",
    "kind",
    "since",
    "until",
    "robots",
    "exit_code",
)
_COUNTS = (
    "requested",
    "fetched",
    "links",
    "new",
    "revised",
    "copies",
    "unchanged",
    "known",
    "failed",
    "received_bytes",
)


def _run(row: AnyRow) -> Run:
    columns = row._mapping
    return Run(
        id=row.id,
        sections=tuple(json.loads(row.sections)),
        outcome=Outcome(row.outcome) if row.outcome else None,
        new_of={
            slug: tuple(datetime.fromisoformat(at) for at in times)
            for slug, times in json.loads(row.new_of).items()
        },
        counts=RunCounts(
            refused=json.loads(row.refused),
            signs=json.loads(row.signs),
            **{name: columns[name] for name in _COUNTS},
        ),
        evidence={name: tuple(urls) for name, urls in json.loads(row.evidence).items()},
        newest_of={
            name: datetime.fromisoformat(at) for name, at in json.loads(row.newest_of).items()
        },
        **{name: columns[name] for name in _PLAIN},
    )
