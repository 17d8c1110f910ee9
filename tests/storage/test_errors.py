"""What goes wrong with databases: one clear line each, nothing lost, never a raw exception."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.pool import Pool

from storage.archive import Archive, open_archive
from storage.errors import ArchiveBusyError, ArchiveError, RowError, SchemaError
from storage.model.articles import ArticleQuery, Verdict
from storage.sql.engine.errors import archive_error
from tests.support.failing import said, without_rights
from tests.support.samples import article, capture, run, url_of


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
        ("sqlite:///a\nb/\udcff.db", ("no folder a\\nb", "\\udcff.db")),
        ("sqlite:///a\0b.db", ("a\\x00b.db", "NUL")),
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
        with open_archive(f"sqlite:///{path}") as archive:
            archive.runs.start(run())
            stored = list(_store_until_full(archive))
    finally:
        event.remove(Pool, "connect", limit)
    assert stored
    with open_archive(f"sqlite:///{path}") as archive:
        every = [found.latest.article for found in archive.articles.find(ArticleQuery())]
        assert every == [article(n, "dài " * 500) for n in reversed(stored)]
        last = stored[-1] + 1
        assert archive.articles.seen("baothu", [url_of(last)]) == set()
        again = archive.articles.store("run-1", capture(last, last), article(last, "dài " * 500))
        assert again.verdict is Verdict.NEW


def _store_until_full(archive: Archive) -> Iterator[int]:
    for number in range(1, 100):
        try:
            archive.articles.store("run-1", capture(number, number), article(number, "dài " * 500))
        except ArchiveError as error:
            assert "no space left" in str(error)
            return
        yield number
    pytest.fail("the disk never filled")


def test_a_lock_that_does_not_pass_is_busy(archive_url: str) -> None:
    with open_archive(archive_url, busy_seconds=0.05) as archive:
        archive.runs.start(run())
        with _holding(archive_url), pytest.raises(ArchiveBusyError) as caught:
            archive.articles.store("run-1", capture(), article())
        assert said(caught, "busy", "try again")
        assert archive.articles.store("run-1", capture(), article()).verdict is Verdict.NEW


def test_a_wait_is_said_and_ends_with_the_lock(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shutil.copy(sqlite_template, tmp_path / "tinquan.db")
    monkeypatch.setattr("storage.sql.engine.sqlite.SILENT_SECONDS", 0.01)
    with open_archive(f"sqlite:///{path}") as archive, closing(sqlite3.connect(path)) as other:
        archive.runs.start(run())
        other.isolation_level = None
        said_while_waiting: list[str] = []

        def say(_self: object, message: str, *values: object) -> None:
            said_while_waiting.append(message % values)
            other.execute("ROLLBACK").close()

        monkeypatch.setattr("logging.Logger.warning", say)
        other.execute("BEGIN IMMEDIATE").close()
        assert archive.articles.store("run-1", capture(), article()).verdict is Verdict.NEW
        assert archive.articles.store("run-1", capture(1), article()).verdict is Verdict.UNCHANGED
    assert said_while_waiting == [f"archive {path} is busy: waiting up to 90 s for another process"]


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
    with open_archive(url, busy_seconds=0) as archive:
        archive.runs.start(run())
        archive.articles.store("run-1", capture(), article())
        with _holding(url):
            assert archive.articles.get("1").latest.article == article()


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
        (psycopg.errors.SyntaxError("what"), "failed"),
        (psycopg.errors.UndefinedTable("what"), "start the command again"),
        (psycopg.errors.DataCorrupted("oh"), "damaged"),
    ],
)
def test_every_code_has_its_advice(cause: Exception, words: str) -> None:
    error = archive_error("sqlite:///x.db", OperationalError("SELECT 1", {}, cause))
    assert words in str(error)
    assert "archive sqlite:///x.db" in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize("kind", [IntegrityError, DataError])
def test_what_is_wrong_with_a_row_is_no_fault_of_the_archive(kind: type[DBAPIError]) -> None:
    error = archive_error("x.db", kind("INSERT", {}, psycopg.errors.CheckViolation("a\nb")))
    assert isinstance(error, RowError)
    assert str(error) == "archive x.db does not take a row (a b)"


def test_schema_errors_are_archive_errors() -> None:
    assert issubclass(SchemaError, ArchiveError)
