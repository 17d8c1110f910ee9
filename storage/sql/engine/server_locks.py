"""PostgreSQL's advisory locks, many per connection, and who holds them.

https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS. A connection pooler
in front of the server must pool by session (pgbouncer: `pool_mode = session`).
"""

from collections.abc import Sequence
from contextlib import suppress
from threading import RLock

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from storage.sql.engine.errors import plain_errors

# The server too must notice that a machine is gone; by default it keeps the locks for two hours.
# 10 s of silence, then three probes 5 s apart.
_KEEPALIVES = {"tcp_keepalives_idle": 10, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3}
_CLOSE_SECONDS = 2.0
_LABEL_CHARACTERS = 63  # the length limit of application_name
_HOLDER = sa.text("""
    SELECT application_name
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND classid = ((hashtextextended(:name, 0) >> 32) & 4294967295)::oid
      AND objid = (hashtextextended(:name, 0) & 4294967295)::oid
""")


def _lock_name(name: str) -> str:
    return f"tinquan hold {name}"


def _key(name: str) -> sa.Function[int]:
    return sa.func.hashtextextended(_lock_name(name), 0)


def holder(conn: Connection, name: str) -> str | None:
    """Return the label of the session that holds a lock; None where none does."""
    label: str | None = conn.execute(_HOLDER, {"name": _lock_name(name)}).scalar()
    return label


class ServerLocks:
    """Locks of one connection; see `storage.model.schedule.LockSession`.

    name: the archive's name in messages. label: the holder's `application_name` on the server.
    A session that takes its own lock again succeeds, so the locks that it holds are kept here.
    """

    def __init__(self, engine: Engine, name: str, label: str) -> None:
        self._engine = engine
        self._name = name
        self._label = label[:_LABEL_CHARACTERS]
        self._held: set[str] = set()
        self._is_lost = False
        self._guard = RLock()  # the schedule calls from several threads
        with plain_errors(name):
            self._conn = self._connect()

    def _connect(self) -> Connection:
        conn = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        for setting, value in {**_KEEPALIVES, "application_name": self._label}.items():
            conn.execute(sa.select(sa.func.set_config(setting, str(value), False)))
        return conn

    def take(self, name: str) -> bool:
        """Take a lock without waiting; return whether it is held now."""
        with self._guard:
            return name in self._held or self._take(name)

    def take_any(self, names: Sequence[str]) -> str | None:
        """Take the first lock that is free and not held by us; return its name."""
        with self._guard:
            free = (name for name in names if name not in self._held)
            return next((name for name in free if self._take(name)), None)

    def _take(self, name: str) -> bool:
        if self._is_lost:  # SQLAlchemy would reconnect, without the locks
            return False
        try:
            with plain_errors(self._name):
                taken = self._conn.execute(sa.select(sa.func.pg_try_advisory_lock(_key(name))))
                if taken.scalar_one():
                    self._held.add(name)
        finally:
            self._is_lost = self._conn.invalidated
        return name in self._held

    def release(self, *names: str) -> None:
        """Release locks; those that are not held are ignored."""
        with self._guard:
            for name in self._held.intersection(names):
                self._held.discard(name)
                if not self._is_lost:
                    self._unlock(sa.func.pg_advisory_unlock(_key(name)))

    def _unlock(self, function: sa.Function[bool]) -> None:
        with suppress(SQLAlchemyError):  # the connection may be gone, and the locks with it
            self._conn.execute(sa.select(function))
        self._is_lost = self._is_lost or self._conn.invalidated

    def is_sure(self) -> bool:
        """Return True while the connection that holds the locks answers."""
        with self._guard:
            if not self._is_lost:
                try:
                    self._conn.execute(sa.select(1))
                except SQLAlchemyError:
                    self._is_lost = True
            return not self._is_lost

    def renew(self) -> bool:
        """Reconnect and take the locks that were held; return whether all of them are held."""
        with self._guard:
            wanted, self._held = self._held, set()
            self._drop()
            try:
                with plain_errors(self._name):
                    self._conn = self._connect()
            except BaseException:
                self._held = wanted
                raise
            self._is_lost = False
            for name in sorted(wanted):
                self._take(name)
            return self._held == wanted

    def close(self) -> None:
        """Release all locks and close the connection."""
        if not self._guard.acquire(timeout=_CLOSE_SECONDS):
            return  # a query hangs on a dead network: the connection ends with the process
        try:
            # Unlock first: a server notices a closed connection only after a while.
            if not self._is_lost:
                self._unlock(sa.func.pg_advisory_unlock_all())
            self._held.clear()
            self._is_lost = True
            self._drop()
        finally:
            self._guard.release()

    def _drop(self) -> None:
        """Close the connection, in whatever state; returned to the pool it would keep the locks."""
        if not self._conn.closed:
            with suppress(SQLAlchemyError):
                self._conn.invalidate()
            self._conn.close()
