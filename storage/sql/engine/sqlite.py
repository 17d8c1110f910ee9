"""All that is SQLite's own, apart from full text (`search`) and copies (`clusters`)."""

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
"""How long a write waits for another process before it says so."""

FILE_MODE = 0o640
"""Of files that are made, where the umask is not stricter."""

# Of SQLite's virtual machine, 0.02-0.2 s. Asked more often, a statement waits more than it works:
# for each question it takes Python's lock, which eight busy threads hand round in 40 ms.
_STEPS = 500_000
_MERGED_PAGES = 2000  # of the full-text index a step: 0.4 s, so that no crawl waits longer
_BUSY = 5  # https://www.sqlite.org/rescode.html#busy
_log = logging.getLogger(__name__)  # on standard error, where nobody set anything else up


def make_private(path: Path) -> None:
    """Make an empty file, which only the group may read besides its owner, if it is missing.

    SQLite gives its -wal and -shm files the same mode. What the disk refuses, SQLite will say.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))


def prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    """Set up a new connection that may write."""
    # WAL: readers and one writer do not wait for each other (measured: p99 1 s without).
    # FULL: one fsync a commit, so that a power cut loses no acknowledged page either; a polite
    # crawl waits a second between pages, so the fsync (0.2-5 ms) is not what takes its time.
    # secure_delete: what is deleted is overwritten, or a text that was taken down stays readable in
    # the file's free pages, as do its earlier states; Debian's SQLite is built so, others are not.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def begin_reading(file: ReadOnlyFile, connection: Connection) -> None:
    """Begin a transaction of a connection that only reads."""
    file.check()
    connection.exec_driver_sql("BEGIN")


def begin_sqlite(name: str, busy_seconds: float, connection: Connection) -> None:
    """Begin a transaction; one that writes begins at once, when it is its turn.

    name: what messages call the archive by. Raises OperationalError where another process wrote
    for longer than `busy_seconds`; longer than SILENT_SECONDS is logged.
    """
    options = connection.get_execution_options()
    if options.get("alone"):  # a checkpoint allows no transaction
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
        _log.warning("archive %s is busy: waiting up to %.0f s for who writes", name, left)
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
    # No isolation level: the driver's own rules would begin transactions late and commit DDL.
    arguments = {"timeout": min(busy_seconds, SILENT_SECONDS), "isolation_level": None}
    engine = sa.create_engine(url, connect_args=arguments)
    event.listen(engine, "connect", prepare_sqlite)
    event.listen(engine, "begin", partial(begin_sqlite, name, busy_seconds))
    return engine


def limit_time(engine: Engine, seconds: float) -> None:
    """Interrupt each transaction that takes longer.

    SQLite asks a function of ours every so many steps of its virtual machine, of which it takes
    some million a second.
    """
    ends: dict[int, float] = {}  # by connection, when its transaction has to be over

    def limited(connection: sqlite3.Connection, _record: Any) -> None:
        key = id(connection)
        connection.set_progress_handler(lambda: monotonic() > ends.get(key, inf), _STEPS)

    def begun(connection: Connection) -> None:
        ends[id(connection.connection.driver_connection)] = monotonic() + seconds

    event.listen(engine, "connect", limited)
    event.listen(engine, "begin", begun, insert=True)


def reading(engine: Engine) -> Engine:
    """Return the engine itself: a transaction sees one state of the file throughout."""
    return engine


def lock(_conn: Connection, _name: str) -> None:
    """Do nothing: there is one writer at a time anyway."""


def lock_shared(_conn: Connection, _name: str) -> None:
    """Do nothing, for the same reason."""


def check_encoding(_conn: Connection, _name: str) -> None:
    """Do nothing: every file is made as UTF-8."""


def ignore_references(conn: Connection) -> None:
    """Check no foreign keys while a schema changes; SQLite listens only outside a transaction.

    A table that is altered is copied and dropped: no row may refer to it meanwhile.
    """
    driver = conn.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.execute("PRAGMA foreign_keys=OFF").close()


def broken_references(conn: Connection, most: int) -> list[tuple[int, str, str]]:
    """Return up to `most` rows that refer to nothing: number, table, the table referred to."""
    lost = conn.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(most)
    return [(row[1], row[0], row[2]) for row in lost]


def damages(conn: Connection, most: int) -> list[str]:
    """Return up to `most` damages of the file, each on one line."""
    found = conn.exec_driver_sql(f"PRAGMA integrity_check({most})").scalars()
    return [" ".join(said.split()) for said in found if said != "ok"]


def next_ids(conn: Connection, table: sa.Table, count: int) -> list[int]:
    """Return `count` numbers for new rows; the caller's transaction is the only one that writes."""
    highest = conn.execute(_highest(table)).scalar() or 0
    last = max(highest, last_given(conn, table))  # also of rows that are deleted
    return list(range(last + 1, last + 1 + count))


@lru_cache(maxsize=64)
def _highest(table: sa.Table) -> Select[Any]:
    return sa.select(sa.func.max(table.c.id))


def last_given(conn: Connection, table: sa.Table) -> int:
    """Return the last number that was given to a row of a table, as far as SQLite keeps it."""
    if not table.dialect_options["sqlite"]["autoincrement"]:
        return 0
    asked = "SELECT seq FROM sqlite_sequence WHERE name = ?"
    return int(conn.exec_driver_sql(asked, (table.name,)).scalar() or 0)


def number_from(conn: Connection, table: sa.Table, last: int) -> None:
    """Number the table's next row after `last`."""
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
    if isinstance(values[0], bytes):  # JSON holds none
        return [
            row
            for part in in_parts(values)
            for row in conn.execute(_any_in(query, column), {"any_of": part, **others}).all()
        ]
    write = column.type.dialect_impl(conn.dialect).bind_processor(conn.dialect)
    listed = json.dumps(values if write is None else [write(value) for value in values])
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
    """Return the month of a time in Việt Nam, whose text begins with "2026-03"."""
    return sa.func.strftime("%Y-%m", time, "+7 hours")


def file_of(engine: Engine) -> Path | None:
    """Return the database's file."""
    return Path(str(engine.url.database))


def size_bytes(conn: Connection) -> int:
    """Return how many bytes the file takes, with what is not written into it yet."""
    parts = (Path(f"{conn.engine.url.database}{suffix}") for suffix in ("", "-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())


def tidy(engine: Engine) -> None:
    """Refresh the planner's statistics and cut the WAL to nothing."""
    with engine.execution_options(alone=True).connect() as conn:
        for words in ("PRAGMA optimize", "PRAGMA wal_checkpoint(TRUNCATE)"):
            conn.exec_driver_sql(words)


def scrub(engine: Engine, _tables: Sequence[str]) -> bool:
    """Clear deleted rows out of the file; return False where readers kept us from it.

    SQLite overwrites them (`secure_delete`), but in the -wal file first, and its full-text index
    keeps a deleted article's words until the parts that hold them are merged into one:
    https://www.sqlite.org/fts5.html#the_merge_command.
    """
    writing = engine.execution_options(writing=True)
    pages, done = -_MERGED_PAGES, False  # negative to begin with: all parts take part
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
    """Hold the archive for a purpose; None where another process does. Raises ArchiveError."""
    path = Path(f"{engine.url.database}.{purpose}.lock")
    make_private(path)
    return take(path)


def lock_session(_engine: Engine, _label: str) -> LockSession | None:
    """Return None: a file is one machine's, where files keep processes apart."""
    return None


def lock_holder(_conn: Connection, _name: str) -> str | None:
    """Return None: see `lock_session`."""
    return None


def clock(_conn: Connection) -> datetime:
    """Return this machine's time."""
    return datetime.now(UTC)
