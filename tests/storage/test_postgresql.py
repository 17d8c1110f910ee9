"""What goes wrong with a PostgreSQL server: one clear line each, nothing lost."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.archive import Archive, open_archive
from storage.errors import ArchiveError
from storage.model.articles import Verdict
from tests.support.databases import run_sql
from tests.support.failing import said
from tests.support.samples import article, capture, run, url_of


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


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "WIN1258", "EUC_JP"])
@pytest.mark.parametrize("mode", [{}, {"create": False}, {"create": False, "read_only": True}])
def test_a_database_that_cannot_hold_vietnamese_is_refused(
    postgresql: str,
    new_postgresql: Callable[[str], str],
    encoding: str,
    mode: dict[str, bool],
) -> None:
    run_sql(
        postgresql,
        "DROP DATABASE IF EXISTS latin",
        f"CREATE DATABASE latin ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0",
    )
    with pytest.raises(ArchiveError) as caught:
        open_archive(new_postgresql("latin"), **mode)
    assert said(caught, f"has encoding {encoding},", "UTF8")


def test_a_standby_is_read_only(postgresql: str, new_postgresql: Callable[[str], str]) -> None:
    url = new_postgresql("template0")
    name = url.split("?")[0].rsplit("/", 1)[1]
    with open_archive(url) as archive:
        archive.runs.start(run())
    run_sql(postgresql, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with open_archive(url) as archive:
        with pytest.raises(ArchiveError) as caught:
            archive.articles.store("run-1", capture(), article())
        assert said(caught, "read-only")
        assert archive.runs.find() == [run()]


@pytest.fixture
def on_postgresql(
    new_postgresql: Callable[[str], str], postgresql_template: str
) -> Iterator[tuple[Archive, str]]:
    url = new_postgresql(postgresql_template)
    with open_archive(url) as archive:
        archive.runs.start(run())
        yield archive, url.split("?")[0].rsplit("/", 1)[1]


def hang_up(server: str, database: str) -> None:
    run_sql(
        server,
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'",
    )


def test_a_connection_lost_between_pages_is_made_anew(
    on_postgresql: tuple[Archive, str], postgresql: str
) -> None:
    archive, database = on_postgresql
    hang_up(postgresql, database)
    assert archive.articles.store("run-1", capture(), article()).verdict is Verdict.NEW


def test_a_connection_lost_within_a_page_stores_nothing_of_it(
    on_postgresql: tuple[Archive, str], postgresql: str
) -> None:
    archive, database = on_postgresql

    def at_revision(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO revisions"):
            hang_up(postgresql, database)

    event.listen(Engine, "before_cursor_execute", at_revision)
    try:
        with pytest.raises(ArchiveError) as caught:
            archive.articles.store("run-1", capture(), article())
    finally:
        event.remove(Engine, "before_cursor_execute", at_revision)
    assert said(caught, "lost its connection")
    assert archive.articles.seen("baothu", [url_of(1)]) == set()
    assert archive.articles.store("run-1", capture(), article()).verdict is Verdict.NEW
