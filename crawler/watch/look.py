"""Looks at watches: what arrived since each was told last."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.render.diff import changed_share
from crawler.watch.due import is_due
from crawler.watch.watches import WatchOrder
from storage.archive import Archive
from storage.model.watches import ArrivalCursor, ArrivalQuery, Arrivals, Look

_PAGE = 100  # edits that are held in memory


def due_looks(archive: Archive, orders: Iterable[WatchOrder], now: datetime) -> list[Look]:
    """Look at the watches that are due, and record what was found; return the looks.

    A watch that is new begins now: it is told what arrives from here on.
    """
    states = archive.watches.states()
    until = archive.watches.head()
    known, looks = [], []
    for order in orders:
        state = states.get(order.watch.name)
        if state is None:
            looks.append(Look(order.watch.name, now, now, until))
        elif is_due(order.watch.when, state.looked_at, now):
            known.append((order, state.cursor, state.looked_at))
    looks += looks_at(archive, known, until, now)
    archive.watches.record(looks)
    return looks


def looks_at(
    archive: Archive,
    asked: Sequence[tuple[WatchOrder, ArrivalCursor, datetime]],
    until: ArrivalCursor,
    now: datetime,
) -> list[Look]:
    """Return what arrived for watches, each since a cursor of a time; nothing is recorded."""
    queries = [
        ArrivalQuery(order.query, cursor, frozenset(order.watch.tell)) for order, cursor, _ in asked
    ]
    looks = []
    found = archive.watches.arrivals(queries, until) if queries else []
    for (order, _, since), arrivals in zip(asked, found, strict=True):
        watch = order.watch
        told = large_edits(archive, arrivals, watch.least_change)
        looks.append(Look(watch.name, since, now, until, told, watch.to, watch.always))
    return looks


def large_edits(archive: Archive, arrivals: Arrivals, least: float) -> Arrivals:
    """Return arrivals without the edits that change a smaller share of the words."""
    if not arrivals.edits or not least:
        return arrivals
    large = {
        (edit.id, edit.after.number)
        for start in range(0, len(arrivals.edits), _PAGE)
        for edit in archive.watches.edits(arrivals.edits[start : start + _PAGE])
        if changed_share(edit.before.article, edit.after.article) >= least
    }
    return replace(arrivals, edits=tuple(one for one in arrivals.edits if one in large))


def first_cursor(
    archive: Archive, name: str, since: datetime | None, now: datetime, *, records: bool
) -> tuple[ArrivalCursor, datetime]:
    """Return where a look begins that somebody asked for.

    since: a time, else the watch's last look; of a new watch, a day ago. records: the look moves
    the watch's cursor, and so begins no later than there: what lies between is told nowhere else.
    """
    state = archive.watches.states().get(name)
    if since is None and state is not None:
        return state.cursor, state.looked_at
    begin = since or now - timedelta(days=1)
    cursor = archive.watches.cursor_at(begin)
    if not records or state is None:
        return cursor, begin
    told = state.cursor
    earlier = ArrivalCursor(min(cursor.capture, told.capture), min(cursor.article, told.article))
    return earlier, min(begin, state.looked_at)
