"""Rows of the schedule: maintenance jobs, looks at known articles; holding the archive."""

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

_ROWS = 200  # that are read at a time


class Schedule(Part):
    """Maintenance jobs, checks of known articles, and who holds the archive."""

    def hold(self, purpose: str) -> Hold | None:
        """Hold the archive for a purpose; None where another process does."""
        with plain_errors(self._database.name):
            return backend_of(self._database.engine).hold(self._database.engine, purpose)

    def maintenance_runs(self) -> dict[str, MaintenanceRun]:
        """Return the last time of each maintenance job, by name."""
        with self._database.reading() as conn:
            return {
                row.name: MaintenanceRun(**row._mapping)
                for row in conn.execute(sa.select(maintenance_runs))
            }

    def record_maintenance(self, run: MaintenanceRun) -> None:
        """Write a maintenance job's row in place of the one before."""
        with self._database.writing() as conn:
            lock(conn, "maintenance", run.name)
            conn.execute(sa.delete(maintenance_runs).where(maintenance_runs.c.name == run.name))
            conn.execute(sa.insert(maintenance_runs).values(asdict(run)))

    def due_checks(self, outlet: str, now: datetime, limit: int) -> list[KnownArticle]:
        """Return up to `limit` articles that are due to be looked at again, newest first."""
        with self._database.reading() as conn, closing(_due(conn, outlet, now)) as due:
            return list(islice(due, limit))

    def note_check(self, article: int, now: datetime, status: int) -> None:
        """Note a look at an article, by short id, and the HTTP status that it brought.

        What came is stored by `archive.articles.store`; this also notes looks that brought
        nothing (304).
        """
        with self._database.writing() as conn:
            _note_check(conn, article, now, status)


def _due(conn: Connection, outlet: str, now: datetime) -> Generator[KnownArticle]:
    """Yield the articles whose last look lies before the last step of age that they have passed.

    A look is a capture, a refusal at its address, or a check that brought nothing new. Whether
    it lies before the step is computed here: the databases add to times each in its own way.
    """
    query = (
        sa.select(articles.c.id, articles.c.url, checks.c.status, articles.c.sort_at, *_CHECKED)
        .select_from(articles.outerjoin(checks))
        .where(articles.c.outlet == outlet)
        .where(articles.c.sort_at > now - TOO_LATE, articles.c.sort_at <= now - RECHECK_AGES[0])
        .order_by(articles.c.sort_at.desc(), articles.c.id.desc())
    )
    # Row by row: whoever asks for a few of a large outlet's must not wait for two months of it.
    with closing(conn.execute(query, execution_options={"yield_per": _ROWS})) as rows:
        for id_, url, status, sort_at, *checked in rows:
            step = max(step for step in RECHECK_AGES if sort_at + step <= now)
            if all(check is None or check < sort_at + step for check in checked):
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
    # It may have been joined to another article since it was found to be due.
    if conn.execute(sa.select(articles.c.id).where(articles.c.id == id_)).first():
        conn.execute(sa.insert(checks).values(article=id_, **values))
