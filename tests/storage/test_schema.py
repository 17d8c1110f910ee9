"""Making and recognising the archive's schema, on both databases."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.archive import open_archive
from storage.errors import SchemaError
from storage.model.articles import ArticleQuery, RefusalQuery
from storage.model.places import Score, Tags, Unit
from storage.sql.schema.core import metadata
from tests.support.samples import article, at, capture, run, url_of
from tests.support.schemas import is_in_the_metadata


def test_an_empty_database_becomes_an_archive(empty_url: str) -> None:
    with open_archive(empty_url) as archive:
        archive.runs.start(run())
    with open_archive(empty_url, create=False) as archive:
        assert archive.runs.find() == [run()]


def test_an_empty_database_is_left_alone_unasked(empty_url: str) -> None:
    if empty_url.startswith("sqlite"):
        sqlite_file = sa.make_url(empty_url).database
        assert sqlite_file
        with open(sqlite_file, "w"):  # noqa: PTH123 - an empty file
            pass
    with pytest.raises(SchemaError, match="is empty"):
        open_archive(empty_url, create=False)
    open_archive(empty_url).close()


def test_the_migrations_make_the_tables_that_the_code_expects(archive_url: str) -> None:
    engine = sa.create_engine(archive_url)
    with engine.connect() as conn:
        opts = {"compare_server_default": True, "include_object": is_in_the_metadata}
        context = MigrationContext.configure(conn, opts=opts)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def change(url: str, statement: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as conn:
        conn.exec_driver_sql(statement)
    engine.dispose()


def test_a_newer_schema_is_refused(archive_url: str) -> None:
    change(archive_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaError) as caught:
        open_archive(archive_url)
    assert "9999" in str(caught.value)
    assert "update tinquan" in str(caught.value)


def test_another_programs_database_is_refused_and_left_alone(empty_url: str) -> None:
    change(empty_url, "CREATE TABLE customers (id integer)")
    with pytest.raises(SchemaError) as caught:
        open_archive(empty_url)
    assert "'customers'" in str(caught.value)
    engine = sa.create_engine(empty_url)
    assert sa.inspect(engine).get_table_names() == ["customers"]
    engine.dispose()


def test_a_failed_migration_leaves_nothing(empty_url: str) -> None:
    def stop(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if "CREATE TABLE refusals" in statement:
            raise KeyboardInterrupt

    event.listen(Engine, "before_cursor_execute", stop)
    try:
        with pytest.raises(KeyboardInterrupt):
            open_archive(empty_url)
    finally:
        event.remove(Engine, "before_cursor_execute", stop)
    engine = sa.create_engine(empty_url)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()
    open_archive(empty_url).close()


def unit(id_: str) -> Unit:
    return Unit(id_, None, "quận", id_, None, None, None, "2024-12")


def tags(number: int) -> Tags:
    return Tags("v1", (), (Score(f"q-{number % 3 + 1}", 5.0, "certain"),))


def reads_more_than_a_page(steps: list[str]) -> bool:
    """Return whether a query by places reads a place's articles other than in order to a limit.

    One sort is of the pages that the places gave; one more would be of all that a place has.
    """
    reads = [step for step in steps if "article_places" in step]
    sorts = [step for step in steps if "ORDER BY" in step]
    return len(sorts) > 1 or not all("(unit=?" in step for step in reads)


@pytest.mark.parametrize(
    "query",
    [
        ArticleQuery(),
        ArticleQuery(outlets=("baothu", "baokhac")),
        ArticleQuery(outlets=("baothu",), since=at(0), until=at(9)),
        ArticleQuery(places=("q-1", "q-2", "q-3")),
        ArticleQuery(places=("q-1", "q-2"), outlets=("baothu", "baokhac"), since=at(0)),
    ],
)
def test_reading_walks_along_an_index(tmp_path: Path, query: ArticleQuery) -> None:
    path = tmp_path / "tinquan.db"
    asked: list[tuple[str, tuple[object, ...]]] = []

    def note(
        _c: object, _x: object, statement: str, values: tuple[object, ...], *_: object
    ) -> None:
        asked.append((statement, values))

    with open_archive(f"sqlite:///{path}") as archive:
        archive.runs.start(run())
        archive.places.load_gazetteer("v1", [unit("q-1"), unit("q-2"), unit("q-3")], [])
        for number in range(20):
            archive.articles.store(
                "run-1", capture(number, number), article(number), (), tags(number)
            )
        event.listen(Engine, "before_cursor_execute", note)
        list(archive.articles.find(query))
        list(archive.articles.refusals(RefusalQuery(outlets=("baothu",))))
        archive.places.untagged("v2", 5)
        named = [url_of(number) for number in range(50)]  # by a listing
        archive.articles.seen("baothu", named)
        archive.links.looks("baothu", named)
        archive.articles.get("https://baothu.vn/cau-moi-1.html")
        event.remove(Engine, "before_cursor_execute", note)
    with closing(sqlite3.connect(path)) as plain:
        for statement, values in asked:
            if statement.startswith("BEGIN"):
                continue
            steps = [row[3] for row in plain.execute("EXPLAIN QUERY PLAN " + statement, values)]
            scans = [step for step in steps if step.startswith("SCAN") and "INDEX" not in step]
            assert not [step for step in scans if not step.startswith("SCAN anon_")]  # a page
            listed = statement.startswith("SELECT articles.sort_at")
            assert not listed or "ORDER BY" not in str(steps)
            of_outlet = [step for step in steps if "ix_refusals_outlet" in step]  # all of them
            assert 'refused_urls."key" IN' not in statement or not of_outlet
            assert "article_places" not in statement or not reads_more_than_a_page(steps)
    assert len(asked) >= 6
