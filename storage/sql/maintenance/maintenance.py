"""`archive.maintenance`: the archive's own upkeep; docs/archive.md."""

from collections.abc import Callable, Iterator
from datetime import datetime

from storage.model.maintenance import ArchiveStats, CheckFinding, Redaction
from storage.sql.engine.backend import backend_of
from storage.sql.engine.errors import plain_errors
from storage.sql.engine.transactions import Part
from storage.sql.ingest import redact as sql_redact
from storage.sql.maintenance.check import run_checks
from storage.sql.maintenance.stats import load_stats
from storage.sql.read.refs import existing_id, find_redaction
from storage.sql.schema.clusters import common_hashes
from storage.sql.schema.core import metadata
from storage.sql.schema.search import search_documents


class Maintenance(Part):
    """Counts, checks, takedowns, and the database's own order."""

    def stats(self) -> ArchiveStats:
        """Return how much the archive has."""
        with self._database.reading() as conn:
            return load_stats(conn)

    def check(
        self, begun: Callable[[str], object], *, repair: bool = False
    ) -> Iterator[CheckFinding]:
        """Yield what is wrong with the archive's rows, in constant memory, beside crawls too.

        begun: called with a check's name before each of its pages. repair: mend what can be mended.
        """
        return run_checks(self._database.reading, self._database.writing if repair else None, begun)

    def redact(self, ref: str, reason: str, who: str, now: datetime) -> Redaction:
        """Take an article's text out of the database, in one transaction; it is never stored again.

        ref: as for `archive.articles.get`. who: asked for it, for the audit. Its recordings still
        hold the text: rewrite them and call `finish_redaction`. Raises NotFoundError.
        """
        with self._database.writing() as conn:
            id_ = existing_id(conn, self._database.name, ref)
            number = sql_redact.redact(conn, id_, reason, who, now)
            return sql_redact.load_redaction(conn, number)

    def scrub(self) -> bool:
        """Clear what was redacted out of the database's own files, where it is deleted only.

        Return False where someone else reads what was there before: do it again later.
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
        """Return redactions whose recordings are not rewritten yet."""
        with self._database.reading() as conn:
            numbers = sql_redact.open_redactions(conn)
            return [sql_redact.load_redaction(conn, number) for number in numbers]

    def finish_redaction(self, number: int, now: datetime) -> None:
        """Write that a redaction's recordings are rewritten too."""
        with self._database.writing() as conn:
            sql_redact.finish(conn, number, now)

    def tidy(self) -> None:
        """Let the database put itself in order: statistics, free pages, a short WAL."""
        with plain_errors(self._database.name):
            backend_of(self._database.engine).tidy(self._database.engine)
