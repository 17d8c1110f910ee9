"""Evaluate watches: find what arrived since the last look of each."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.render.diff import changed_share
from crawler.watch.due import is_due
from crawler.watch.watches import WatchOrder
from storage.archive import Archive
from storage.model.watches import ArrivalCursor, ArrivalQuery, Arrivals, Look

_PAGE = 100  # edits that are loaded at a time


def due_looks(archive: Archive, orders: Iterable[WatchOrder], now: datetime) -> list[Look]:
    """Evaluate the watches that are due; record and return their looks.

    A new watch begins now: it finds what arrives from now on.
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
    pending: Sequence[tuple[WatchOrder, ArrivalCursor, datetime]],
    until: ArrivalCursor,
    now: datetime,
) -> list[Look]:
    """Return the looks of watches without recording them.

    pending: each watch, the cursor to begin at, and its time. until: the cursor to end at.
    """
    queries = [
        ArrivalQuery(order.query, cursor, frozenset(order.watch.tell))
        for order, cursor, _ in pending
    ]
    looks = []
    found = archive.watches.arrivals(queries, until) if queries else []
    for (order, _, since), arrivals in zip(pending, found, strict=True):
        watch = order.watch
        kept = large_edits(archive, arrivals, watch.least_change)
        looks.append(Look(watch.name, since, now, until, kept, watch.to, watch.always))
    return looks


def large_edits(archive: Archive, arrivals: Arrivals, least: float) -> Arrivals:
    """Return arrivals without edits that change less than a share (0 to 1) of the words."""
    if not arrivals.edits or not least:
        return arrivals
    large = {
        (edit.id, edit.after.number)
        for start in range(0, len(arrivals.edits), _PAGE)
        for edit in archive.watches.edits(arrivals.edits[start : start + _PAGE])
        if changed_share(edit.before.article, edit.after.article) >= least
    }
    return replace(arrivals, edits=tuple(key for key in arrivals.edits if key in large))


def first_cursor(
    archive: Archive, name: str, since: datetime | None, now: datetime, *, records: bool
) -> tuple[ArrivalCursor, datetime]:
    """Return the cursor at which a requested look begins, and its time.

    since: by default the time of the watch's last look; for a new watch, a day ago. records: the
    look moves the watch's cursor, and so begins no later than at that cursor: no other digest
    would contain what arrived between the two.
    """
    state = archive.watches.states().get(name)
    if since is None and state is not None:
        return state.cursor, state.looked_at
    begin = since or now - timedelta(days=1)
    cursor = archive.watches.cursor_at(begin)
    if not records or state is None:
        return cursor, begin
    last = state.cursor
    earlier = ArrivalCursor(min(cursor.capture, last.capture), min(cursor.article, last.article))
    return earlier, min(begin, state.looked_at)
