"""The archive's upkeep on SQLite and PostgreSQL; each method's work stands in a room of its own."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

from sqlalchemy import Connection

from storage import sql_stats, sql_warcs
from storage.maintenance import ArchiveStats, WarcFile

_PAGE = 500  # rows

Transaction = Callable[[], AbstractContextManager[Connection]]


class SqlMaintenance:
    """See `storage.archive.Maintenance` for what each method promises.

    reading, writing: begin a transaction of the archive's own.
    """

    def __init__(self, reading: Transaction, writing: Transaction) -> None:
        self._reading = reading
        self._writing = writing

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
