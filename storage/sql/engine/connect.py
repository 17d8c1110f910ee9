"""Open a database by its URL, check, create or upgrade its schema, and take locks in it."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError

from storage.errors import ArchiveError, SchemaError
from storage.sql.engine import BUSY_SECONDS, postgresql, sqlite
from storage.sql.engine.backend import backend_of
from storage.sql.engine.errors import hide_password, name_of, plain_errors, printable
from storage.sql.engine.versions import versions_known
from storage.sql.schema.core import articles
from storage.sql.schema.maintenance import unfinished_copy
from storage.text.normalize import storable

ARRIVALS = "arrivals"
"""The lock that every transaction that stores or re-reads captures takes in shared mode."""
_VERSIONS: sa.Select[Any] = sa.select(sa.column("version_num")).select_from(
    sa.table("alembic_version")
)
"""Selects the schema version from Alembic's table."""
_SQLITE_FILES = ("sqlite:///", "sqlite+pysqlite:///")
_FORMS = 'expected "sqlite:///tinquan.db" or "postgresql+psycopg://user:password@host/database"'


def open_engine(
    text: str,
    *,
    create: bool,
    read_only: bool = False,
    copying: bool = False,
    busy_seconds: float = BUSY_SECONDS,
    query_seconds: float | None = None,
) -> tuple[Engine, str]:
    """Return an engine for the archive at the URL `text`, and the archive's name in messages.

    create: create the tables in an empty database, and the SQLite file where it is missing.
    read_only: never write; needs no write permission. copying: accept an unfinished copy.
    query_seconds: see `storage.archive.open_archive`. Raises ArchiveError or SchemaError.
    """
    engine, name = _connect(text, create=create, read_only=read_only, busy_seconds=busy_seconds)
    if query_seconds is not None:
        backend_of(engine).limit_time(engine, query_seconds)
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
    """Upgrade an archive's schema to ours; return the version before the upgrade, and ours.

    Each version is applied in one transaction. A version's preparation runs before that in many
    transactions, and resumes where it was stopped. progress: called with how much of the
    preparation is done, and the total. Raises ArchiveError; SchemaError where the database is
    empty, has a newer schema or belongs to another program.
    """
    from storage.sql.engine import migrate  # noqa: PLC0415 - alembic is slow to import

    engine, name = _connect(text, create=False, read_only=False, busy_seconds=busy_seconds)
    try:
        with plain_errors(name), writing(engine).connect() as conn:
            backend_of(conn).ignore_references(conn)
            with conn.begin():
                before = _schema_of(conn, name)
            if before is None:
                raise SchemaError(f"archive {name} is empty: `tinquan archive init` makes one")
            for version, prepare in migrate.steps(conn, before):
                _upgrade(conn, name, version)
                prepare(conn, progress)
            return before, _upgrade(conn, name, "head")
    finally:
        engine.dispose()


def database_bytes(text: str) -> int:
    """Return the size of a database on disk, in bytes, whatever its schema."""
    engine, name = _connect(text, create=False, read_only=False, busy_seconds=BUSY_SECONDS)
    try:
        with plain_errors(name), engine.connect() as conn:
            return backend_of(conn).size_bytes(conn)
    finally:
        engine.dispose()


def _upgrade(conn: Connection, name: str, version: str) -> str:
    """Upgrade the schema to a version in one transaction; return the version it has then."""
    from storage.sql.engine import migrate  # noqa: PLC0415 - as above

    with conn.begin():
        lock(conn, "schema")
        migrate.migrate(conn, version)
        _check_references(conn, name)
        return str(_schema_of(conn, name))


def _connect(
    text: str, *, create: bool, read_only: bool, busy_seconds: float
) -> tuple[Engine, str]:
    url = _parse(text)
    name = name_of(url)
    if url.get_backend_name() == "sqlite":
        _check_file(url, name, create=create and not read_only)
        return sqlite.create_engine(url, name, read_only, busy_seconds), name
    return postgresql.create_engine(url, read_only, busy_seconds), name


def reading(engine: Engine) -> Engine:
    """Return `engine` for read transactions: each reads from one snapshot of the archive."""
    return backend_of(engine).reading(engine)


def writing(engine: Engine) -> Engine:
    """Return `engine` for write transactions: on SQLite they start with BEGIN IMMEDIATE.

    A deferred transaction that reads first and writes later fails at once, without waiting, where
    another process wrote in between.
    """
    return engine.execution_options(writing=True)


def lock(conn: Connection, *names: str) -> None:
    """Take an exclusive lock on `names` until this transaction ends; wait for it.

    A no-op on SQLite, which has one writer at a time anyway.
    """
    backend_of(conn).lock(conn, _lock_name(names))


def lock_shared(conn: Connection, *names: str) -> None:
    """Take a shared lock on `names` until this transaction ends: `lock` of the same names waits."""
    backend_of(conn).lock_shared(conn, _lock_name(names))


def _lock_name(names: Iterable[str]) -> str:
    return storable("tinquan " + " ".join(names))  # the outlet exactly as its column stores it


def lock_article(conn: Connection, id_: int) -> str | None:
    """Lock an article's outlet and return it; None where the article no longer exists."""
    query = sa.select(articles.c.outlet).where(articles.c.id == id_)
    outlet: str | None = conn.execute(query).scalar()
    if outlet is not None:
        lock(conn, outlet)
    return outlet


def _parse(text: str) -> URL:
    for prefix in _SQLITE_FILES:
        if text.startswith(prefix):  # a literal path: "?", "#" and "%" are part of it
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
        raise ArchiveError(f"archive {url.database or url} names no file: {_FORMS}")
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


def _ensure_schema(engine: Engine, name: str, *, create: bool) -> None:
    with engine.connect() as conn:
        if _is_ours(conn, name):
            return
    if not create:
        raise SchemaError(f"archive {name} is empty: check the address, or crawl to fill it")
    from storage.sql.engine import migrate  # noqa: PLC0415 - as above

    with writing(engine).begin() as conn:
        lock(conn, "schema")
        if not _is_ours(conn, name):  # no other process created it meanwhile
            migrate.migrate(conn, "head")


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
    found, ours = _schema_of(conn, name), versions_known()[-1]
    if found is not None and found != ours:
        raise SchemaError(
            f"archive {name} has schema {found}, this tinquan needs {ours}: back it up, then run"
            " `tinquan archive upgrade`"
        )
    return found is not None


def _schema_of(conn: Connection, name: str) -> str | None:
    """Return the version of an archive's schema, ours or older; None for an empty database."""
    backend_of(conn).check_encoding(conn, name)
    tables = sa.inspect(conn).get_table_names()
    if not tables:
        return None
    found = conn.execute(_VERSIONS).scalars().all() if "alembic_version" in tables else ()
    if not found:
        raise SchemaError(
            f"archive {name} holds another program's tables ({min(tables)!r}, …):"
            " name an empty database"
        )
    known = versions_known()
    if len(found) > 1 or found[0] not in known:
        raise SchemaError(
            f"archive {name} has schema {', '.join(found)}, this tinquan knows up to"
            f" {known[-1]}: a newer tinquan wrote it; update tinquan"
        )
    return str(found[0])


def _check_references(conn: Connection, name: str) -> None:
    for _, table, parent in backend_of(conn).broken_references(conn, 1):
        raise ArchiveError(
            f"archive {name} has rows in {table} that refer to nothing in {parent}; nothing was"
            " changed: restore it from a backup"
        )
