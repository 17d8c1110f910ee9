"""How far an archive has come: its last rows, at this moment or at an earlier one."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Select

from storage.model.watches import ArrivalCursor
from storage.sql.engine.connect import ARRIVALS, lock
from storage.sql.schema.core import articles, captures, runs

_LONGEST_RUN = timedelta(days=7)  # what a run stored that began longer ago is no longer found
_CLOCKS = timedelta(hours=1)  # that a machine's, by which captures go, may be from the archive's


def head(conn: Connection) -> ArrivalCursor:
    """Return the cursor after all that is stored, and before all that will be.

    Rows get their numbers before their transaction ends: this waits for those that have begun,
    so that none of them appears behind the cursor later.
    """
    lock(conn, ARRIVALS)
    last = (
        conn.execute(sa.select(sa.func.max(t.c.id))).scalar() or 0 for t in (captures, articles)
    )
    return ArrivalCursor(*last)


def cursor_at(conn: Connection, moment: datetime) -> ArrivalCursor:
    """Return the cursor before what was learned at `moment` or later.

    The archive learns of a capture when it is made, or when the run begins that replays it.
    """
    of_runs = captures.join(runs, runs.c.id == captures.c.run)
    learned = sa.or_(captures.c.captured_at >= moment, runs.c.started_at >= moment)
    begun = runs.c.started_at >= moment - _LONGEST_RUN
    # Of a week's runs nearly all were over by then: their captures need not be looked through.
    at_work = sa.or_(runs.c.ended_at.is_(None), runs.c.ended_at >= moment - _CLOCKS)
    first = sa.select(sa.func.min(captures.c.id)).select_from(of_runs)
    first = first.where(begun, at_work, learned)
    capture = conn.execute(first).scalar()
    if capture is None:
        return head(conn)
    article = conn.execute(_first_new(capture)).scalar()
    if article is None:
        article = (conn.execute(sa.select(sa.func.max(articles.c.id))).scalar() or 0) + 1
    return ArrivalCursor(capture - 1, article - 1)


def _first_new(capture: int) -> Select[Any]:
    """Return a statement for the first article of which no capture is older than this one."""
    own = captures.alias()
    # One step along an index an article. With "not exists" PostgreSQL reads every capture there is;
    # and so it does for the smallest article as such, which it looks for along their index.
    oldest = sa.select(sa.func.min(own.c.id)).where(own.c.article == captures.c.article)
    return sa.select(sa.func.min(captures.c.article + 0)).where(
        captures.c.id >= capture, oldest.correlate(captures).scalar_subquery() >= capture
    )
