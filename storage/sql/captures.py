"""`archive.captures`: recorded responses, the WARC files they lie in, and reading them again."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from storage.codec.articles import check_window
from storage.model.articles import Article, Capture, Refusal
from storage.model.maintenance import PushBacklog, Recorded, WarcFile
from storage.model.readings import Reread, RereadQuery
from storage.sql.engine.transactions import Part
from storage.sql.ingest.reread import reread
from storage.sql.maintenance.warc_files import (
    captures_after,
    find_files,
    list_files,
    listed_files,
    note_push,
    push_backlog,
    rewritten_files,
    unlisted,
    unstored_files,
)
from storage.sql.read.readings import count_to_reread, to_reread
from storage.sql.schema.core import captures

_PAGE = 500  # rows


class Captures(Part):
    """Every recorded response, with what our code made of it; docs/decisions/0006-rereadings.md."""

    def to_reread(
        self, query: RereadQuery, limit: int
    ) -> list[tuple[int, Capture, Article | Refusal]]:
        """Return up to `limit` captures that another version read last, oldest capture first.

        Each with its number, to hand to `reread`, and its newest reading. What was re-read is left
        out, so asking again goes on where a killed process was. Left out, too, are redacted ones,
        those without a record to read, and those that were refused without reading it.
        Raises ValueError for a time without a zone.
        """
        check_window(query)
        with self._database.reading() as conn:
            found = to_reread(conn, query, limit)
        return [(one.id, one.capture, one.result) for one in found]

    def count_to_reread(self, query: RereadQuery) -> int:
        """Return how many captures `to_reread` would return without a limit."""
        check_window(query)
        with self._database.reading() as conn:
            return count_to_reread(conn, query)

    def reread(
        self, results: Sequence[tuple[int, Article | Refusal]], version: int, now: datetime
    ) -> list[Reread]:
        """Write what captures, by number, are read as by `version`, in one transaction.

        The new reading counts for the articles' states; the one before is kept. Returns what each
        led to, in order. About two hundred at a time keep no crawl waiting for long.
        Raises NotFoundError (no such capture); ValueError where a result is of another outlet or
        version than its capture and `version`.
        """
        with self._database.writing() as conn:
            return reread(conn, results, version, now)

    def recorded(self) -> Iterator[Recorded]:
        """Yield every capture, in the order in which they were stored."""
        return (one for _, one in self._database.pages(captures_after, _PAGE))

    def move_record(self, number: int, offset: int) -> None:
        """Let a capture, by number, point to another place, in bytes, in its WARC file."""
        moved = sa.update(captures).where(captures.c.id == number).values(warc_offset=offset)
        with self._database.writing() as conn:
            conn.execute(moved)

    def list_warc_files(self, files: Sequence[WarcFile]) -> None:
        """Write the sizes and digests of WARC files that are whole."""
        with self._database.writing() as conn:
            list_files(conn, files)

    def warc_files(self) -> Iterator[WarcFile]:
        """Yield the listed WARC files by name."""
        return (one for _, one in self._database.pages(listed_files, _PAGE))

    def unstored_warc_files(self) -> Iterator[WarcFile]:
        """Yield the listed WARC files that the object store does not have, by name."""
        return (one for _, one in self._database.pages(unstored_files, _PAGE))

    def rewritten_warc_files(self) -> Iterator[WarcFile]:
        """Yield the WARC files that takedowns changed, by name."""
        return (one for _, one in self._database.pages(rewritten_files, _PAGE))

    def find_warc_files(self, names: Sequence[str]) -> list[WarcFile]:
        """Return those of the WARC files, by name, that are listed."""
        with self._database.reading() as conn:
            return list(find_files(conn, names))

    def note_push(
        self, file: WarcFile, stored_at: datetime | None, error: str | None = None
    ) -> None:
        """Write since when the object store has a file, or why it does not take it.

        Nothing is written where the file was rewritten after it was listed as `file`.
        """
        with self._database.writing() as conn:
            note_push(conn, file, stored_at, error)

    def push_backlog(self) -> PushBacklog:
        """Return what the object store does not have yet."""
        with self._database.reading() as conn:
            return push_backlog(conn)

    def unlisted_warc_files(self, names: Sequence[str]) -> list[str]:
        """Return those names that are not listed."""
        with self._database.reading() as conn:
            return list(unlisted(conn, names))
