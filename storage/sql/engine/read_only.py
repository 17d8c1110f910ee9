"""Open SQLite files read-only: during a crawl, without write permission, on read-only mounts."""

import sqlite3
from pathlib import Path

from storage.errors import ArchiveBusyError, ArchiveError

# A file in WAL mode needs its -shm file, which cannot be created without write permission:
# https://www.sqlite.org/wal.html#read_only_databases
_CANNOT_CREATE_FILES = frozenset({8, 14})  # SQLITE_READONLY, SQLITE_CANTOPEN


def _deny_attach(action: int, *_: object) -> int:
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK


class ReadOnlyFile:
    """Opens connections that read one SQLite file.

    Where the folder is not writable and no process has the file open for writing, the file is
    opened as immutable; `check` then raises an error if it changes.
    """

    def __init__(self, path: Path, name: str, busy_seconds: float) -> None:
        self._path = path.absolute()
        self._wal = Path(f"{self._path}-wal")
        self._name = name
        self._busy_seconds = busy_seconds
        self._frozen: tuple[int, int] | None = None  # size and mtime of an immutable file
        self._opened: tuple[int, int] | None = None  # device and inode of the file

    def connect(self) -> sqlite3.Connection:
        """Return a connection. Raises sqlite3.Error or ArchiveError."""
        self._opened = self._opened or self._identity()
        connection = self._open("mode=ro")
        try:
            connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").close()
        except sqlite3.OperationalError as error:
            connection.close()
            if error.sqlite_errorcode & 0xFF not in _CANNOT_CREATE_FILES:
                raise
            return self._connect_immutable()
        connection.execute("PRAGMA query_only=ON").close()
        connection.set_authorizer(_deny_attach)  # ATTACH would create a file
        return connection

    def check(self) -> None:
        """Raise ArchiveBusyError where the file was replaced, or an immutable file has changed.

        An open connection would keep reading the old file, with articles taken down since.
        """
        if self._opened != self._identity():
            raise ArchiveBusyError(
                f"archive {self._name} was replaced or removed while it was read; start the command"
                " again"
            )
        if self._frozen is not None and (self._frozen != self._state() or self._has_wal()):
            raise ArchiveBusyError(
                f"archive {self._name} was written by another process while it was read without"
                " rights to its folder; start the command again"
            )

    def _connect_immutable(self) -> sqlite3.Connection:
        if self._has_wal():
            raise ArchiveError(
                f"archive {self._name} has changes in {self._wal.name} that cannot be read without"
                " rights to write its folder: open it once where it can be written, or copy both"
            )
        self._frozen = self._state()
        return self._open("immutable=1")

    def _open(self, parameter: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self._path.as_uri()}?{parameter}",
            uri=True,
            timeout=self._busy_seconds,
            isolation_level=None,
            check_same_thread=False,  # the pool lends it to one thread at a time
        )

    def _identity(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def _state(self) -> tuple[int, int]:
        status = self._path.stat()
        return status.st_size, status.st_mtime_ns

    def _has_wal(self) -> bool:
        return self._wal.exists() and self._wal.stat().st_size > 0
