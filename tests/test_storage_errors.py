"""What goes wrong with databases: one clear line each, nothing lost, never a raw exception."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import Pool

from storage.archive import open_archive
from storage.errors import ArchiveBusyError, ArchiveError, SchemaError
from storage.model import ArticleQuery, Verdict
from storage.sql import SqlArchive, open_sql_archive
from storage.sql_errors import archive_error
from tests.databases import run_sql
from tests.samples import article, capture, run, url_of


def said(caught: pytest.ExceptionInfo[ArchiveError], *words: str) -> bool:
    """Return whether the message is one line with all of these words in it."""
    message = str(caught.value)
    missing = [word for word in words if word not in message]
    assert not missing, message
    return "\n" not in message


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("tinquan.db", ("'tinquan.db'", "sqlite:///")),
        ("", ("''", "sqlite:///")),
        ("mysql://an:geheim@db/x", ("mysql://an:***@db", "postgresql+psycopg://")),
        ("postgresql+pg8000://an:geheim@db/x", ("pg8000", "postgresql+psycopg://")),
        ("postgresql//an:geheim@db/x", ("an:***@db",)),
        ("postgresql://an:geheim@db:port/x", ("an:***@db",)),
        ("sqlite://", ("names no file",)),
        ("sqlite:///:memory:", ("names no file",)),
        ("sqlite:///nowhere/tinquan.db", ("no folder nowhere", "make it first")),
        ("sqlite:///" + "x" * 300, ("cannot be opened",)),
    ],
)
def test_a_wrong_url_is_named(url: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ArchiveError) as caught:
        open_archive(url)
    assert said(caught, *words)
    assert "geheim" not in str(caught.value)


def test_a_missing_file_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError) as caught:
        open_archive(f"sqlite:///{tmp_path / 'none.db'}", create=False)
    assert said(caught, "none.db", "does not exist")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError) as caught:
        open_archive(f"sqlite:///{tmp_path}")
    assert said(caught, "is a folder")


def test_another_file_is_no_archive_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Những ghi chép. " * 200)
    with pytest.raises(ArchiveError) as caught:
        open_archive(f"sqlite:///{path}")
    assert said(caught, "notes.txt", "not a SQLite database")
    assert path.read_text() == "Những ghi chép. " * 200


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://an:geheim@127.0.0.1:1/x", ("127.0.0.1:1", "cannot be reached")),
        ("postgres://an@127.0.0.1:1/x?password=geheim", ("cannot be reached",)),
    ],
)
def test_an_unreachable_server_is_named(url: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ArchiveError) as caught:
        open_archive(url)
    assert said(caught, *words)
    assert "geheim" not in str(caught.value)


def test_a_missing_database_is_named(new_postgresql: Callable[[str], str]) -> None:
    url = new_postgresql("template0").replace("?", "nope?")
    with pytest.raises(ArchiveError) as caught:
        open_archive(url)
    assert said(caught, "nope", "does not exist", "database in its URL")


def test_a_user_without_rights_is_told(
    postgresql: str, new_postgresql: Callable[[str], str]
) -> None:
    url = new_postgresql("template0")
    run_sql(postgresql, "DROP ROLE IF EXISTS khach", "CREATE ROLE khach LOGIN")
    with pytest.raises(ArchiveError) as caught:
        open_archive(url.replace("postgres:@", "khach:@"))
    assert said(caught, "khach", "no rights", "permission denied")


def test_a_database_that_cannot_hold_vietnamese_is_refused(
    postgresql: str, new_postgresql: Callable[[str], str]
) -> None:
    run_sql(
        postgresql,
        "DROP DATABASE IF EXISTS latin",
        "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
    )
    with pytest.raises(ArchiveError) as caught:
        open_archive(new_postgresql("latin"))
    assert said(caught, "LATIN1", "UTF8")


def test_a_standby_is_read_only(postgresql: str, new_postgresql: Callable[[str], str]) -> None:
    url = new_postgresql("template0")
    name = url.split("?")[0].rsplit("/", 1)[1]
    with open_sql_archive(url) as archive:
        archive.start_run(run())
    run_sql(postgresql, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with open_sql_archive(url) as archive:
        with pytest.raises(ArchiveError) as caught:
            archive.store("run-1", capture(), article())
        assert said(caught, "read-only")
        assert archive.runs() == [run()]


@contextmanager
def without_rights() -> Iterator[None]:
    """Run as nobody where the tests run as root, whom no permission stops."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def read_only_folder(sqlite_template: Path) -> Iterator[Path]:
    """Yield a folder that everyone may read and nobody else write, with an archive in it."""
    folder = Path(tempfile.mkdtemp())
    shutil.copyfile(sqlite_template, folder / "tinquan.db")
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", ["tinquan.db", "new.db"])
def test_a_read_only_folder_is_named(read_only_folder: Path, name: str) -> None:
    before = sorted(read_only_folder.iterdir())
    with without_rights(), pytest.raises(ArchiveError) as caught:
        open_archive(f"sqlite:///{read_only_folder / name}")
    assert said(caught, name, "who owns the file and its folder")
    assert sorted(read_only_folder.iterdir()) == before


def test_a_folder_without_entry_is_named(read_only_folder: Path) -> None:
    read_only_folder.chmod(0o000)
    with without_rights(), pytest.raises(ArchiveError) as caught:
        open_archive(f"sqlite:///{read_only_folder / 'tinquan.db'}")
    assert said(caught, "cannot be opened", "ermission denied")


def test_a_full_disk_loses_nothing(sqlite_template: Path, tmp_path: Path) -> None:
    path = shutil.copy(sqlite_template, tmp_path / "tinquan.db")

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 60").close()

    event.listen(Pool, "connect", limit)
    try:
        with open_sql_archive(f"sqlite:///{path}") as archive:
            archive.start_run(run())
            stored = list(_store_until_full(archive))
    finally:
        event.remove(Pool, "connect", limit)
    assert stored
    with open_sql_archive(f"sqlite:///{path}") as archive:
        every = [found.latest.article for found in archive.articles(ArticleQuery())]
        assert every == [article(n, "dài " * 500) for n in reversed(stored)]
        last = stored[-1] + 1
        assert archive.seen("baothu", [url_of(last)]) == set()
        again = archive.store("run-1", capture(last, last), article(last, "dài " * 500))
        assert again.verdict is Verdict.NEW


def _store_until_full(archive: SqlArchive) -> Iterator[int]:
    for number in range(1, 100):
        try:
            archive.store("run-1", capture(number, number), article(number, "dài " * 500))
        except ArchiveError as error:
            assert "no space left" in str(error)
            return
        yield number
    pytest.fail("the disk never filled")


def test_a_lock_that_does_not_pass_is_busy(archive_url: str) -> None:
    with open_sql_archive(archive_url, busy_seconds=0.05) as archive:
        archive.start_run(run())
        with _holding(archive_url), pytest.raises(ArchiveBusyError) as caught:
            archive.store("run-1", capture(), article())
        assert said(caught, "busy", "try again")
        assert archive.store("run-1", capture(), article()).verdict is Verdict.NEW


@contextmanager
def _holding(url: str) -> Iterator[None]:
    """Hold what a writer needs, from another connection."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as other:
            other.isolation_level = None
            other.execute("BEGIN IMMEDIATE").close()
            yield
        return
    with psycopg.connect(url.replace("+psycopg", "")) as server:
        server.execute("LOCK TABLE outlets, captures")
        yield


def test_sqlite_reads_while_another_process_writes(sqlite_template: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'tinquan.db')}"
    with open_sql_archive(url, busy_seconds=0) as archive:
        archive.start_run(run())
        archive.store("run-1", capture(), article())
        with _holding(url):
            assert archive.article("1").latest.article == article()


@pytest.fixture
def on_postgresql(
    new_postgresql: Callable[[str], str], postgresql_template: str
) -> Iterator[tuple[SqlArchive, str]]:
    url = new_postgresql(postgresql_template)
    with open_sql_archive(url) as archive:
        archive.start_run(run())
        yield archive, url.split("?")[0].rsplit("/", 1)[1]


def hang_up(server: str, database: str) -> None:
    run_sql(
        server,
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'",
    )


def test_a_connection_lost_between_pages_is_made_anew(
    on_postgresql: tuple[SqlArchive, str], postgresql: str
) -> None:
    archive, database = on_postgresql
    hang_up(postgresql, database)
    assert archive.store("run-1", capture(), article()).verdict is Verdict.NEW


def test_a_connection_lost_within_a_page_stores_nothing_of_it(
    on_postgresql: tuple[SqlArchive, str], postgresql: str
) -> None:
    archive, database = on_postgresql

    def at_revision(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO revisions"):
            hang_up(postgresql, database)

    event.listen(Engine, "before_cursor_execute", at_revision)
    try:
        with pytest.raises(ArchiveError) as caught:
            archive.store("run-1", capture(), article())
    finally:
        event.remove(Engine, "before_cursor_execute", at_revision)
    assert said(caught, "lost its connection")
    assert archive.seen("baothu", [url_of(1)]) == set()
    assert archive.store("run-1", capture(), article()).verdict is Verdict.NEW


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("said\nso")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (sqlite_error(10 | 3 << 8), "read or write its disk"),
        (sqlite_error(11), "damaged"),
        (sqlite_error(13), "no space left"),
        (sqlite_error(14), "cannot be opened"),
        (sqlite_error(1), "failed"),
        (psycopg.errors.DiskFull("full"), "no space left"),
        (psycopg.errors.TooManyConnections("many"), "resources"),
        (psycopg.errors.InvalidPassword("no"), "user and password"),
        (psycopg.errors.DeadlockDetected("dead"), "busy"),
        (psycopg.errors.AdminShutdown("bye"), "lost its connection"),
        (psycopg.errors.UndefinedTable("what"), "failed"),
        (psycopg.errors.DataCorrupted("oh"), "damaged"),
    ],
)
def test_every_code_has_its_advice(cause: Exception, words: str) -> None:
    error = archive_error("sqlite:///x.db", OperationalError("SELECT 1", {}, cause))
    assert words in str(error)
    assert "archive sqlite:///x.db" in str(error)
    assert "\n" not in str(error)


def test_schema_errors_are_archive_errors() -> None:
    assert issubclass(SchemaError, ArchiveError)
