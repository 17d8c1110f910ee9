"""`archive.locks`: who works on what, where several machines share one archive."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from storage.model.schedule import LockSession
from storage.sql.engine.backend import backend_of, choose
from storage.sql.engine.errors import plain_errors
from storage.sql.engine.transactions import Part


class Locks(Part):
    """Named locks on a server, and its clock; an archive in a file belongs to one machine."""

    @property
    def is_shared(self) -> bool:
        """True where processes of several machines can work on the archive: on PostgreSQL."""
        return choose(self._database.engine, sqlite=False, postgresql=True)

    def session(self, label: str) -> LockSession | None:
        """Return a connection for locks; None where the archive is not shared.

        label: how whoever is kept out learns who holds a lock, up to 63 ASCII characters.
        Raises ArchiveError.
        """
        with plain_errors(self._database.name):
            return backend_of(self._database.engine).lock_session(self._database.engine, label)

    def holder(self, name: str) -> str | None:
        """Return the label of the session that holds a lock; None where none does."""
        with self._database.reading() as conn:
            return backend_of(self._database.engine).lock_holder(conn, name)

    def clock(self) -> Callable[[], datetime]:
        """Return a clock by which all machines that share the archive agree.

        On a server it goes on from the server's time and asks nobody: this machine's clock, and
        whoever sets it, has no part in it. An archive in a file has the machine's own.
        """
        if not self.is_shared:
            return _now
        asked = time.monotonic()
        with self._database.reading() as conn:
            shown = backend_of(self._database.engine).clock(conn)
        begun = (asked + time.monotonic()) / 2
        return lambda: shown + timedelta(seconds=time.monotonic() - begun)


def _now() -> datetime:
    return datetime.now(UTC)
