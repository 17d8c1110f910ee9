"""Archives copied from SQLite to PostgreSQL and back: row for row, stopped, begun anew."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.archive import Archive, copy_archive, open_archive, upgrade_archive
from storage.errors import ArchiveError
from storage.model.articles import ArticleQuery, RefusalReason, Stored
from storage.model.maintenance import Copied
from storage.model.readings import RereadQuery
from storage.sql.maintenance.copy import digest_of
from storage.sql.schema.core import metadata
from tests.support.commands import Tinquan
from tests.support.first_schema import make_first
from tests.support.samples import article, at, capture, read_by, refusal, run
from tests.support.tagging import CITY, NEW, about


@pytest.fixture
def other_url(archive_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """Return an empty database of the kind that `archive_url` is not."""
    if archive_url.startswith("postgresql"):
        return f"sqlite:///{tmp_path / 'other.db'}"
    make: Callable[[str], str] = request.getfixturevalue("new_postgresql")
    return make("template0")


def fill(url: str, first: int = 1, last: int = 20) -> None:
    """Store pages of every kind."""
    with open_archive(url) as archive:
        archive.runs.start(run(f"r{first}"))
        archive.places.load_gazetteer("v1", [NEW, CITY], [])
        for number in range(first, last + 1):
            text = article(number, f"Tin {number} với dấu “ngoặc” và \x00 số không.")
            archive.articles.store(f"r{first}", capture(number, number), text, (), about(NEW.id))
            if number % 3 == 0:
                edited = article(number, "Sửa.", article_id=None)
                archive.articles.store(f"r{first}", capture(60 + number, number), edited)
            if number % 5 == 0:
                gone = refusal(number + 1000, RefusalReason.VIDEO)
                archive.articles.store(f"r{first}", capture(90 + number, number + 1000), gone)
        held = archive.captures.to_reread(RereadQuery(2), 1)
        newer = read_by(2, article(first, "Đọc lại."))
        archive.captures.reread([(held[0][0], newer)], 2, at(99))


def digests(url: str) -> list[Copied]:
    engine = sa.create_engine(url)
    with engine.connect() as conn:
        found = [digest_of(conn, table) for table in metadata.sorted_tables]
    engine.dispose()
    return found


def silent(_table: str, _done: int, _total: int) -> None:
    """Take progress without a word."""


def test_there_and_back_is_row_for_row_the_same(
    archive_url: str, other_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.sql.maintenance.copy._PAGE", 7)
    fill(archive_url)
    done = copy_archive(archive_url, other_url, silent)
    assert {one.table: one.rows for one in done}["articles"] == 20
    assert digests(other_url) == digests(archive_url)
    with open_archive(archive_url) as one, open_archive(other_url) as other:
        assert list(other.articles.find(ArticleQuery())) == list(one.articles.find(ArticleQuery()))
        assert list(other.maintenance.check(lambda _name: None)) == []
        ids = [store(archive, 500).id for archive in (one, other)]  # numbering goes on alike
        assert ids[0] == ids[1]


def store(archive: Archive, number: int) -> Stored:
    archive.runs.start(run("later"))
    return archive.articles.store("later", capture(number, number), article(number))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_first_release_goes_there_and_back(
    kind: str, tmp_path: Path, new_postgresql: Callable[[str], str]
) -> None:
    """Every table has rows, a merged short id and one that was given and is free again too."""
    urls = [f"sqlite:///{tmp_path}/1.db", new_postgresql("template0"), f"sqlite:///{tmp_path}/2.db"]
    if kind == "postgresql":
        urls = [urls[1], urls[0], new_postgresql("template0")]
    make_first(urls[0])
    upgrade_archive(urls[0])
    copy_archive(urls[0], urls[1], silent)
    copy_archive(urls[1], urls[2], silent)
    assert digests(urls[0]) == digests(urls[1]) == digests(urls[2])
    with open_archive(urls[2]) as archive:
        assert store(archive, 50).id == 6


class StoppedError(Exception):
    """As a kill would stop it: nothing is tidied up."""


def test_a_copy_that_was_stopped_begins_anew_though_the_source_has_changed(
    archive_url: str, other_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.sql.maintenance.copy._PAGE", 7)
    fill(archive_url)
    for statement in (9, 4, 15):
        stop_at(statement, lambda: copy_archive(archive_url, other_url, silent))
    with pytest.raises(ArchiveError, match="is an unfinished copy of"):
        open_archive(other_url)
    change(archive_url)
    copy_archive(archive_url, other_url, silent)
    assert digests(other_url) == digests(archive_url)
    with open_archive(other_url) as archive:
        assert list(archive.maintenance.check(lambda _name: None)) == []


def stop_at(statement: int, work: Callable[[], object]) -> None:
    """Stop `work` before the statement-th INSERT."""
    count = 0

    def stop(_c: object, _cursor: object, text: str, *_: object) -> None:
        nonlocal count
        count += text.startswith("INSERT")
        if count == statement:
            raise StoppedError

    event.listen(Engine, "before_cursor_execute", stop)
    try:
        with pytest.raises(StoppedError):
            work()
    finally:
        event.remove(Engine, "before_cursor_execute", stop)


def change(url: str) -> None:
    """Do what changes, joins, takes away and renumbers rows."""
    with open_archive(url) as archive:
        archive.runs.start(run("r99"))
        archive.runs.finish(run("r1", ended_at=at(500), error="khác"))
        archive.articles.store("r99", capture(300, 77), article(77))
        archive.articles.store("r99", capture(301, 4), article(4, "Sửa lúc sau."))
        archive.places.load_gazetteer("v2", [CITY], [])
        for number, held, before in archive.captures.to_reread(RereadQuery(3), 40):
            if held.url.endswith("-5.html"):  # an article becomes a refusal
                archive.captures.reread([(number, refusal(5, RefusalReason.EMPTY, 3))], 3, at(400))
            if held.url.endswith("-1010.html"):  # and a refusal an article
                archive.captures.reread([(number, read_by(3, article(1010)))], 3, at(400))
            del before
        archive.maintenance.redact("7", "x", "an", at(401))


def test_a_target_with_other_rows_is_refused(archive_url: str, other_url: str) -> None:
    fill(archive_url, 1, 2)
    fill(other_url, 5, 6)
    before = digests(other_url)
    with pytest.raises(ArchiveError, match="holds articles already: copy into an empty"):
        copy_archive(archive_url, other_url, silent)
    assert digests(other_url) == before


def test_an_unfinished_copy_of_another_archive_is_refused(
    archive_url: str, other_url: str, tmp_path: Path
) -> None:
    fill(archive_url, 1, 2)
    stop_at(9, lambda: copy_archive(archive_url, other_url, silent))
    third = f"sqlite:///{tmp_path / 'third.db'}"
    fill(third, 1, 2)
    with pytest.raises(ArchiveError, match=r"is an unfinished copy of .*, not of"):
        copy_archive(third, other_url, silent)


def test_a_copy_is_of_one_moment(archive_url: str, other_url: str) -> None:
    fill(archive_url, 1, 3)
    before = digests(archive_url)
    changed = False

    def crawl(table: str, done: int, _total: int) -> None:
        nonlocal changed
        if table == "articles" and done and not changed:
            changed = True
            fill(archive_url, 10, 12)

    copy_archive(archive_url, other_url, crawl)
    assert changed
    assert digests(other_url) == before != digests(archive_url)


def test_the_command_copies_and_counts(tmp_path: Path, tinquan: Tinquan) -> None:
    fill(f"sqlite:///{tmp_path}/a.db", 1, 4)
    ran = tinquan("archive", "copy", f"{tmp_path}/a.db", f"{tmp_path}/b.db", "--json")
    assert ran.code == 0
    assert {one["table"]: one["rows"] for one in json.loads(ran.out)}["articles"] == 4
    assert digests(f"sqlite:///{tmp_path}/b.db") == digests(f"sqlite:///{tmp_path}/a.db")
    again = tinquan("archive", "copy", f"{tmp_path}/a.db", f"{tmp_path}/b.db")
    assert (again.code, again.err.count("\n")) == (1, 1)
    shown = tinquan("archive", "copy", f"{tmp_path}/a.db", f"{tmp_path}/c.db")
    assert "4 articles" in shown.out
    none = tinquan("archive", "copy", f"{tmp_path}/none.db", f"{tmp_path}/d.db")
    assert (none.code, "does not exist" in none.err) == (1, True)
    assert not (tmp_path / "d.db").exists()
