"""Everything specific to SQLite, except full text (`search`) and copies (`clusters`)."""

import json
import logging
import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache, partial
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any

import sqlalchemy as sa
from sqlalchemy import URL, ColumnElement, Connection, Engine, Select, event
from sqlalchemy.exc import OperationalError

from storage.model.schedule import Hold, LockSession
from storage.sql.engine.file_locks import take
from storage.sql.engine.read_only import ReadOnlyFile
from storage.sql.schema.types import AnyRow, in_parts

SILENT_SECONDS = 5.0
"""How long a write waits for another process before it logs that it waits."""

FILE_MODE = 0o640
"""Mode of the files that we create, where the umask is not stricter."""

# Instructions of SQLite's virtual machine between calls of the progress handler: 0.02-0.2 s.
# Fewer cost more than the work: a call takes the GIL, which eight busy threads pass round in 40 ms.
_STEPS = 500_000
_MERGED_PAGES = 2000  # of the full-text index per merge: 0.4 s, so that no crawl waits longer
_BUSY = 5  # https://www.sqlite.org/rescode.html#busy
_log = logging.getLogger(__name__)  # writes to standard error unless logging is configured


def make_private(path: Path) -> None:
    """Create a missing file, empty, readable only by its owner and group.

    SQLite gives its -wal and -shm files the same mode. SQLite reports what fails here.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))


def prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    """Set up a new connection that may write."""
    # WAL: readers and one writer do not wait for each other (measured: p99 1 s without).
    # FULL: one fsync per commit, so that a power cut loses no committed page; a polite crawl waits
    # a second between pages, so the fsync (0.2-5 ms) does not slow it down.
    # secure_delete: overwrite what is deleted; otherwise a text that was taken down stays readable
    # in the file's free pages, as do its earlier states. Debian builds SQLite so, others do not.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def begin_reading(file: ReadOnlyFile, connection: Connection) -> None:
    """Begin a transaction on a read-only connection."""
    file.check()
    connection.exec_driver_sql("BEGIN")


def begin_sqlite(name: str, busy_seconds: float, connection: Connection) -> None:
    """Begin a transaction; a write transaction takes the write lock at once.

    name: the archive's name in messages. Raises OperationalError where another process wrote for
    longer than `busy_seconds`; a wait longer than SILENT_SECONDS is logged.
    """
    options = connection.get_execution_options()
    if options.get("alone"):  # a checkpoint cannot run in a transaction
        return
    if not options.get("writing", False):
        connection.exec_driver_sql("BEGIN")
        return
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as error:
        left = busy_seconds - SILENT_SECONDS
        if left <= 0 or getattr(error.orig, "sqlite_errorcode", 0) & 0xFF != _BUSY:
            raise
        _log.warning("archive %s is busy: waiting up to %.0f s for another process", name, left)
        _begin_later(connection, left)


def _begin_later(connection: Connection, seconds: float) -> None:
    connection.exec_driver_sql(f"PRAGMA busy_timeout={int(seconds * 1000)}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={int(SILENT_SECONDS * 1000)}")


def create_engine(url: URL, name: str, read_only: bool, busy_seconds: float) -> Engine:
    """Return an engine for a file; see `storage.sql.engine.connect.open_engine`."""
    if read_only:
        file = ReadOnlyFile(Path(str(url.database)), name, busy_seconds)
        engine = sa.create_engine(url, creator=file.connect)
        event.listen(engine, "begin", partial(begin_reading, file))
        return engine
    make_private(Path(str(url.database)))
    # No isolation level: the driver would begin transactions late and commit before DDL.
    arguments = {"timeout": min(busy_seconds, SILENT_SECONDS), "isolation_level": None}
    engine = sa.create_engine(url, connect_args=arguments)
    event.listen(engine, "connect", prepare_sqlite)
    event.listen(engine, "begin", partial(begin_sqlite, name, busy_seconds))
    return engine


def limit_time(engine: Engine, seconds: float) -> None:
    """Interrupt each transaction that takes longer, by SQLite's progress handler."""
    deadlines: dict[int, float] = {}  # of transactions, by connection

    def set_handler(connection: sqlite3.Connection, _record: Any) -> None:
        key = id(connection)
        connection.set_progress_handler(lambda: monotonic() > deadlines.get(key, inf), _STEPS)

    def set_deadline(connection: Connection) -> None:
        deadlines[id(connection.connection.driver_connection)] = monotonic() + seconds

    event.listen(engine, "connect", set_handler)
    event.listen(engine, "begin", set_deadline, insert=True)


def reading(engine: Engine) -> Engine:
    """Return the engine itself: every transaction reads from one snapshot of the file."""
    return engine


def lock(_conn: Connection, _name: str) -> None:
    """Do nothing: there is one writer at a time anyway."""


def lock_shared(_conn: Connection, _name: str) -> None:
    """Do nothing, for the same reason."""


def check_encoding(_conn: Connection, _name: str) -> None:
    """Do nothing: SQLite files are created as UTF-8."""


def ignore_references(conn: Connection) -> None:
    """Turn foreign keys off for a schema change; call it outside a transaction.

    To alter a table it is copied and dropped, while rows of other tables refer to it.
    """
    driver = conn.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.execute("PRAGMA foreign_keys=OFF").close()


def broken_references(conn: Connection, limit: int) -> list[tuple[int, str, str]]:
    """Return up to `limit` rows with a broken foreign key: rowid, table, referenced table."""
    broken = conn.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(limit)
    return [(row[1], row[0], row[2]) for row in broken]


def damages(conn: Connection, limit: int) -> list[str]:
    """Return up to `limit` corruptions of the file, each on one line."""
    messages = conn.exec_driver_sql(f"PRAGMA integrity_check({limit})").scalars()
    return [" ".join(message.split()) for message in messages if message != "ok"]


def next_ids(conn: Connection, table: sa.Table, count: int) -> list[int]:
    """Return `count` ids for new rows; the caller's transaction is the only writer."""
    highest = conn.execute(_highest(table)).scalar() or 0
    last = max(highest, last_given(conn, table))  # which includes ids of deleted rows
    return list(range(last + 1, last + 1 + count))


@lru_cache(maxsize=64)
def _highest(table: sa.Table) -> Select[Any]:
    return sa.select(sa.func.max(table.c.id))


def last_given(conn: Connection, table: sa.Table) -> int:
    """Return the last id that was allocated for a table; 0 for a table without AUTOINCREMENT."""
    if not table.dialect_options["sqlite"]["autoincrement"]:
        return 0
    query = "SELECT seq FROM sqlite_sequence WHERE name = ?"
    return int(conn.exec_driver_sql(query, (table.name,)).scalar() or 0)


def number_from(conn: Connection, table: sa.Table, last: int) -> None:
    """Make the table allocate ids after `last` from now on."""
    if table.dialect_options["sqlite"]["autoincrement"]:
        conn.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table.name,))
        conn.exec_driver_sql("INSERT INTO sqlite_sequence VALUES (?, ?)", (table.name, last))


def rows_at(
    conn: Connection,
    query: Select[Any],
    column: sa.Column[Any],
    values: Sequence[Any],
    others: Mapping[str, Any],
) -> list[AnyRow]:
    """Return the rows in which a column is any of `values`; see `storage.sql.engine.bulk`."""
    if isinstance(values[0], bytes):  # JSON has no type for them
        return [
            row
            for part in in_parts(values)
            for row in conn.execute(_any_in(query, column), {"any_of": part, **others}).all()
        ]
    process = column.type.dialect_impl(conn.dialect).bind_processor(conn.dialect)
    listed = json.dumps(values if process is None else [process(value) for value in values])
    return list(conn.execute(_any_of(query, column), {"any_of": listed, **others}).all())


@lru_cache(maxsize=256)
def _any_in(query: Select[Any], column: sa.Column[Any]) -> Select[Any]:
    return query.where(column.in_(sa.bindparam("any_of", type_=column.type, expanding=True)))


@lru_cache(maxsize=256)
def _any_of(query: Select[Any], column: sa.Column[Any]) -> Select[Any]:
    each = sa.func.json_each(sa.bindparam("any_of", type_=sa.Text)).table_valued("value")
    return query.where(column.in_(sa.select(each.c.value)))


def among(column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """Return a condition for any number of ids or texts; see `storage.sql.engine.bulk`."""
    each = sa.func.json_each(json.dumps(list(values))).table_valued(sa.column("value", column.type))
    return column.in_(sa.select(each.c.value))


def month(time: ColumnElement[datetime]) -> ColumnElement[Any]:
    """Return a time's month in Việt Nam, as text like "2026-03"."""
    return sa.func.strftime("%Y-%m", time, "+7 hours")


def file_of(engine: Engine) -> Path | None:
    """Return the database's file."""
    return Path(str(engine.url.database))


def size_bytes(conn: Connection) -> int:
    """Return the size of the file and its WAL, in bytes."""
    parts = (Path(f"{conn.engine.url.database}{suffix}") for suffix in ("", "-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())


def tidy(engine: Engine) -> None:
    """Refresh the planner's statistics and truncate the WAL."""
    with engine.execution_options(alone=True).connect() as conn:
        for pragma in ("PRAGMA optimize", "PRAGMA wal_checkpoint(TRUNCATE)"):
            conn.exec_driver_sql(pragma)


def scrub(engine: Engine, _tables: Sequence[str]) -> bool:
    """Erase deleted rows from the file; return False where readers prevented it.

    SQLite overwrites them (`secure_delete`), but in the -wal file first, and its full-text index
    keeps a deleted article's words until all its segments are merged into one:
    https://www.sqlite.org/fts5.html#the_merge_command.
    """
    writing = engine.execution_options(writing=True)
    pages, done = -_MERGED_PAGES, False  # negative at first: merge all segments
    while not done:
        with writing.begin() as conn:
            before = _changes(conn)
            command = "INSERT INTO search_index (search_index, rank) VALUES ('merge', ?)"
            conn.exec_driver_sql(command, (pages,))
            done = _changes(conn) - before < 2
        pages = _MERGED_PAGES
    with engine.execution_options(alone=True).connect() as conn:
        busy = conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    return not busy


def _changes(conn: Connection) -> int:
    return int(conn.exec_driver_sql("SELECT total_changes()").scalar_one())


def hold(engine: Engine, purpose: str) -> Hold | None:
    """Lock the archive for a purpose; None where another process has that lock.

    Raises ArchiveError where the lock file cannot be written.
    """
    path = Path(f"{engine.url.database}.{purpose}.lock")
    make_private(path)
    return take(path)


def lock_session(_engine: Engine, _label: str) -> LockSession | None:
    """Return None: an SQLite archive is on one machine, where lock files suffice."""
    return None


def lock_holder(_conn: Connection, _name: str) -> str | None:
    """Return None: see `lock_session`."""
    return None


def clock(_conn: Connection) -> datetime:
    """Return this machine's time."""
    return datetime.now(UTC)
