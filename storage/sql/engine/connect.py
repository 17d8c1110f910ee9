"""From a database URL to an engine whose schema is ours."""

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.exc import ArgumentError

from storage.errors import ArchiveError, SchemaError
from storage.sql.engine.errors import hide_password, name_of, plain_errors, printable
from storage.sql.engine.read_only import ReadOnlyFile
from storage.sql.engine.sqlite import SILENT_SECONDS, begin_reading, begin_sqlite, prepare_sqlite
from storage.sql.schema.core import articles
from storage.sql.schema.maintenance import unfinished_copy

BUSY_SECONDS = 90.0
"""How long to wait for another process's write before giving up as busy."""

_CONNECT_SECONDS = 10
_SQLITE_FILES = ("sqlite:///", "sqlite+pysqlite:///")
_FORMS = 'expected "sqlite:///tinquan.db" or "postgresql+psycopg://user:password@host/database"'


def open_engine(
    text: str,
    *,
    create: bool,
    read_only: bool = False,
    copying: bool = False,
    busy_seconds: float = BUSY_SECONDS,
) -> tuple[Engine, str]:
    """Return an engine for the archive at the URL `text`, and the name messages call it by.

    create: make the tables where the database has none, and the SQLite file where it is missing.
    read_only: only ever read; needs no right to write. copying: it may be a copy that was stopped
    half-way. Raises ArchiveError or SchemaError.
    """
    engine, name = _connect(text, create=create, read_only=read_only, busy_seconds=busy_seconds)
    try:
        with plain_errors(name):
            _ensure_schema(engine, name, create=create and not read_only)
            if not copying:
                _check_whole(engine, name)
    except BaseException:
        engine.dispose()
        raise
    return engine, name


def upgrade_schema(
    text: str,
    progress: Callable[[int, int], object] = lambda _done, _total: None,
    busy_seconds: float = BUSY_SECONDS,
) -> tuple[str, str]:
    """Bring an archive's schema up to ours; return the one before and ours.

    Each version is all or nothing. What a version prepares is done in many transactions before,
    and goes on where it was stopped. progress: told what is done of that, and of how much. Raises
    ArchiveError; SchemaError where the database is empty, newer or another program's.
    """
    engine, name = _connect(text, create=False, read_only=False, busy_seconds=busy_seconds)
    try:
        with plain_errors(name), writing(engine).connect() as conn:
            if engine.dialect.name == "sqlite":
                # A table that is altered is copied and dropped: no row may refer to it meanwhile.
                _ignore_references(conn)
            with conn.begin():
                before = _schema_of(conn, name)
                scripts = list(_scripts(conn).iterate_revisions("head", before or "base"))
            if before is None:
                raise SchemaError(f"archive {name} is empty: `tinquan archive init` makes one")
            for script in reversed(scripts):
                prepare = getattr(script.module, "prepare", None)
                if prepare is not None:
                    _upgrade(conn, name, str(script.down_revision))
                    prepare(conn, progress)
            return before, _upgrade(conn, name, "head")
    finally:
        engine.dispose()


def _upgrade(conn: Connection, name: str, version: str) -> str:
    """Bring the schema up to a version in one transaction; return what it is then."""
    with conn.begin():
        lock(conn, "schema")
        command.upgrade(_alembic(conn), version)
        _check_references(conn, name)
        return str(_schema_of(conn, name))


def _connect(
    text: str, *, create: bool, read_only: bool, busy_seconds: float
) -> tuple[Engine, str]:
    url = _parse(text)
    name = name_of(url)
    if url.get_backend_name() == "sqlite":
        _check_file(url, name, create=create and not read_only)
        return _sqlite_engine(url, name, read_only, busy_seconds), name
    return _postgresql_engine(url, read_only, busy_seconds), name


def reading(engine: Engine) -> Engine:
    """Return `engine` for transactions that read: each sees one state of the archive throughout."""
    if engine.dialect.name == "postgresql":  # SQLite's transactions do so by themselves
        return engine.execution_options(isolation_level="REPEATABLE READ")
    return engine


def writing(engine: Engine) -> Engine:
    """Return `engine` for transactions that write: on SQLite they begin immediately.

    A deferred transaction that reads first and writes later fails at once where another process
    wrote in between, without waiting its turn.
    """
    return engine.execution_options(writing=True)


def lock(conn: Connection, *names: str) -> None:
    """Wait until this transaction is the only one under `names`; SQLite has one writer anyway."""
    if conn.dialect.name != "postgresql":
        return
    key = sa.func.hashtextextended("tinquan " + " ".join(names), 0)
    conn.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def lock_article(conn: Connection, id_: int) -> str | None:
    """Lock an article's outlet and return it; None where there is no such article any more."""
    query = sa.select(articles.c.outlet).where(articles.c.id == id_)
    outlet: str | None = conn.execute(query).scalar()
    if outlet is not None:
        lock(conn, outlet)
    return outlet


def _parse(text: str) -> URL:
    for prefix in _SQLITE_FILES:
        if text.startswith(prefix):  # a path as it stands: "?", "#" and "%" are part of it
            return URL.create("sqlite", database=text.removeprefix(prefix))
    try:
        url = sa.make_url(text)
        driver = url.drivername
    except (ArgumentError, ValueError):
        raise ArchiveError(f"{hide_password(text)!r} is no database URL: {_FORMS}") from None
    if driver in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    if driver not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise ArchiveError(f"{hide_password(text)!r} names no database we know: {_FORMS}")
    return url


def _check_file(url: URL, name: str, *, create: bool) -> None:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise ArchiveError(f"archive {name} names no file: {_FORMS}")
    path = Path(url.database)
    if "\0" in url.database:
        raise ArchiveError(f"archive {name}: no path holds a NUL; check the configuration")
    try:
        is_folder, has_folder, exists = path.is_dir(), path.parent.is_dir(), path.exists()
    except OSError as error:
        raise ArchiveError(f"archive {name} cannot be opened: {error.strerror}") from None
    if is_folder:
        raise ArchiveError(f"archive {name} is a folder: name a file in it")
    if not has_folder:
        folder = printable(str(path.parent))
        raise ArchiveError(f"archive {name}: there is no folder {folder}; make it first")
    if not exists and not create:
        raise ArchiveError(f"archive {name} does not exist: check the path, or crawl to make it")


def _sqlite_engine(url: URL, name: str, read_only: bool, busy_seconds: float) -> Engine:
    if read_only:
        file = ReadOnlyFile(Path(str(url.database)), name, busy_seconds)
        engine = sa.create_engine(url, creator=file.connect)
        event.listen(engine, "begin", partial(begin_reading, file))
        return engine
    # No isolation level: the driver's own rules would begin transactions late and commit DDL.
    arguments = {"timeout": min(busy_seconds, SILENT_SECONDS), "isolation_level": None}
    engine = sa.create_engine(url, connect_args=arguments)
    event.listen(engine, "connect", prepare_sqlite)
    event.listen(engine, "begin", partial(begin_sqlite, name, busy_seconds))
    return engine


def _postgresql_engine(url: URL, read_only: bool, busy_seconds: float) -> Engine:
    asked = url.query.get("options", "")
    if read_only:
        asked = f"-c default_transaction_read_only=on {asked}"
    arguments = {
        "connect_timeout": _CONNECT_SECONDS,
        "application_name": "tinquan",
        # jit: compiling a statement takes longer than any of ours runs.
        "options": f"-c lock_timeout={int(busy_seconds * 1000)} -c timezone=UTC -c jit=off {asked}",
    }
    # Ping: a crawl may pause for longer than a server or a firewall keeps a connection.
    return sa.create_engine(url, connect_args=arguments, pool_pre_ping=True)


def _ensure_schema(engine: Engine, name: str, *, create: bool) -> None:
    with engine.connect() as conn:
        if _is_ours(conn, name):
            return
    if not create:
        raise SchemaError(f"archive {name} is empty: check the address, or crawl to fill it")
    with writing(engine).begin() as conn:
        lock(conn, "schema")
        if not _is_ours(conn, name):  # nobody else was faster
            command.upgrade(_alembic(conn), "head")


def _check_whole(engine: Engine, name: str) -> None:
    with engine.connect() as conn:
        source = conn.execute(sa.select(unfinished_copy.c.source)).scalar()
    if source is not None:
        raise ArchiveError(
            f"archive {name} is an unfinished copy of {source}: finish it with"
            " `tinquan archive copy`"
        )


def _is_ours(conn: Connection, name: str) -> bool:
    """Return True for our schema, False for an empty database; else raise SchemaError."""
    found, ours = _schema_of(conn, name), _own_schema(conn)
    if found is not None and found != ours:
        raise SchemaError(
            f"archive {name} has schema {found}, this tinquan needs {ours}: back it up, then run"
            " `tinquan archive upgrade`"
        )
    return found is not None


def _schema_of(conn: Connection, name: str) -> str | None:
    """Return the version of an archive's schema, ours or older; None for an empty database."""
    _check_encoding(conn, name)
    tables = sa.inspect(conn).get_table_names()
    if not tables:
        return None
    found = (
        MigrationContext.configure(conn).get_current_heads() if "alembic_version" in tables else ()
    )
    if not found:
        raise SchemaError(
            f"archive {name} holds another program's tables ({min(tables)!r}, …):"
            " name an empty database"
        )
    known = {script.revision for script in _scripts(conn).walk_revisions()}
    if len(found) > 1 or found[0] not in known:
        raise SchemaError(
            f"archive {name} has schema {', '.join(found)}, this tinquan knows up to"
            f" {_own_schema(conn)}: a newer tinquan wrote it; update tinquan"
        )
    return found[0]


def _scripts(conn: Connection) -> ScriptDirectory:
    return ScriptDirectory.from_config(_alembic(conn))


def _own_schema(conn: Connection) -> str:
    return str(_scripts(conn).get_current_head())


def _ignore_references(conn: Connection) -> None:
    """Let SQLite check no foreign keys; it listens only outside a transaction."""
    driver = conn.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.execute("PRAGMA foreign_keys=OFF").close()


def _check_references(conn: Connection, name: str) -> None:
    if conn.dialect.name != "sqlite":
        return
    lost = conn.exec_driver_sql("PRAGMA foreign_key_check").first()
    if lost is not None:
        raise ArchiveError(
            f"archive {name} has rows in {lost[0]} that refer to nothing in {lost[2]}; nothing was"
            " changed: restore it from a backup"
        )


def _check_encoding(conn: Connection, name: str) -> None:
    if conn.dialect.name != "postgresql":
        return
    encoding = conn.execute(sa.select(sa.func.current_setting("server_encoding"))).scalar_one()
    if encoding != "UTF8":
        raise ArchiveError(
            f"archive {name} has encoding {encoding}, which cannot hold Vietnamese:"
            " create a database with encoding UTF8"
        )


def _alembic(conn: Connection) -> Config:
    folder = Path(__file__).parents[1] / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = conn
    return config
