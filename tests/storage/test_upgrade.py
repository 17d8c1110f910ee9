"""Archives of earlier releases: named when they are opened, and brought up to today's schema."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.archive import open_archive, upgrade_archive
from storage.errors import ArchiveError, SchemaError
from storage.model.articles import ArticleQuery, Verdict
from storage.model.schedule import Machine
from storage.model.search import SearchQuery
from storage.search.query_syntax import parse_words
from storage.sql.engine.migrate import migrate
from storage.sql.migrations.versions import v0022_search_in_both_forms
from storage.sql.schema.core import metadata
from tests.support.first_schema import make_first
from tests.support.first_search import left_of_first_search, make_first_search
from tests.support.samples import article, at, capture, refusal, run
from tests.support.schemas import is_in_the_metadata

OURS = {"include_object": is_in_the_metadata}


@pytest.fixture
def first_url(empty_url: str) -> str:
    """Return the URL of an archive as the first release left it."""
    make_first(empty_url)
    return empty_url


def schema_of(url: str) -> str:
    engine = sa.create_engine(url)
    with engine.connect() as conn:
        found = conn.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
    engine.dispose()
    return str(found)


@pytest.mark.parametrize("read_only", [False, True])
def test_an_older_schema_is_named_with_what_to_do(first_url: str, read_only: bool) -> None:
    with pytest.raises(SchemaError, match=r"has schema 0001.*`tinquan archive upgrade`"):
        open_archive(first_url, read_only=read_only)
    assert schema_of(first_url) == "0001"


def test_an_upgraded_archive_has_todays_tables_and_the_same_articles(first_url: str) -> None:
    before, now = upgrade_archive(first_url)
    assert before == "0001"
    assert schema_of(first_url) == now != "0001"
    engine = sa.create_engine(first_url)
    with engine.connect() as conn:
        assert compare_metadata(MigrationContext.configure(conn, opts=OURS), metadata) == []
    engine.dispose()
    with open_archive(first_url, read_only=True) as archive:
        found = {one.id: one for one in archive.articles.find(ArticleQuery())}
        assert [len(found[id_].revisions) for id_ in (1, 2, 3, 5)] == [2, 1, 2, 1]
        assert found[1].latest.article.title == "Khánh thành cầu số 1 (sửa)"
        assert found[1].revisions[0].article.images[0].caption == "Cầu số 1"
        assert found[1].latest.tags and found[1].latest.tags.scores[0].score == 5.0
        assert found[2].latest.article.title == "Khánh thành cầu số 2!"  # as it was re-read
        assert [reading.origin for reading in found[2].latest.readings] == [
            "outlet",
            "reextraction",
        ]
        assert archive.articles.get("4").id == 3  # found to be one
        assert [one.reason for _, one in archive.articles.refusals()] == [
            refusal().reason,
            "video",
        ]
        assert [one.id for one in archive.runs.find()] == ["run-2", "run-1"]


def test_an_upgraded_archive_takes_new_pages(first_url: str) -> None:
    upgrade_archive(first_url)
    with open_archive(first_url) as archive:
        archive.runs.start(run("run-3"))
        old = archive.articles.get("2").latest
        again = archive.articles.store("run-3", old.capture, old.article)
        assert again.verdict is Verdict.KNOWN
        edited = replace(old.article, title="Sửa sau khi nâng cấp")
        assert archive.articles.store("run-3", capture(400, 2), edited).verdict is Verdict.REVISED
        new = archive.articles.store("run-3", capture(401, 77), article(77))
        assert (new.verdict, new.id) == (Verdict.NEW, 6)


def test_upgrading_twice_changes_nothing(first_url: str) -> None:
    _, now = upgrade_archive(first_url)
    assert upgrade_archive(first_url) == (now, now)


def test_an_upgrade_that_is_stopped_leaves_the_archive_as_it_was(first_url: str) -> None:
    statements: list[str] = []

    def stop(_c: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)
        if "UPDATE alembic_version" in statement:
            raise KeyboardInterrupt

    event.listen(Engine, "before_cursor_execute", stop)
    try:
        with pytest.raises(KeyboardInterrupt):
            upgrade_archive(first_url)
    finally:
        event.remove(Engine, "before_cursor_execute", stop)
    assert any("CREATE TABLE" in statement for statement in statements)
    assert schema_of(first_url) == "0001"
    engine = sa.create_engine(first_url)
    assert "warc_files" not in sa.inspect(engine).get_table_names()
    engine.dispose()
    assert upgrade_archive(first_url)[0] == "0001"


def test_what_is_no_older_archive_is_not_upgraded(empty_url: str) -> None:
    if empty_url.startswith("postgresql"):
        with pytest.raises(SchemaError, match="is empty: `tinquan archive init`"):
            upgrade_archive(empty_url)
    else:
        with pytest.raises(ArchiveError, match="does not exist"):
            upgrade_archive(empty_url)
    open_archive(empty_url).close()
    engine = sa.create_engine(empty_url)
    with engine.begin() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaError, match="update tinquan"):
        upgrade_archive(empty_url)
    with engine.begin() as conn:
        conn.exec_driver_sql("DROP TABLE alembic_version")
    engine.dispose()
    with pytest.raises(SchemaError, match="another program's tables"):
        upgrade_archive(empty_url)


def test_indexing_that_was_stopped_goes_on(
    archive_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_archive(archive_url) as archive:
        archive.runs.start(run())
        for number in range(1, 6):
            archive.articles.store(
                "run-1", capture(number, number), article(number, f"Chợ {number}.")
            )
    engine = sa.create_engine(archive_url)
    with engine.begin() as conn:
        make_first_search(conn)
        assert left_of_first_search(conn) >= {"lexicon", "search", "search_keys"}
    monkeypatch.setattr("storage.sql.search.index._PAGE", 2)
    told: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        upgrade_archive(archive_url, stop)
    assert told == [(0, 5), (5, 5), (0, 5), (2, 5), (4, 5)]  # clusters, then the index
    assert schema_of(archive_url) == v0022_search_in_both_forms.down_revision
    with engine.begin() as conn:
        held = "SELECT article FROM search_documents ORDER BY article"
        assert list(conn.exec_driver_sql(held).scalars()) == [1, 2, 3, 4]
        conn.exec_driver_sql("UPDATE articles SET sort_at = NULL WHERE id = 1")  # in between
    assert (
        upgrade_archive(archive_url, lambda _done, _total: None)[0]
        == v0022_search_in_both_forms.down_revision
    )
    with engine.connect() as conn:
        assert left_of_first_search(conn) == set()
    engine.dispose()
    with open_archive(archive_url) as archive:
        found = archive.search.find(SearchQuery(parse_words("chợ"), order="date")).hits
        assert [hit.article.id for hit in found] == [5, 4, 3, 2]
        faults = [one.check for one in archive.maintenance.check(lambda _name: None)]
        assert "full text" not in faults


@pytest.mark.parametrize("code", [None, 0])
def test_the_schedule_s_row_becomes_a_machine(empty_url: str, code: int | None) -> None:
    engine = sa.create_engine(empty_url)
    with engine.begin() as conn:
        migrate(conn, "0019")
        columns = ("name", "started_at", "seen_at", "exit_code", "pid")
        chores = sa.table("chores", *map(sa.column, columns))
        moment = at(1).isoformat()
        for name in ("schedule", "backup"):
            row = dict(zip(columns, (name, moment, moment, code, 7), strict=True))
            conn.execute(sa.insert(chores), row)
    engine.dispose()
    upgrade_archive(empty_url)
    with open_archive(empty_url) as archive:
        (machine,) = archive.machines.find()
        assert machine == Machine("localhost", at(1), at(1), at(1) if code == 0 else None, 7)
        assert list(archive.schedule.maintenance_runs()) == ["backup"]
