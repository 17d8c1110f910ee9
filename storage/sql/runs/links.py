"""What listings named: kept once a link, and counted against what is stored."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from storage.model.articles import RefusalReason
from storage.model.links import MetLink, Period, Progress, Promised
from storage.sql.engine.connect import lock
from storage.sql.ingest.store import add_outlet
from storage.sql.schema.core import keys, refusals, refused_urls
from storage.sql.schema.keys import url_key
from storage.sql.schema.links import backfills, links
from storage.sql.schema.types import AnyRow, hashed, in_parts

# A page that is gone was promised and is no gap of ours, though it will be asked for once more.
_REFUSED = [r.value for r in RefusalReason if r.is_final or r is RefusalReason.NOT_FOUND]


def seen_ids(conn: Connection, outlet: str, ids: list[str]) -> set[str]:
    """Return those of an outlet's own ids under which an article is stored."""
    wanted = {hashed("id", value): value for value in ids}
    found: set[str] = set()
    for part in in_parts(list(wanted)):
        query = sa.select(keys.c.key).where(keys.c.outlet == outlet, keys.c.key.in_(part))
        found.update(wanted[key] for key in conn.execute(query).scalars())
    return found


def note_links(conn: Connection, outlet: str, met: Sequence[MetLink], now: datetime) -> None:
    """Remember links with the ways on which they were met; nothing is written where none is new."""
    lock(conn, outlet)
    add_outlet(conn, outlet)
    held: dict[bytes, AnyRow] = {}
    for part in in_parts([_key(link.url, link.article_id) for link in met]):
        query = sa.select(links).where(links.c.outlet == outlet, links.c.key.in_(part))
        held.update((row.key, row) for row in conn.execute(query))
    fresh: dict[bytes, dict[str, Any]] = {}
    for link in met:
        key = _key(link.url, link.article_id)
        if key in held:
            _update(conn, held[key], link)
        elif key not in fresh:
            fresh[key] = {
                "outlet": outlet,
                "key": key,
                "url_key": url_key(link.url),
                "url": link.url,
                "ways": link.way,
                "met_at": now,
                "day": link.day,
            }
    if fresh:
        conn.execute(sa.insert(links), list(fresh.values()))


def _key(url: str, article_id: str | None) -> bytes:
    return hashed("id", article_id) if article_id else url_key(url)


def _update(conn: Connection, row: AnyRow, link: MetLink) -> None:
    """Add a way; a day that is told more exactly takes the place of a month or of none."""
    changed: dict[str, Any] = {}
    if link.way not in row.ways.split():
        changed["ways"] = f"{row.ways} {link.way}"
    if link.day is not None and (row.day is None or len(link.day) > len(row.day)):
        changed["day"] = link.day
    if changed:
        own = (links.c.outlet == row.outlet, links.c.key == row.key)
        conn.execute(sa.update(links).where(*own).values(changed))


def ways_to(conn: Connection, outlet: str, url: str, article_id: str | None) -> tuple[str, ...]:
    """Return the ways on which a link was met, the first first."""
    either = [url_key(url), *([hashed("id", article_id)] if article_id else [])]
    query = sa.select(links.c.ways).where(links.c.outlet == outlet, links.c.key.in_(either))
    words = [way for row in conn.execute(query).scalars() for way in row.split()]
    return tuple(dict.fromkeys(words))


def promises(
    conn: Connection, outlet: str, since: date | None, until: date | None, by: Period
) -> list[Promised]:
    """Return what sitemaps promised against what became of it, by day or month, oldest first."""
    period = links.c.day if by == "day" else sa.func.substr(links.c.day, 1, 7)
    stored, refused = _is_stored(), _is_refused()
    query = (
        sa.select(
            period.label("period"),
            sa.func.count().label("promised"),
            sa.func.sum(sa.case((stored, 1), else_=0)).label("stored"),
            sa.func.sum(sa.case((stored, 0), (refused, 1), else_=0)).label("refused"),
        )
        .where(*_in_window(outlet, since, until))
        .group_by(period)
        .order_by(period)
    )
    return [
        Promised(row.period, int(row.promised), int(row.stored), int(row.refused))
        for row in conn.execute(query)
    ]


def missing(
    conn: Connection, outlet: str, since: date | None, until: date | None, limit: int
) -> list[tuple[str, str]]:
    """Return promised links that are neither stored nor refused, by day."""
    gaps = (*_in_window(outlet, since, until), ~_is_stored(), ~_is_refused())
    query = sa.select(links.c.day, links.c.url).where(*gaps).order_by(links.c.day, links.c.url)
    return [(row.day, row.url) for row in conn.execute(query.limit(limit))]


def _in_window(
    outlet: str, since: date | None, until: date | None
) -> tuple[ColumnElement[bool], ...]:
    window: list[ColumnElement[bool]] = [links.c.outlet == outlet, links.c.day.is_not(None)]
    whole_month = sa.func.length(links.c.day) == 7
    if since is not None:
        # A month's text is smaller than that of its days.
        month = sa.and_(whole_month, links.c.day >= since.isoformat()[:7])
        window.append(sa.or_(links.c.day >= since.isoformat(), month))
    if until is not None:
        window.append(links.c.day < until.isoformat())
    return tuple(window)


def _is_stored() -> ColumnElement[bool]:
    # Two questions: each walks along the primary key, which one with "or" need not.
    by_id, by_url = (
        sa.exists().where(keys.c.key == key, keys.c.outlet == links.c.outlet).correlate(links)
        for key in (links.c.key, links.c.url_key)
    )
    return sa.or_(by_id, by_url)


def _is_refused() -> ColumnElement[bool]:
    joined = refused_urls.join(refusals)
    return (
        sa.exists()
        .select_from(joined)
        .where(
            refused_urls.c.key == links.c.url_key,
            refusals.c.outlet == links.c.outlet,
            refusals.c.reason.in_(_REFUSED),
        )
        .correlate(links)
    )


def load_progress(conn: Connection, outlet: str, window: str) -> dict[str, Progress]:
    """Return how far the backfill of a window has come, by listing."""
    query = sa.select(backfills).where(backfills.c.outlet == outlet, backfills.c.window == window)
    return {
        row.listing: Progress(row.listing, row.next_url, row.number, row.zone)
        for row in conn.execute(query)
    }


def save_progress(conn: Connection, outlet: str, window: str, progress: Progress) -> None:
    """Note how far a backfill has come with one listing."""
    lock(conn, outlet)
    add_outlet(conn, outlet)
    key = url_key(progress.listing)
    values = {"next_url": progress.next_url, "number": progress.number, "zone": progress.zone}
    own = (
        backfills.c.outlet == outlet,
        backfills.c.window == window,
        backfills.c.listing_key == key,
    )
    if not conn.execute(sa.update(backfills).where(*own).values(values)).rowcount:
        fresh = {"outlet": outlet, "window": window, "listing": progress.listing}
        conn.execute(sa.insert(backfills).values(listing_key=key, **fresh, **values))


def end_progress(conn: Connection, outlet: str, window: str) -> None:
    """Forget a backfill's progress."""
    own = (backfills.c.outlet == outlet, backfills.c.window == window)
    conn.execute(sa.delete(backfills).where(*own))
