"""`archive.runs`: what each crawl did and how it ended."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.errors import ArchiveError, NotFoundError
from storage.model.runs import Outcome, Run, RunCounts
from storage.sql.engine.connect import lock
from storage.sql.engine.transactions import Part
from storage.sql.ingest.outlets import add_outlet
from storage.sql.schema.core import outlets, runs
from storage.sql.schema.types import AnyRow

_NO_END = "its process is gone and recorded no end: it crashed or was killed"


class Runs(Part):
    """One row per run: what it did and how it ended."""

    def start(self, run: Run) -> None:
        """Insert the row of a run that starts. Raises ArchiveError where the id exists."""
        with self._database.writing() as conn:
            lock(conn, run.outlet)
            if conn.execute(sa.select(runs.c.id).where(runs.c.id == run.id)).first():
                raise ArchiveError(f"a run {run.id!r} was started before: give each run its own id")
            add_outlet(conn, run.outlet)
            conn.execute(sa.insert(runs).values(id=run.id, **_columns(run)))

    def update(self, run_id: str, counts: RunCounts) -> None:
        """Update the counts of a run in progress: to show them, and to keep them if it is killed.

        Raises NotFoundError.
        """
        with self._database.writing() as conn:
            _update(conn, run_id, _count_columns(counts))

    def finish(self, run: Run) -> None:
        """Update all columns of a run that has ended. Raises NotFoundError."""
        with self._database.writing() as conn:
            _update(conn, run.id, _columns(run))

    def get(self, run_id: str) -> Run:
        """Return one run. Raises NotFoundError."""
        with self._database.reading() as conn:
            row = conn.execute(sa.select(runs).where(runs.c.id == run_id)).one_or_none()
        if row is None:
            raise _no_run(run_id)
        return _run(row)

    def find(
        self,
        outlet: str | None = None,
        limit: int | None = None,
        since: datetime | None = None,
        offset: int = 0,
    ) -> list[Run]:
        """Return runs, newest first. since: only those that started then or later.

        offset: how many of the newest to skip.
        """
        query = sa.select(runs).order_by(runs.c.started_at.desc(), runs.c.id.desc())
        query = query.limit(limit).offset(offset)
        if since is not None:
            query = query.where(runs.c.started_at >= since)
        if outlet is not None:
            query = query.where(runs.c.outlet == outlet)
        with self._database.reading() as conn:
            return [_run(row) for row in conn.execute(query)]

    def newest(self, count: int, since: datetime) -> dict[str, list[Run]]:
        """Return up to `count` of each outlet's newest runs since then, newest first.

        All runs that started at the same moment as the last of them are included. One statement for
        all outlets; for each outlet it finds the first run by the index.
        """
        older = sa.alias(runs)
        last = (
            sa.select(older.c.started_at)
            .where(older.c.outlet == outlets.c.slug, older.c.started_at >= since)
            .order_by(older.c.started_at.desc())
            .limit(1)
            .offset(count - 1)
            .scalar_subquery()
        )
        of_outlet = runs.c.outlet == outlets.c.slug
        begin = sa.func.coalesce(last, sa.literal(since, runs.c.started_at.type))
        query = sa.select(runs).join_from(outlets, runs, of_outlet & (runs.c.started_at >= begin))
        found: dict[str, list[Run]] = {}
        with self._database.reading() as conn:
            # With this order SQLite scans the outlets, not all runs.
            for row in conn.execute(query.order_by(outlets.c.slug, runs.c.started_at.desc())):
                found.setdefault(row.outlet, []).append(_run(row))
        return found

    def latest_by_outlet(self) -> dict[str, Run]:
        """Return the newest run of each outlet that has any."""
        latest = (
            sa.select(runs.c.id)
            .where(runs.c.outlet == outlets.c.slug)
            .order_by(runs.c.started_at.desc(), runs.c.id.desc())
            .limit(1)
            .correlate(outlets)
            .scalar_subquery()
        )
        query = sa.select(runs).join_from(outlets, runs, runs.c.id == latest)
        with self._database.reading() as conn:
            return {row.outlet: _run(row) for row in conn.execute(query)}

    def last_end(self, outlet: str, outcome: Outcome | None = None) -> Run | None:
        """Return an outlet's newest crawl that has ended, with this outcome if one is given."""
        ended = runs.c.outcome.is_not(None) if outcome is None else runs.c.outcome == outcome.value
        live = sa.select(runs).where(runs.c.outlet == outlet, ~runs.c.replay, ended)
        with self._database.reading() as conn:
            row = conn.execute(live.order_by(runs.c.started_at.desc()).limit(1)).first()
            return None if row is None else _run(row)

    def crawled_outlets(self) -> set[str]:
        """Return the outlets that were crawled at least once; replays do not count."""
        live = sa.exists().where(runs.c.outlet == outlets.c.slug, ~runs.c.replay)
        with self._database.reading() as conn:
            return set(conn.execute(sa.select(outlets.c.slug).where(live)).scalars())

    def count(self, outlet: str | None = None) -> int:
        """Return the number of runs of one outlet (None: of all)."""
        query = sa.select(sa.func.count()).select_from(runs)
        if outlet is not None:
            query = query.where(runs.c.outlet == outlet)
        with self._database.reading() as conn:
            return int(conn.execute(query).scalar_one())

    def published(self, since: datetime) -> dict[str, dict[str, list[datetime]]]:
        """Return the publication times of the new articles of crawls since then.

        They are grouped by outlet and section. The database returns one text per outlet: a month of
        a country's press is half a million runs.
        """
        texts = sa.func.aggregate_strings(runs.c.new_by_section, ",")
        query = (
            sa.select(runs.c.outlet, texts.label("texts"))
            .where(runs.c.started_at >= since, runs.c.kind == "crawl")
            .where(runs.c.new_by_section != "{}")
            .where(~runs.c.replay, runs.c.since.is_(None), runs.c.until.is_(None))
            .group_by(runs.c.outlet)
        )
        with self._database.reading() as conn:
            return {row.outlet: _by_section(row.texts) for row in conn.execute(query)}

    def at_work(self) -> list[Run]:
        """Return the runs without a recorded end, oldest first; some may have been killed."""
        query = sa.select(runs).where(runs.c.outcome.is_(None))
        with self._database.reading() as conn:
            ordered = conn.execute(query.order_by(runs.c.started_at, runs.c.id))
            return [_run(row) for row in ordered]

    def close_dead(self, is_alive: Callable[[Run], bool], now: datetime) -> list[Run]:
        """Close as DIED every run at work for which `is_alive` is false; return them, closed."""
        dead = [run for run in self.at_work() if not is_alive(run)]
        with self._database.writing() as conn:
            return _close(conn, dead, now)


def _by_section(texts: str) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = {}
    for new_by_section in json.loads(f"[{texts}]"):
        for section, times in new_by_section.items():
            found.setdefault(section, []).extend(map(datetime.fromisoformat, times))
    return found


def _close(conn: Connection, dead: list[Run], now: datetime) -> list[Run]:
    """Close as DIED those runs of `dead` that have no recorded end; return them, closed."""
    closed = []
    for run in dead:
        ended = replace(run, outcome=Outcome.DIED, ended_at=now, error=run.error or _NO_END)
        update = sa.update(runs).where(runs.c.id == run.id, runs.c.outcome.is_(None))
        values = {"outcome": Outcome.DIED.value, "ended_at": now, "error": ended.error}
        if conn.execute(update.values(values)).rowcount:
            closed.append(ended)
    return closed


def _update(conn: Connection, run_id: str, values: dict[str, Any]) -> None:
    if not conn.execute(sa.update(runs).where(runs.c.id == run_id).values(values)).rowcount:
        raise _no_run(run_id)


def _no_run(run_id: str) -> NotFoundError:
    return NotFoundError(f"no run has the id {run_id!r}: list the runs to see their ids")


def _count_columns(counts: RunCounts) -> dict[str, Any]:
    texts = {"refused": _json(counts.refused), "signals": _json(counts.signals)}
    return asdict(counts) | texts


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True)


def _columns(run: Run) -> dict[str, Any]:
    values = {name: getattr(run, name) for name in _SCALARS}
    return {
        **values,
        **_count_columns(run.counts),
        "sections": json.dumps(run.sections),
        "evidence": _json(run.evidence),
        "newest_by_section": _json(
            {name: at.isoformat() for name, at in run.newest_by_section.items()}
        ),
        "outcome": run.outcome.value if run.outcome else None,
        "new_by_section": json.dumps(
            {slug: [at.isoformat() for at in times] for slug, times in run.new_by_section.items()}
        ),
    }


_SCALARS = (
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


@lru_cache(maxsize=1024)  # crawls that find nothing store equal texts, and alarms read thousands
def _parsed(text: str) -> Any:
    return json.loads(text)


def _run(row: AnyRow) -> Run:
    columns = row._mapping
    return Run(
        id=row.id,
        sections=tuple(_parsed(row.sections)),
        outcome=Outcome(row.outcome) if row.outcome else None,
        new_by_section={
            slug: tuple(datetime.fromisoformat(at) for at in times)
            for slug, times in _parsed(row.new_by_section).items()
        },
        counts=RunCounts(
            refused=dict(_parsed(row.refused)),
            signals=dict(_parsed(row.signals)),
            **{name: columns[name] for name in _COUNTS},
        ),
        evidence={name: tuple(urls) for name, urls in _parsed(row.evidence).items()},
        newest_by_section={
            name: datetime.fromisoformat(at) for name, at in _parsed(row.newest_by_section).items()
        },
        **{name: columns[name] for name in _SCALARS},
    )
