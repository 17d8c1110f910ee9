"""`archive.schedule`: maintenance jobs, rechecks of stored articles, and locking the archive."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.schedule import (
    RECHECK_AGES,
    TOO_LATE,
    Hold,
    KnownArticle,
    MaintenanceRun,
)
from storage.sql.engine.backend import backend_of
from storage.sql.engine.connect import lock
from storage.sql.engine.errors import plain_errors
from storage.sql.engine.transactions import Part
from storage.sql.schema.core import articles, captures, refusals
from storage.sql.schema.runs import checks, maintenance_runs

_ROWS = 200  # fetched at a time


class Schedule(Part):
    """Maintenance jobs, rechecks of stored articles, and locks on the archive."""

    def hold(self, purpose: str) -> Hold | None:
        """Lock the archive for a purpose; None where another process has that lock."""
        with plain_errors(self._database.name):
            return backend_of(self._database.engine).hold(self._database.engine, purpose)

    def maintenance_runs(self) -> dict[str, MaintenanceRun]:
        """Return the last run of each maintenance job, by name."""
        with self._database.reading() as conn:
            return {
                row.name: MaintenanceRun(**row._mapping)
                for row in conn.execute(sa.select(maintenance_runs))
            }

    def record_maintenance(self, run: MaintenanceRun) -> None:
        """Replace a maintenance job's row."""
        with self._database.writing() as conn:
            lock(conn, "maintenance", run.name)
            conn.execute(sa.delete(maintenance_runs).where(maintenance_runs.c.name == run.name))
            conn.execute(sa.insert(maintenance_runs).values(asdict(run)))

    def due_checks(self, outlet: str, now: datetime, limit: int) -> list[KnownArticle]:
        """Return up to `limit` articles that are due for a recheck, newest first."""
        with self._database.reading() as conn, closing(_due(conn, outlet, now)) as due:
            return list(islice(due, limit))

    def note_check(self, article: int, now: datetime, status: int) -> None:
        """Record a recheck of an article, by short id, and its HTTP status.

        `archive.articles.store` stores the response itself; this also records a recheck that
        brought none (304).
        """
        with self._database.writing() as conn:
            _note_check(conn, article, now, status)


def _due(conn: Connection, outlet: str, now: datetime) -> Generator[KnownArticle]:
    """Yield the articles that were not checked since they last reached one of RECHECK_AGES.

    A check is a capture, a refusal at the article's URL, or a recorded recheck. The comparison is
    made in Python because the databases differ in how they add to times.
    """
    query = (
        sa.select(articles.c.id, articles.c.url, checks.c.status, articles.c.sort_at, *_CHECKED)
        .select_from(articles.outerjoin(checks))
        .where(articles.c.outlet == outlet)
        .where(articles.c.sort_at > now - TOO_LATE, articles.c.sort_at <= now - RECHECK_AGES[0])
        .order_by(articles.c.sort_at.desc(), articles.c.id.desc())
    )
    # Fetched in parts: a caller that wants a few articles must not wait for two months of a large
    # outlet.
    with closing(conn.execute(query, execution_options={"yield_per": _ROWS})) as rows:
        for id_, url, status, sort_at, *checked in rows:
            age = max(age for age in RECHECK_AGES if sort_at + age <= now)
            if all(check is None or check < sort_at + age for check in checked):
                yield KnownArticle(id_, url, status)


def _newest(column: sa.Column[Any], article: sa.Column[Any]) -> sa.ScalarSelect[Any]:
    newest = sa.select(sa.func.max(column, type_=column.type))
    return newest.where(article == articles.c.id).correlate(articles).scalar_subquery()


_CHECKED = (
    _newest(captures.c.captured_at, captures.c.article),
    _newest(refusals.c.captured_at, refusals.c.article),
    checks.c.checked_at,
)


def _note_check(conn: Connection, id_: int, now: datetime, status: int) -> None:
    lock(conn, "check", str(id_))
    values = {"checked_at": now, "status": status}
    if conn.execute(sa.update(checks).where(checks.c.article == id_).values(values)).rowcount:
        return
    # The article may have been merged into another one since it was found to be due.
    if conn.execute(sa.select(articles.c.id).where(articles.c.id == id_)).first():
        conn.execute(sa.insert(checks).values(article=id_, **values))
