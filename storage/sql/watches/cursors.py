"""Cursors: the last rows of an archive, now or at an earlier moment."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Select

from storage.model.watches import ArrivalCursor
from storage.sql.engine.connect import ARRIVALS, lock
from storage.sql.schema.core import articles, captures, runs

_LONGEST_RUN = timedelta(days=7)  # captures of a run that started longer ago are not found
_CLOCK_SKEW = timedelta(hours=1)  # allowed between the clocks of a crawling machine and the archive


def head(conn: Connection) -> ArrivalCursor:
    """Return the cursor after everything that is stored, and before everything that will be.

    Rows get their ids before their transaction commits: this waits for open transactions, so that
    none of their rows appears before the cursor later.
    """
    lock(conn, ARRIVALS)
    last = (
        conn.execute(sa.select(sa.func.max(t.c.id))).scalar() or 0 for t in (captures, articles)
    )
    return ArrivalCursor(*last)


def cursor_at(conn: Connection, moment: datetime) -> ArrivalCursor:
    """Return the cursor before everything that the archive learned at `moment` or later.

    The archive learns of a capture when it is made, or when the run that replays it starts.
    """
    of_runs = captures.join(runs, runs.c.id == captures.c.run)
    learned = sa.or_(captures.c.captured_at >= moment, runs.c.started_at >= moment)
    begun = runs.c.started_at >= moment - _LONGEST_RUN
    # Nearly all runs of a week had ended by then: their captures need not be read.
    at_work = sa.or_(runs.c.ended_at.is_(None), runs.c.ended_at >= moment - _CLOCK_SKEW)
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
    """Return a query for the smallest article id that has no capture before this one."""
    own = captures.alias()
    # One index lookup per article. With NOT EXISTS PostgreSQL reads all captures; it also does for
    # a plain min(article), for which it walks along the index on articles: hence "+ 0".
    oldest = sa.select(sa.func.min(own.c.id)).where(own.c.article == captures.c.article)
    return sa.select(sa.func.min(captures.c.article + 0)).where(
        captures.c.id >= capture, oldest.correlate(captures).scalar_subquery() >= capture
    )
