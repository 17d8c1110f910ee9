"""Back up a database into one verified SQLite file, a snapshot that opens as an archive."""

import sqlite3
from contextlib import closing
from pathlib import Path

from storage.errors import ArchiveError
from storage.model.maintenance import DatabaseBackup
from storage.sql.engine.backend import backend_of
from storage.sql.engine.connect import open_engine
from storage.sql.engine.errors import plain_errors, printable
from storage.sql.engine.read_only import ReadOnlyFile
from storage.sql.engine.sqlite import make_private
from storage.sql.maintenance.copy import copy_between

_BUSY_SECONDS = 30.0


def backup_database(url: str, path: Path) -> DatabaseBackup:
    """Copy an archive's database into a new SQLite file; see `storage.archive.backup_database`."""
    engine, name = open_engine(url, create=False, read_only=True)
    file = backend_of(engine).file_of(engine)
    engine.dispose()
    make_private(path)
    with plain_errors(f"{name} (to {printable(str(path))})"):
        if file is not None:
            _copy_pages(ReadOnlyFile(file, name, _BUSY_SECONDS), path)
        else:
            copy_between(url, f"sqlite:///{path}", lambda _table, _done, _total: None)
        return _describe(path)


def _copy_pages(file: ReadOnlyFile, path: Path) -> None:
    """Copy one snapshot of a SQLite file page by page, while others may write to it."""
    with closing(file.connect()) as source, closing(sqlite3.connect(path)) as target:
        source.execute("BEGIN").close()
        before = _counts(source)  # the first read fixes the snapshot
        source.backup(target)
        after = _counts(target)
        file.check()
    if before != after:
        raise ArchiveError(f"{path}: the copy has other rows than the archive; back it up again")


def _describe(path: Path) -> DatabaseBackup:
    """Return a copy's description. Raises ArchiveError where the copy is damaged."""
    with closing(sqlite3.connect(path)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE").close()  # one file, without a -wal beside it
        result = [row[0] for row in copy.execute("PRAGMA integrity_check(1)")]
        broken = copy.execute("PRAGMA foreign_key_check").fetchone()
        if result != ["ok"] or broken is not None:
            raise ArchiveError(
                f"{path}: the copy is damaged ({' '.join(result[0].split())}): check the disks, and"
                " the archive with `tinquan archive check`"
            )
        counts = _counts(copy)
        query = (  # imported captures have no WARC file
            "SELECT warc_file, max(warc_offset) FROM captures WHERE warc_file <> '' GROUP BY 1"
        )
        records = {name: int(offset) for name, offset in copy.execute(query)}
        listed = dict(copy.execute("SELECT name, sha256 FROM warc_files").fetchall())
        query = "SELECT name FROM warc_files WHERE stored_at IS NOT NULL"
        stored = frozenset(name for (name,) in copy.execute(query))
    return DatabaseBackup(counts, records, listed, stored)


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    # Without FTS5's virtual table, which cannot be counted; its shadow tables can.
    named = (
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " AND sql NOT LIKE 'CREATE VIRTUAL%'"
    )
    tables = sorted(row[0] for row in connection.execute(named))
    return {
        table: int(connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])  # noqa: S608 - our own tables' names
        for table in tables
    }
