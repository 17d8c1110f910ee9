"""Everything specific to PostgreSQL, except full text (`search`) and copies (`clusters`)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import URL, ColumnElement, Connection, Engine, Select, event
from sqlalchemy.dialects.postgresql import ARRAY

from storage.errors import ArchiveError
from storage.model.schedule import Hold, LockSession
from storage.sql.engine.errors import name_of
from storage.sql.engine.server_locks import ServerLocks, holder
from storage.sql.schema.types import AnyRow

_CONNECT_SECONDS = 10
# A server that is cut off sends nothing; TCP alone would wait for a quarter of an hour.
_KEEPALIVE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # ms
}


def create_engine(url: URL, read_only: bool, busy_seconds: float) -> Engine:
    """Return an engine for a server; see `storage.sql.engine.connect.open_engine`."""
    options = url.query.get("options", "")
    if read_only:
        options = f"-c default_transaction_read_only=on {options}"
    arguments = {
        "connect_timeout": _CONNECT_SECONDS,
        **_KEEPALIVE,
        "application_name": "tinquan",
        "client_encoding": "utf8",  # an SQL_ASCII database returns bytes otherwise
        # jit=off: compiling a statement takes longer than running any of ours.
        "options": f"-c lock_timeout={int(busy_seconds * 1000)} -c timezone=UTC -c jit=off"
        f" {options}",
    }
    # pool_pre_ping: a crawl may pause for longer than a server or a firewall keeps a connection.
    return sa.create_engine(url, connect_args=arguments, pool_pre_ping=True)


def limit_time(engine: Engine, seconds: float) -> None:
    """Let the server cancel each statement that takes longer."""

    def set_timeout(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = {int(seconds * 1000)}")
        connection.commit()

    event.listen(engine, "connect", set_timeout)


def reading(engine: Engine) -> Engine:
    """Return the engine for transactions that read from one snapshot of the archive."""
    return engine.execution_options(isolation_level="REPEATABLE READ")


def lock(conn: Connection, name: str) -> None:
    """Take an exclusive lock on a name until the transaction ends; wait for it."""
    key = sa.func.hashtextextended(name, 0)
    conn.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def lock_shared(conn: Connection, name: str) -> None:
    """Take a shared lock on a name until the transaction ends; wait for an exclusive one."""
    key = sa.func.hashtextextended(name, 0)
    conn.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(key)))


def check_encoding(conn: Connection, name: str) -> None:
    """Raise ArchiveError where the database `name` is not encoded as UTF-8."""
    encoding = conn.execute(sa.select(sa.func.current_setting("server_encoding"))).scalar_one()
    if encoding != "UTF8":
        raise ArchiveError(
            f"archive {name} has encoding {encoding}, which cannot hold Vietnamese:"
            " create a database with encoding UTF8"
        )


def ignore_references(_conn: Connection) -> None:
    """Do nothing: PostgreSQL alters a table in place."""


def broken_references(_conn: Connection, _limit: int) -> list[tuple[int, str, str]]:
    """Return an empty list: the server enforces foreign keys."""
    return []


def damages(_conn: Connection, _limit: int) -> list[str]:
    """Return an empty list: the server checks its own files."""
    return []


def next_ids(conn: Connection, table: sa.Table, count: int) -> list[int]:
    """Return `count` ids for new rows, taken from the table's sequence."""
    sequence = sa.func.pg_get_serial_sequence(table.name, "id")
    each = sa.func.generate_series(1, count).table_valued("number")
    numbers = sa.select(sa.func.nextval(sequence)).select_from(each)
    return sorted(conn.execute(numbers).scalars())


def last_given(conn: Connection, table: sa.Table) -> int:
    """Return the last id that was allocated for a table; 0 where none was."""
    named = sa.select(sa.func.pg_get_serial_sequence(table.name, "id"))
    query = f"SELECT last_value FROM {conn.execute(named).scalar_one()} WHERE is_called"  # noqa: S608 - the database's own name for it
    return int(conn.exec_driver_sql(query).scalar() or 0)


def number_from(conn: Connection, table: sa.Table, last: int) -> None:
    """Make the table allocate ids after `last` from now on."""
    sequence = sa.func.pg_get_serial_sequence(table.name, "id")
    conn.execute(sa.select(sa.func.setval(sequence, last)))


def rows_at(
    conn: Connection,
    query: Select[Any],
    column: sa.Column[Any],
    values: Sequence[Any],
    others: Mapping[str, Any],
) -> list[AnyRow]:
    """Return the rows in which a column is any of `values`; see `storage.sql.engine.bulk`."""
    return list(conn.execute(_any_of(query, column), {"any_of": values, **others}).all())


@lru_cache(maxsize=256)
def _any_of(query: Select[Any], column: sa.Column[Any]) -> Select[Any]:
    return query.where(column == sa.any_(sa.bindparam("any_of", type_=ARRAY(column.type))))


def among(column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """Return a condition for any number of ids or texts; see `storage.sql.engine.bulk`."""
    if values and isinstance(values[0], str):
        texts = sa.literal(list(values), ARRAY(sa.Text))
        if not isinstance(column, sa.Column):  # of an expression there are no statistics
            return column == sa.any_(texts)
        # A subquery: for a list the planner looks each value up in the statistics, which takes
        # 7 ms for the places of a province.
        return column.in_(sa.select(sa.func.unnest(texts)))
    # An array literal as text: the driver takes 2 µs to adapt each number of a list.
    literal = sa.literal(f"{{{','.join(map(str, values))}}}", sa.Text)
    return column == sa.any_(sa.cast(literal, ARRAY(sa.BigInteger)))


def month(time: ColumnElement[datetime]) -> ColumnElement[Any]:
    """Return a time's month in Việt Nam; as text it starts like "2026-03"."""
    # Takes a third of the time of a named zone and to_char. SQLite knows only offsets anyway.
    local = sa.func.timezone(sa.text("interval '7 hours'"), time)
    return sa.func.date_trunc("month", local)


def file_of(_engine: Engine) -> Path | None:
    """Return None: the database is on a server."""
    return None


def size_bytes(conn: Connection) -> int:
    """Return the size of the database on the server's disk, in bytes."""
    size = sa.func.pg_database_size(sa.func.current_database())
    return int(conn.execute(sa.select(size)).scalar_one())


def tidy(engine: Engine) -> None:
    """Refresh the planner's statistics; autovacuum frees pages."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as conn:
        conn.exec_driver_sql("ANALYZE")


def scrub(engine: Engine, tables: Sequence[str]) -> bool:
    """Erase deleted rows from `tables`; return False where a transaction may still see them."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as conn:
        visible = _has_older_transaction(conn)
        conn.exec_driver_sql(f"VACUUM {', '.join(tables)}")
        return not (visible or _has_older_transaction(conn))


def _has_older_transaction(conn: Connection) -> bool:
    query = (
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid() LIMIT 1"
    )
    return conn.exec_driver_sql(query).first() is not None


def hold(engine: Engine, purpose: str) -> Hold | None:
    """Lock the archive for a purpose; None where another process has that lock."""
    name = name_of(engine.url)
    session = ServerLocks(engine, name, f"tinquan {purpose}")
    if session.take(purpose):
        return _ServerHold(session)
    session.close()
    return None


class _ServerHold:
    """One lock, on its own connection."""

    def __init__(self, session: ServerLocks) -> None:
        self._session = session

    def is_sure(self) -> bool:
        try:
            return self._session.is_sure() or self._session.renew()
        except ArchiveError:  # the server is still unreachable
            return False

    def release(self) -> None:
        self._session.close()


def lock_session(engine: Engine, label: str) -> LockSession | None:
    """Open a connection for named locks; the server lists it as `label`."""
    return ServerLocks(engine, name_of(engine.url), label)


def lock_holder(conn: Connection, name: str) -> str | None:
    """Return the label of the session that holds a lock; None where none does."""
    return holder(conn, name)


def clock(conn: Connection) -> datetime:
    """Return the server's time."""
    now: datetime = conn.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return now.astimezone(UTC)
