"""PostgreSQL's advisory locks, many of one connection, and who holds them.

https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS. A pooler between us
and the server must keep a session's connection (pgbouncer: `pool_mode = session`).
"""

from collections.abc import Sequence
from contextlib import suppress
from threading import RLock

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from storage.sql.engine.errors import plain_errors

# The server too must notice that a machine is gone; without it the locks stay for two hours.
# 10 s of silence, then three questions 5 s apart.
_KEEPALIVES = {"tcp_keepalives_idle": 10, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3}
_PATIENCE_SECONDS = 2.0
_LABEL_CHARACTERS = 63  # of application_name
_HELD = sa.text("""
    SELECT application_name
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND classid = ((hashtextextended(:name, 0) >> 32) & 4294967295)::oid
      AND objid = (hashtextextended(:name, 0) & 4294967295)::oid
""")


def _full(name: str) -> str:
    return f"tinquan hold {name}"


def _key(name: str) -> sa.Function[int]:
    return sa.func.hashtextextended(_full(name), 0)


def holder(conn: Connection, name: str) -> str | None:
    """Return the label of the session that holds a lock; None where none does."""
    label: str | None = conn.execute(_HELD, {"name": _full(name)}).scalar()
    return label


class ServerLocks:
    """Locks of one connection; see `storage.model.schedule.LockSession`.

    name: what messages call the archive. label: how the server's lists call the holder.
    A server gives a session a lock that it has already, so what is held is noted here.
    """

    def __init__(self, engine: Engine, name: str, label: str) -> None:
        self._engine = engine
        self._name = name
        self._label = label[:_LABEL_CHARACTERS]
        self._held: set[str] = set()
        self._is_lost = False
        self._guard = RLock()  # a schedule asks from several threads
        with plain_errors(name):
            self._conn = self._connected()

    def _connected(self) -> Connection:
        conn = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        for setting, value in {**_KEEPALIVES, "application_name": self._label}.items():
            conn.execute(sa.select(sa.func.set_config(setting, str(value), False)))
        return conn

    def take(self, name: str) -> bool:
        """Take a lock without waiting; return whether it is held now."""
        with self._guard:
            return name in self._held or self._take(name)

    def take_any(self, names: Sequence[str]) -> str | None:
        """Take the first that is free and not ours already."""
        with self._guard:
            free = (name for name in names if name not in self._held)
            return next((name for name in free if self._take(name)), None)

    def _take(self, name: str) -> bool:
        if self._is_lost:  # SQLAlchemy would connect again, without the locks
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
        """Let go of locks."""
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
        """True while the connection answers that took the locks."""
        with self._guard:
            if not self._is_lost:
                try:
                    self._conn.execute(sa.select(1))
                except SQLAlchemyError:
                    self._is_lost = True
            return not self._is_lost

    def renew(self) -> bool:
        """Connect again and take what was held; return whether all could be had."""
        with self._guard:
            wanted, self._held = self._held, set()
            self._drop()
            try:
                with plain_errors(self._name):
                    self._conn = self._connected()
            except BaseException:
                self._held = wanted
                raise
            self._is_lost = False
            for name in sorted(wanted):
                self._take(name)
            return self._held == wanted

    def close(self) -> None:
        """Let go of everything."""
        if not self._guard.acquire(timeout=_PATIENCE_SECONDS):
            return  # a question hangs on a dead network: the connection ends with the process
        try:
            # At once: a server notices a closed connection only after a while.
            if not self._is_lost:
                self._unlock(sa.func.pg_advisory_unlock_all())
            self._held.clear()
            self._is_lost = True
            self._drop()
        finally:
            self._guard.release()

    def _drop(self) -> None:
        """Close the connection, whatever became of it; a pool would keep the locks."""
        if not self._conn.closed:
            with suppress(SQLAlchemyError):
                self._conn.invalidate()
            self._conn.close()
