"""`archive.captures`: recorded responses, their WARC files, and re-reading them."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.codec.articles import check_window
from storage.model.articles import Article, Capture, Refusal, RefusalReason
from storage.model.maintenance import PushBacklog, Recorded, WarcFile
from storage.model.readings import Reread, RereadQuery
from storage.sql.engine.bulk import rows_at
from storage.sql.engine.transactions import Part
from storage.sql.ingest.reread import reread
from storage.sql.read.readings import CAPTURE, capture_of, count_to_reread, to_reread
from storage.sql.schema.core import captures, refusals
from storage.sql.schema.maintenance import warc_files
from storage.sql.schema.types import in_parts

_PAGE = 500  # rows


class Captures(Part):
    """Recorded responses with their readings by our code; docs/decisions/0006-rereadings.md."""

    def to_reread(
        self, query: RereadQuery, limit: int
    ) -> list[tuple[int, Capture, Article | Refusal]]:
        """Return up to `limit` captures that another version read last, oldest capture first.

        Each has its number, to pass to `reread`, and its newest reading. Re-read captures are left
        out, so that the next call continues where a killed process stopped. Also left out are
        redacted captures, those without a record, and those refused without reading the record.
        Raises ValueError for a time without a zone.
        """
        check_window(query)
        with self._database.reading() as conn:
            found = to_reread(conn, query, limit)
        return [(stored.id, stored.capture, stored.result) for stored in found]

    def count_to_reread(self, query: RereadQuery) -> int:
        """Return how many captures `to_reread` would return without a limit."""
        check_window(query)
        with self._database.reading() as conn:
            return count_to_reread(conn, query)

    def reread(
        self, results: Sequence[tuple[int, Article | Refusal]], version: int, now: datetime
    ) -> list[Reread]:
        """Write new readings of captures, by number, made by `version`, in one transaction.

        Articles' revisions follow the new readings; the earlier ones are kept. Returns the effect
        of each, in order. About two hundred per call keep no crawl waiting for long.
        Raises NotFoundError (no such capture); ValueError where a result is not of its capture's
        outlet or not of `version`.
        """
        with self._database.writing() as conn:
            return reread(conn, results, version, now)

    def recorded(self) -> Iterator[Recorded]:
        """Yield every capture, in the order in which they were stored."""
        return (record for _, record in self._database.pages(_captures_after, _PAGE))

    def move_record(self, number: int, offset: int) -> None:
        """Set the offset, in bytes, of the record of capture `number` in its WARC file."""
        update = sa.update(captures).where(captures.c.id == number).values(warc_offset=offset)
        with self._database.writing() as conn:
            conn.execute(update)

    def list_warc_files(self, files: Sequence[WarcFile]) -> None:
        """Insert or replace the rows of WARC files that are closed: sizes and digests."""
        rows = {file.name: asdict(file) for file in files}
        with self._database.writing() as conn:
            for part in in_parts(sorted(rows)):
                conn.execute(sa.delete(warc_files).where(warc_files.c.name.in_(part)))
                conn.execute(sa.insert(warc_files), [rows[name] for name in part])

    def warc_files(self) -> Iterator[WarcFile]:
        """Yield the listed WARC files, ordered by name."""
        return self._files()

    def unstored_warc_files(self) -> Iterator[WarcFile]:
        """Yield the listed WARC files that the object store does not have, ordered by name."""
        return self._files(_UNSTORED)

    def rewritten_warc_files(self) -> Iterator[WarcFile]:
        """Yield the WARC files that takedowns rewrote, ordered by name."""
        return self._files(warc_files.c.rewritten_at.is_not(None))

    def _files(self, *wanted: sa.ColumnElement[bool]) -> Iterator[WarcFile]:
        def fetch(conn: Connection, after: str | None, size: int) -> list[tuple[str, WarcFile]]:
            query = _FILES.where(warc_files.c.name > (after or ""), *wanted)
            rows = conn.execute(query.order_by(warc_files.c.name).limit(size))
            return [(row.name, WarcFile(*row)) for row in rows]

        return (file for _, file in self._database.pages(fetch, _PAGE))

    def find_warc_files(self, names: Sequence[str]) -> list[WarcFile]:
        """Return the listed WARC files among these names."""
        with self._database.reading() as conn:
            return [WarcFile(*row) for row in rows_at(conn, _FILES, warc_files.c.name, names)]

    def note_push(
        self, file: WarcFile, stored_at: datetime | None, error: str | None = None
    ) -> bool:
        """Record when the object store received a file, or why it refused it.

        Returns False, and writes nothing, where the file was rewritten after it was listed as
        `file`.
        """
        same = (warc_files.c.name == file.name) & (warc_files.c.sha256 == file.sha256)
        update = sa.update(warc_files).where(same).values(stored_at=stored_at, push_error=error)
        with self._database.writing() as conn:
            return conn.execute(update).rowcount > 0

    def push_backlog(self) -> PushBacklog:
        """Return the number and size of files not in the object store yet, and the latest error."""
        counted = sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(warc_files.c.size_bytes), 0),
            sa.func.min(warc_files.c.listed_at),
        ).where(_UNSTORED)
        error = warc_files.c.push_error
        newest = sa.select(error).where(_UNSTORED, error.is_not(None))
        newest = newest.order_by(warc_files.c.listed_at.desc()).limit(1)
        with self._database.reading() as conn:
            files, size, oldest_at = conn.execute(counted).one()
            return PushBacklog(files, int(size), oldest_at, conn.execute(newest).scalar())

    def unlisted_warc_files(self, names: Sequence[str]) -> list[str]:
        """Return those names that are not listed."""
        listed = {file.name for file in self.find_warc_files(names)}
        return [name for name in names if name not in listed]


_FILES = sa.select(warc_files)
_UNSTORED = warc_files.c.stored_at.is_(None)


def _captures_after(conn: Connection, after: int | None, size: int) -> list[tuple[int, Recorded]]:
    """Return up to `size` captures after a number, ordered by number."""
    query = (
        sa.select(captures.c.id, captures.c.outlet, refusals.c.reason, *CAPTURE)
        .select_from(captures.outerjoin(refusals))
        .where(captures.c.id > (after or 0))
        .order_by(captures.c.id)
        .limit(size)
    )
    redacted = RefusalReason.REDACTED.value
    return [
        (row.id, Recorded(row.id, row.outlet, capture_of(row), row.reason == redacted))
        for row in conn.execute(query)
    ]
