"""`archive.maintenance`: statistics, checks, takedowns and upkeep; docs/archive.md."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.model.maintenance import ArchiveStats, CheckFinding, OutletStats, Redaction
from storage.sql.engine.backend import backend_of
from storage.sql.engine.errors import plain_errors
from storage.sql.engine.transactions import Part
from storage.sql.ingest import redact as sql_redact
from storage.sql.maintenance.check import run_checks
from storage.sql.read.refs import existing_id, find_redaction
from storage.sql.schema.clusters import common_hashes
from storage.sql.schema.core import articles, captures, metadata, outlets, refusals, revisions
from storage.sql.schema.maintenance import redactions
from storage.sql.schema.search import search_documents
from storage.sql.schema.types import AnyRow


class Maintenance(Part):
    """Statistics, checks, takedowns, and upkeep of the database."""

    def stats(self) -> ArchiveStats:
        """Return the archive's counts by outlet, in alphabetical order, and its size."""
        with self._database.reading() as conn:
            return ArchiveStats(tuple(_outlets(conn)), backend_of(conn).size_bytes(conn))

    def check(
        self, begun: Callable[[str], object], *, repair: bool = False
    ) -> Iterator[CheckFinding]:
        """Yield the faults in the archive's rows, in constant memory; crawls may run meanwhile.

        begun: called with a check's name before each of its pages. repair: repair what can be
        repaired.
        """
        return run_checks(self._database.reading, self._database.writing if repair else None, begun)

    def redact(self, ref: str, reason: str, who: str, now: datetime) -> Redaction:
        """Delete an article's text from the database, in one transaction; it is never stored again.

        ref: as for `archive.articles.get`. who: the person who requested it, for the audit. Its
        recordings still hold the text: rewrite them and call `finish_redaction`. Raises
        NotFoundError.
        """
        with self._database.writing() as conn:
            id_ = existing_id(conn, self._database.name, ref)
            number = sql_redact.redact(conn, id_, reason, who, now)
            return sql_redact.load_redaction(conn, number)

    def scrub(self) -> bool:
        """Erase redacted texts from the database's files, where they are only marked as deleted.

        Return False where another process still reads an older snapshot: call it again later.
        """
        with plain_errors(self._database.name):
            own = (search_documents.name, common_hashes.name)
            tables = (*sorted(metadata.tables), *own)
            return backend_of(self._database.engine).scrub(self._database.engine, tables)

    def redaction(self, ref: str) -> Redaction | None:
        """Return the last redaction of the article with this short id or URL, if any."""
        with self._database.reading() as conn:
            number = find_redaction(conn, ref)
            return None if number is None else sql_redact.load_redaction(conn, number)

    def open_redactions(self) -> list[Redaction]:
        """Return the redactions whose recordings are not rewritten yet."""
        with self._database.reading() as conn:
            query = sa.select(redactions.c.id).where(redactions.c.finished_at.is_(None))
            numbers = conn.execute(query.order_by(redactions.c.id)).scalars().all()
            return [sql_redact.load_redaction(conn, number) for number in numbers]

    def finish_redaction(self, number: int, now: datetime) -> None:
        """Record that a redaction's recordings are rewritten."""
        own = sa.update(redactions).where(redactions.c.id == number)
        with self._database.writing() as conn:
            conn.execute(own.values(finished_at=now))

    def tidy(self) -> None:
        """Run the database's upkeep: refresh statistics, and truncate the WAL on SQLite."""
        with plain_errors(self._database.name):
            backend_of(self._database.engine).tidy(self._database.engine)


def _outlets(conn: Connection) -> Iterator[OutletStats]:
    shown = articles.c.sort_at.is_not(None)
    time, captured = articles.c.sort_at, captures.c.captured_at
    listed = _by_outlet(
        conn, articles.c.outlet, sa.func.count(), sa.func.min(time), sa.func.max(time), where=shown
    )
    recorded = _by_outlet(
        conn, captures.c.outlet, sa.func.count(), sa.func.min(captured), sa.func.max(captured)
    )
    edits = (
        sa.select(articles.c.outlet, sa.func.count())
        .select_from(revisions.join(articles))
        .where(revisions.c.number > 1)
        .group_by(articles.c.outlet)
    )
    edited: dict[str, int] = {row[0]: row[1] for row in conn.execute(edits)}
    refused: dict[str, dict[str, int]] = {}
    by_reason = (refusals.c.outlet, refusals.c.reason)
    for outlet, reason, count in conn.execute(
        sa.select(*by_reason, sa.func.count()).group_by(*by_reason).order_by(*by_reason)
    ):
        refused.setdefault(outlet, {})[reason] = count
    for slug in sorted(conn.execute(sa.select(outlets.c.slug)).scalars()):
        count, first, last = listed.get(slug, _NOTHING)[-3:]
        captures_count, captured_from, captured_to = recorded.get(slug, _NOTHING)[-3:]
        yield OutletStats(
            outlet=slug,
            articles=count,
            revisions=edited.get(slug, 0),
            captures=captures_count,
            refusals=refused.get(slug, {}),
            first_at=first,
            last_at=last,
            captured_from=captured_from,
            captured_to=captured_to,
        )


_NOTHING: tuple[Any, ...] = (0, None, None)


def _by_outlet(
    conn: Connection, outlet: sa.Column[str], *columns: Any, where: Any = None
) -> dict[str, AnyRow]:
    query = sa.select(outlet, *columns).group_by(outlet)
    if where is not None:
        query = query.where(where)
    return {row[0]: row for row in conn.execute(query)}
