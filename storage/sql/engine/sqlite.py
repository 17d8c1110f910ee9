"""How SQLite's connections are set up, and how their transactions begin."""

import logging
import sqlite3
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from storage.sql.engine.read_only import ReadOnlyFile

SILENT_SECONDS = 5.0
"""How long a write waits for another process before it says so."""

_BUSY = 5  # https://www.sqlite.org/rescode.html#busy
_log = logging.getLogger(__name__)  # on standard error, where nobody set anything else up


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
