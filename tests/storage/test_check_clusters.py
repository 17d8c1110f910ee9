"""`archive check` of signatures, of what look-alikes are found by, and of clusters."""

from typing import Any

import pytest
import sqlalchemy as sa

from storage.archive import Archive
from storage.model.maintenance import CheckFinding
from tests.support.stories import clusters_of, put, start_runs, story, told


@pytest.fixture
def stories(archive: Archive) -> Archive:
    """Return an archive with a story of three, one of two, and a text too short."""
    start_runs(archive)
    for number in range(5):
        put(archive, told(number, story(number // 3), minutes=number))
    put(archive, told(9, ("Ảnh: cầu mới thông xe.",), title="Cầu", minutes=9))
    return archive


def check(archive: Archive, *, repair: bool = False) -> list[CheckFinding]:
    return list(archive.maintenance.check(lambda _name: None, repair=repair))


def run(archive: Archive, statement: str) -> None:
    """Run a statement as no code of ours would."""
    with archive.database.writing() as conn:
        if conn.dialect.name == "postgresql":
            conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
        conn.execute(sa.text(statement))


def state(archive: Archive) -> Any:
    tables = ("SELECT * FROM signatures ORDER BY article", "SELECT * FROM copies ORDER BY article")
    with archive.database.reading() as conn:
        return [[tuple(row) for row in conn.execute(sa.text(one))] for one in tables]


DAMAGES = [
    ("DELETE FROM signatures WHERE article = 2", "signatures"),
    ("UPDATE signatures SET version = 0 WHERE article = 5", "signatures"),
    ("UPDATE signatures SET packed = (SELECT packed FROM signatures WHERE article = 5)"
     " WHERE article = 1", "signatures"),
    ("INSERT INTO signatures SELECT 6, version, packed FROM signatures WHERE article = 1",
     "signatures"),
    ("UPDATE copies SET source = 2 WHERE article = 3", "copies"),
    ("UPDATE copies SET source = 3 WHERE article = 3", "copies"),
    ("UPDATE copies SET similarity = 7 WHERE article = 5", "copies"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "named"), DAMAGES)
def test_wrong_signatures_and_clusters_are_found_and_mended(
    stories: Archive, statement: str, named: str
) -> None:
    before = state(stories)
    assert check(stories) == []
    run(stories, statement)
    assert named in {one.check for one in check(stories)}
    assert all(one.can_repair for one in check(stories, repair=True))
    assert check(stories) == []
    assert state(stories) == before
    assert clusters_of(stories, [1, 4]) == {frozenset({1, 2, 3}), frozenset({4, 5})}


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM sketches WHERE article = 2",
        "INSERT INTO sketches VALUES (5, 1)",
        "UPDATE sketches SET article = 4 WHERE article = 1 AND hash > 0",
    ],
)
def test_sketches_that_are_not_those_of_the_signatures_are_made_anew(
    sqlite_archive: Archive, statement: str
) -> None:
    start_runs(sqlite_archive)
    for number in range(4):
        put(sqlite_archive, told(number, story(number), minutes=number))
    assert check(sqlite_archive) == []
    run(sqlite_archive, statement)
    assert [one.check for one in check(sqlite_archive, repair=True)] == ["hashes"]
    assert check(sqlite_archive) == []


@pytest.mark.parametrize("archive_url", ["postgresql"], indirect=True)  # SQLite needs no such table
def test_articles_that_hold_no_common_hash_are_not_kept_as_if(archive: Archive) -> None:
    start_runs(archive)
    put(archive, told(1, story(1)))
    kept = ", ".join(map(str, range(1, 41)))
    run(archive, f"INSERT INTO common_hashes VALUES (7, '{{{kept}}}')")
    assert [one.check for one in check(archive, repair=True)] == ["hashes"]
    assert check(archive) == []
