"""`archive.locks`: named locks between the machines that share one archive."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from storage.model.schedule import LockSession
from storage.sql.engine.backend import backend_of, choose
from storage.sql.engine.errors import plain_errors
from storage.sql.engine.transactions import Part


class Locks(Part):
    """Named locks on a PostgreSQL server, and its clock; an SQLite archive is on one machine."""

    @property
    def is_shared(self) -> bool:
        """True where several machines can use the archive: on PostgreSQL."""
        return choose(self._database.engine, sqlite=False, postgresql=True)

    def session(self, label: str) -> LockSession | None:
        """Return a connection for locks; None where the archive is not shared.

        label: what `holder` returns to others while the session holds a lock; up to 63 ASCII
        characters. Raises ArchiveError.
        """
        with plain_errors(self._database.name):
            return backend_of(self._database.engine).lock_session(self._database.engine, label)

    def holder(self, name: str) -> str | None:
        """Return the label of the session that holds a lock; None where none does."""
        with self._database.reading() as conn:
            return backend_of(self._database.engine).lock_holder(conn, name)

    def clock(self) -> Callable[[], datetime]:
        """Return a clock on which all machines that share the archive agree.

        On PostgreSQL it starts from the server's time, read once, and advances with the monotonic
        clock, so that setting this machine's clock does not change it. On SQLite it is the
        machine's clock.
        """
        if not self.is_shared:
            return _now
        before = time.monotonic()
        with self._database.reading() as conn:
            server_time = backend_of(self._database.engine).clock(conn)
        read_at = (before + time.monotonic()) / 2
        return lambda: server_time + timedelta(seconds=time.monotonic() - read_at)


def _now() -> datetime:
    return datetime.now(UTC)
