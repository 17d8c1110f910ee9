"""`archive.links`: discovered links and whether they are stored, backfills, HTTP validators."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from storage.model.articles import RefusalReason
from storage.model.links import ASKED_FOR, DiscoveredLink, Looks, Period, Progress, Promised
from storage.model.runs import Validator
from storage.sql.engine.bulk import insert, rows_at
from storage.sql.engine.connect import lock
from storage.sql.engine.transactions import Part
from storage.sql.ingest.outlets import add_outlet
from storage.sql.read.articles import HELD, looks, seen
from storage.sql.schema.core import articles, keys, refusals, refused_urls, validators
from storage.sql.schema.runs import backfills, links
from storage.sql.schema.types import AnyRow, hashed, in_parts, url_key

# A promised page that was refused for one of these reasons is not missing, though it is retried.
_REFUSED = [reason.value for reason in RefusalReason if reason.can_settle]


class Links(Part):
    """Discovered links and their outcomes, the progress of backfills, and HTTP validators."""

    def record(self, outlet: str, links: Sequence[DiscoveredLink], now: datetime) -> None:
        """Store links with their sources; a link from several sources is one row."""
        if links:
            with self._database.writing() as conn:
                _record(conn, outlet, links, now)

    def sources(self, outlet: str, url: str, article_id: str | None) -> tuple[str, ...]:
        """Return the sources of a link, in the order in which they were first recorded."""
        either = [url_key(url), *([hashed("id", article_id)] if article_id else [])]
        query = sa.select(links.c.sources).where(links.c.outlet == outlet, links.c.key.in_(either))
        with self._database.reading() as conn:
            found = [source for row in conn.execute(query).scalars() for source in row.split()]
        return tuple(dict.fromkeys(found))

    def promises(
        self, outlet: str, since: date | None, until: date | None, by: Period
    ) -> list[Promised]:
        """Count the links that sitemaps promised for days in [since, until), oldest first.

        A link of which only the month is known counts in every window that overlaps the month.
        """
        with self._database.reading() as conn:
            return _promises(conn, outlet, since, until, by)

    def missing(
        self, outlet: str, since: date | None, until: date | None, limit: int
    ) -> list[tuple[str, str]]:
        """Return up to `limit` promised links that are neither stored nor refused: (day, URL)."""
        gaps = (*_in_window(outlet, since, until), ~_is_stored(), ~_is_refused())
        query = sa.select(links.c.day, links.c.url).where(*gaps).order_by(links.c.day, links.c.url)
        with self._database.reading() as conn:
            return [(row.day, row.url) for row in conn.execute(query.limit(limit))]

    def looks(self, outlet: str, urls: Sequence[str]) -> dict[str, Looks]:
        """Return when each of those canonical URLs that ever led to a refusal was requested."""
        with self._database.reading() as conn:
            return looks(conn, outlet, urls)

    def due(self, outlet: str, now: datetime, limit: int) -> list[str]:
        """Return up to `limit` URLs to retry now, the one that has waited longest first.

        Some listing has named each of them, whether it still does or not; no request brought an
        article, the first and the last are less than `ASKED_FOR` apart, and the URL was not given
        up (`articles.seen`). URLs that are done are closed, so that later calls do not read them.
        """
        with self._database.reading() as conn:
            due, done = _due(conn, outlet, now)
        if done:
            with self._database.writing() as conn:
                _close(conn, outlet, done)
        return due[:limit]

    def progress(self, outlet: str, window: str) -> dict[str, Progress]:
        """Return the progress of a window's backfill, by listing."""
        query = sa.select(backfills).where(*_of_window(outlet, window))
        with self._database.reading() as conn:
            return {
                row.listing: Progress(row.listing, row.next_url, row.number, row.zone)
                for row in conn.execute(query)
            }

    def save_progress(self, outlet: str, window: str, progress: Progress) -> None:
        """Save a backfill's progress; the caller has stored all links of the listing so far."""
        with self._database.writing() as conn:
            _save_progress(conn, outlet, window, progress)

    def end_progress(self, outlet: str, window: str) -> None:
        """Delete a backfill's progress: it is done, or is to start over."""
        with self._database.writing() as conn:
            conn.execute(sa.delete(backfills).where(*_of_window(outlet, window)))

    def validator(self, url: str) -> Validator | None:
        """Return the validator that the server last sent for this page or listing, if any."""
        query = sa.select(validators).where(validators.c.key == url_key(url))
        with self._database.reading() as conn:
            row = conn.execute(query).one_or_none()
        if row is None:
            return None
        return Validator(row.url, row.etag, row.last_modified, row.saved_at, row.digest)

    def save_validators(self, given: Iterable[Validator]) -> None:
        """Save validators of pages and listings; the caller has stored all that they linked to."""
        ordered = sorted(given, key=lambda validator: validator.url)
        rows = {url_key(validator.url): asdict(validator) for validator in ordered}
        with self._database.writing() as conn:
            for row in rows.values():  # in sorted order, so that no deadlock is possible
                lock(conn, "validator", row["url"])
            for part in in_parts(list(rows)):
                conn.execute(sa.delete(validators).where(validators.c.key.in_(part)))
            insert(conn, validators, [{"key": key, **row} for key, row in rows.items()])

    def prune_validators(self, before: datetime) -> int:
        """Delete validators saved before then; return how many.

        A few hundred per transaction, so that no crawl waits long.
        """
        old = sa.select(validators.c.key).where(validators.c.saved_at < before)
        with self._database.reading() as conn:
            keys = list(conn.execute(old).scalars())
        for part in in_parts(keys):
            with self._database.writing() as conn:
                conn.execute(sa.delete(validators).where(validators.c.key.in_(part)))
        return len(keys)


def _record(
    conn: Connection, outlet: str, discovered: Sequence[DiscoveredLink], now: datetime
) -> None:
    """Store links with their sources; write no row where neither link nor source is new."""
    lock(conn, outlet)
    add_outlet(conn, outlet)
    stored: dict[bytes, AnyRow] = {}
    for part in in_parts([_key(link.url, link.article_id) for link in discovered]):
        query = sa.select(links).where(links.c.outlet == outlet, links.c.key.in_(part))
        stored.update((row.key, row) for row in conn.execute(query))
    fresh: dict[bytes, dict[str, Any]] = {}
    for link in discovered:
        key = _key(link.url, link.article_id)
        if key in stored:
            _update(conn, stored[key], link)
        elif key not in fresh:
            fresh[key] = {
                "outlet": outlet,
                "key": key,
                "url_key": url_key(link.url),
                "url": link.url,
                "sources": link.source,
                "discovered_at": now,
                "day": link.day,
            }
    if fresh:
        conn.execute(sa.insert(links), list(fresh.values()))


def _key(url: str, article_id: str | None) -> bytes:
    return hashed("id", article_id) if article_id else url_key(url)


def _update(conn: Connection, row: AnyRow, link: DiscoveredLink) -> None:
    """Add a new source, and replace the row's day by a more exact one."""
    changed: dict[str, Any] = {}
    if link.source not in row.sources.split():
        changed["sources"] = f"{row.sources} {link.source}"
    if link.day is not None and (row.day is None or len(link.day) > len(row.day)):
        changed["day"] = link.day
    if changed:
        own = (links.c.outlet == row.outlet, links.c.key == row.key)
        conn.execute(sa.update(links).where(*own).values(changed))


def _promises(
    conn: Connection, outlet: str, since: date | None, until: date | None, by: Period
) -> list[Promised]:
    """Count promised, stored and refused links by day or month, oldest first."""
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


def _in_window(
    outlet: str, since: date | None, until: date | None
) -> tuple[ColumnElement[bool], ...]:
    window: list[ColumnElement[bool]] = [links.c.outlet == outlet, links.c.day.is_not(None)]
    whole_month = sa.func.length(links.c.day) == 7
    if since is not None:
        # As texts, a month sorts before its days.
        month = sa.and_(whole_month, links.c.day >= since.isoformat()[:7])
        window.append(sa.or_(links.c.day >= since.isoformat(), month))
    if until is not None:
        # It therefore sorts before its first day too, which would not exclude it.
        bound = until.isoformat() if until.day > 1 else until.isoformat()[:7]
        window.append(links.c.day < bound)
    return tuple(window)


def _is_stored() -> ColumnElement[bool]:
    # Two subqueries: each uses the primary key, which one with OR might not.
    by_id, by_url = (
        sa.exists()
        .select_from(keys.join(articles))
        .where(keys.c.key == key, keys.c.outlet == links.c.outlet, HELD)
        .correlate(links)
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


# An expression, so that SQLite does not use the outlet's index: it would read all its refusals.
_OF_OUTLET = refusals.c.outlet.concat("") == sa.bindparam("outlet")
_OPEN = (
    sa.select(refused_urls.c.value, refused_urls.c.key)
    .select_from(refused_urls.join(refusals))
    .where(refused_urls.c.open, _OF_OUTLET)
    .distinct()
)
_NAMED = sa.select(links.c.url, _is_stored().label("stored")).where(
    links.c.outlet == sa.bindparam("outlet")
)


def _close(conn: Connection, outlet: str, done: Sequence[bytes]) -> None:
    """Mark an outlet's URLs as no longer to be retried; another outlet may still retry them."""
    for part in in_parts(done):
        own = _OPEN.with_only_columns(refused_urls.c.refusal).where(refused_urls.c.key.in_(part))
        of_outlet = refused_urls.c.refusal.in_(own), refused_urls.c.key.in_(part)
        closed = sa.update(refused_urls).where(*of_outlet).values(open=False)
        conn.execute(closed, {"outlet": outlet})


def _due(conn: Connection, outlet: str, now: datetime) -> tuple[list[str], list[bytes]]:
    """Return the URLs to retry now, and the keys of open URLs that need no further retry."""
    open_keys = {row.value: row.key for row in conn.execute(_OPEN, {"outlet": outlet})}
    requests = looks(conn, outlet, list(open_keys))
    rows = rows_at(conn, _NAMED, links.c.url_key, open_keys.values(), outlet=outlet)
    named = {row.url: bool(row.stored) for row in rows}
    done = seen(conn, outlet, list(open_keys))
    for url, attempts in requests.items():
        is_forgotten = url not in named and now - attempts.last >= ASKED_FOR
        if attempts.is_spent or is_forgotten or named.get(url):
            done.add(url)
    due = [url for url in named.keys() - done if requests[url].is_due(now)]
    closed = [open_keys[url] for url in open_keys if url in done]
    return sorted(due, key=lambda url: (requests[url].last, url)), closed


def _save_progress(conn: Connection, outlet: str, window: str, progress: Progress) -> None:
    """Insert or update the progress of a backfill with one listing."""
    lock(conn, outlet)
    add_outlet(conn, outlet)
    key = url_key(progress.listing)
    values = {"next_url": progress.next_url, "number": progress.number, "zone": progress.zone}
    own = (*_of_window(outlet, window), backfills.c.listing_key == key)
    if not conn.execute(sa.update(backfills).where(*own).values(values)).rowcount:
        fresh = {"outlet": outlet, "window": window, "listing": progress.listing}
        conn.execute(sa.insert(backfills).values(listing_key=key, **fresh, **values))


def _of_window(outlet: str, window: str) -> tuple[ColumnElement[bool], ...]:
    return backfills.c.outlet == outlet, backfills.c.window == window
