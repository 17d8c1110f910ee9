"""The archive's upkeep on SQLite and PostgreSQL; each method's work stands in a room of its own."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import Connection, Engine

from storage.errors import NotFoundError
from storage.model.maintenance import ArchiveStats, Finding, Recorded, Redaction, WarcFile
from storage.sql.engine.errors import plain_errors
from storage.sql.ingest import redact as sql_redact
from storage.sql.maintenance import scrub as sql_scrub
from storage.sql.maintenance import stats as sql_stats
from storage.sql.maintenance import warc_files as sql_warcs
from storage.sql.maintenance.check import run_checks
from storage.sql.read import articles as sql_read

_PAGE = 500  # rows

Transaction = Callable[[], AbstractContextManager[Connection]]


class SqlMaintenance:
    """See `storage.archive.Maintenance` for what each method promises.

    reading, writing: begin a transaction of the archive's own. name: what messages call it by.
    """

    def __init__(
        self, reading: Transaction, writing: Transaction, engine: Engine, name: str
    ) -> None:
        self._reading = reading
        self._writing = writing
        self._engine = engine
        self._name = name

    def stats(self) -> ArchiveStats:
        """Return how much the archive has."""
        with self._reading() as conn:
            return sql_stats.load_stats(conn)

    def list_warc_files(self, files: Sequence[WarcFile]) -> None:
        """Write the sizes and digests of WARC files that are whole."""
        with self._writing() as conn:
            sql_warcs.list_files(conn, files)

    def warc_files(self) -> Iterator[WarcFile]:
        """Yield the listed WARC files by name."""
        after = ""
        while True:
            with self._reading() as conn:
                page = sql_warcs.listed_files(conn, after, _PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].name

    def unlisted_warc_files(self, names: Sequence[str]) -> list[str]:
        """Return those names that are not listed."""
        with self._reading() as conn:
            return list(sql_warcs.unlisted(conn, names))

    def check(self, begun: Callable[[str], object], *, repair: bool = False) -> Iterator[Finding]:
        """Yield what is wrong with the archive's rows; mend it where asked to."""
        return run_checks(self._reading, self._writing if repair else None, begun)

    def recorded(self) -> Iterator[Recorded]:
        """Yield every capture, in the order in which they were stored."""
        after = 0
        while True:
            with self._reading() as conn:
                page = sql_warcs.captures_after(conn, after, _PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].number

    def move_record(self, number: int, offset: int) -> None:
        """Let a capture point to another place in its WARC file."""
        with self._writing() as conn:
            sql_warcs.move_record(conn, number, offset)

    def redact(self, ref: str, reason: str, who: str, now: datetime) -> Redaction:
        """Take an article's text out of the database. Raises NotFoundError."""
        with self._writing() as conn:
            id_ = sql_read.find_id(conn, ref)
            if id_ is None:
                raise NotFoundError(f"the archive has no article with the id or URL {ref!r}")
            number = sql_redact.redact(conn, id_, reason, who, now)
            return sql_redact.load_redaction(conn, number)

    def scrub(self) -> bool:
        """Clear what was redacted out of the database's own files."""
        with plain_errors(self._name):
            return sql_scrub.scrub(self._engine)

    def redaction(self, ref: str) -> Redaction | None:
        """Return the last redaction of an article, if there was one."""
        with self._reading() as conn:
            number = sql_redact.find_redaction(conn, ref)
            return None if number is None else sql_redact.load_redaction(conn, number)

    def open_redactions(self) -> list[Redaction]:
        """Return redactions whose recordings are not rewritten yet."""
        with self._reading() as conn:
            numbers = sql_redact.open_redactions(conn)
            return [sql_redact.load_redaction(conn, number) for number in numbers]

    def finish_redaction(self, number: int, now: datetime) -> None:
        """Write that a redaction's recordings are rewritten too."""
        with self._writing() as conn:
            sql_redact.finish(conn, number, now)
