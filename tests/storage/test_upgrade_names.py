"""Migration 0025, which renames tables and columns: what stood in them is there as before."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from storage.archive import Archive, open_archive, upgrade_archive
from storage.errors import ArchiveError
from storage.model.articles import Verdict
from storage.model.edits import EditQuery
from storage.model.schedule import Machine, MaintenanceRun
from storage.sql.engine.migrate import migrate
from storage.sql.engine.transactions import Database
from storage.sql.migrations.versions.v0025_names import down_revision
from storage.sql.schema.core import metadata
from tests.support.first_schema import insert_rows, make_first
from tests.support.paths import TESTS
from tests.support.schemas import is_in_the_metadata

ROWS = TESTS / "schemas" / "v0024.json"
"""Rows with the names that schema 0024 had, beside those of the first release."""

DAY = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def old_url(empty_url: str) -> str:
    """Return the URL of an archive of schema 0024 with a row in each column that is renamed."""
    make_first(empty_url)
    engine = sa.create_engine(empty_url)
    with engine.begin() as conn:
        migrate(conn, down_revision)
        insert_rows(conn, ROWS)
    engine.dispose()
    second = "article = 3 AND number = 2"  # another version of our code read it
    execute(
        empty_url,
        "UPDATE captures SET version = 2 WHERE article = 3 AND id > 7",
        f"UPDATE revisions SET maybe_ours = (1 = 1) WHERE {second}",
    )
    return empty_url


@pytest.fixture
def archive(old_url: str) -> Iterator[Archive]:
    """Return that archive, upgraded."""
    assert upgrade_archive(old_url)[0] == down_revision
    with open_archive(old_url) as opened:
        yield opened


def execute(url: str, *statements: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as conn:
        for statement in statements:
            conn.exec_driver_sql(statement)
    engine.dispose()


def clock(hour: int, minute: int = 0) -> datetime:
    return DAY + timedelta(hours=hour, minutes=minute)


def test_the_schema_is_the_one_that_the_code_expects(archive: Archive) -> None:
    opts = {"compare_server_default": True, "include_object": is_in_the_metadata}
    with archive.database.reading() as conn:
        assert compare_metadata(MigrationContext.configure(conn, opts=opts), metadata) == []
        tables = set(sa.inspect(conn).get_table_names())
    assert "maintenance_runs" in tables
    assert "chores" not in tables
    assert list(archive.maintenance.check(lambda _name: None)) == []


def test_a_view_of_the_users_own_is_named_and_nothing_changed(old_url: str) -> None:
    create = "CREATE VIEW article_latest AS SELECT * FROM articles"
    execute(old_url, create, "CREATE VIEW mine AS SELECT title FROM article_latest")
    with pytest.raises(ArchiveError, match=r"drop that view, upgrade.*\bmine\b"):
        upgrade_archive(old_url)
    execute(old_url, "SELECT title FROM mine", "SELECT maybe_ours FROM revisions", "DROP VIEW mine")
    assert upgrade_archive(old_url)[0] == down_revision


def test_a_process_that_runs_on_with_older_code_is_told(old_url: str) -> None:
    archive = Archive(Database(sa.create_engine(old_url), "old"))  # as other code has it open
    with pytest.raises(ArchiveError, match="has upgraded it meanwhile, start the command again"):
        archive.runs.get("run-3")
    with pytest.raises(ArchiveError, match="has upgraded it meanwhile"):
        archive.schedule.maintenance_runs()
    archive.close()


def test_what_crawls_and_the_schedule_wrote_is_read_as_before(archive: Archive) -> None:
    run = archive.runs.get("run-3")
    assert run.counts.signals == {"sitemaps": 2}
    assert run.evidence == {"sitemaps": ("https://baothu.vn/sitemap.xml",)}
    assert run.newest_by_section == {"tin": clock(7, 55)}
    assert run.new_by_section == {"tin": (clock(7, 50),)}
    url = "https://baothu.vn/cau-moi-8.html"
    assert archive.links.sources("baothu", url, None) == ("feed", "sitemap")
    (promised,) = archive.links.promises("baothu", None, None, "day")
    assert (promised.period, promised.missing) == ("2026-03-02", 1)
    (alarm,) = archive.alarms.find()
    assert alarm.delivered == {"log": "open"}
    assert archive.alarms.pending(["log"]) == []
    (machine,) = archive.machines.find()
    assert machine == Machine("may-1", clock(8), clock(8, 2), pid=7, outlets=("baothu",))
    failed = MaintenanceRun("backup", clock(3), clock(3, 5), 1, "disk full", host="may-1")
    assert archive.schedule.maintenance_runs() == {"backup": failed}
    (delivery,) = archive.watches.open_deliveries()
    assert (delivery.channel, delivery.unconfirmed) == ("desk", True)


def test_captures_readings_and_edits_are_the_same(archive: Archive) -> None:
    edits = {edit.id for edit in archive.articles.edits(EditQuery())}
    every = {edit.id for edit in archive.articles.edits(EditQuery(maybe_reextraction=True))}
    assert (edits, every) == ({1}, {1, 3})
    reread = archive.articles.get("2").latest
    assert [reading.changed for reading in reread.readings] == [(), ("title",)]
    copy = replace(reread.capture, record_id="<urn:uuid:copy>")  # known by its observation
    assert archive.articles.store("run-3", copy, reread.article).verdict is Verdict.KNOWN
