"""SQLite files opened for reading only: beside a running crawl, without rights, on any mount."""

import sqlite3
from pathlib import Path

from storage.errors import ArchiveBusyError, ArchiveError

# A file in WAL mode needs its -shm file, which cannot be made where we may not write:
# https://www.sqlite.org/wal.html#read_only_databases
_CANNOT_MAKE_FILES = frozenset({8, 14})  # SQLITE_READONLY, SQLITE_CANTOPEN


def _only_this_file(action: int, *_: object) -> int:
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK


class ReadOnlyFile:
    """Makes connections that read one SQLite file.

    Where the folder cannot be written and nobody else writes, the file is read as one that does
    not change ("immutable"); `check` then reports it.
    """

    def __init__(self, path: Path, name: str, busy_seconds: float) -> None:
        self._path = path.absolute()
        self._wal = Path(f"{self._path}-wal")
        self._name = name
        self._busy_seconds = busy_seconds
        self._frozen: tuple[int, int] | None = None  # size and time of an immutable file
        self._opened: tuple[int, int] | None = None  # device and number of the file

    def connect(self) -> sqlite3.Connection:
        """Return a connection. Raises sqlite3.Error or ArchiveError."""
        self._opened = self._opened or self._identity()
        connection = self._open("mode=ro")
        try:
            connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").close()
        except sqlite3.OperationalError as error:
            connection.close()
            if error.sqlite_errorcode & 0xFF not in _CANNOT_MAKE_FILES:
                raise
            return self._connect_immutable()
        connection.execute("PRAGMA query_only=ON").close()
        connection.set_authorizer(_only_this_file)  # ATTACH would make a file
        return connection

    def check(self) -> None:
        """Raise ArchiveBusyError where another file is there, or an immutable one has changed.

        A connection would go on with the file that was replaced, and what is taken down since.
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

    def _open(self, how: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self._path.as_uri()}?{how}",
            uri=True,
            timeout=self._busy_seconds,
            isolation_level=None,
            check_same_thread=False,  # the pool hands it to one thread at a time
        )

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _state(self) -> tuple[int, int]:
        found = self._path.stat()
        return found.st_size, found.st_mtime_ns

    def _has_wal(self) -> bool:
        return self._wal.exists() and self._wal.stat().st_size > 0
