"""`archive check`: every kind of damage is found, what can be mended is, on both databases."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.capture.files import RecordCheck, list_files
from crawler.capture.objects.files import CaptureFiles
from storage.archive import Archive, open_archive
from storage.model.articles import ArticleQuery, RefusalReason
from storage.model.maintenance import CheckFinding
from storage.model.readings import RereadQuery
from storage.model.runs import Outcome
from storage.model.search import SearchQuery
from storage.search.query_syntax import parse_words
from tests.support.commands import Tinquan
from tests.support.paths import ROOT
from tests.support.recorded import Recorder
from tests.support.samples import article, at, capture, read_by, refusal, run
from tests.support.tagging import CITY, NEW, about


def fill(archive: Archive) -> None:
    """Store edited, tagged, joined, re-read and refused pages."""
    archive.places.load_gazetteer("v1", [NEW, CITY], [])
    for number in range(1, 6):
        text = article(number, f"Tin {number}.")
        archive.articles.store("run-1", capture(number, number), text, (), about(NEW.id))
        archive.articles.store("run-1", capture(60 + number, number), article(number, "Sửa."))
    archive.articles.store("run-1", capture(7, 8), refusal(8, RefusalReason.VIDEO))
    archive.articles.store("run-1", capture(90, 2, status=404), refusal(2))
    numbers = [held[0] for held in archive.captures.to_reread(RereadQuery(2), 4)]
    newer = read_by(2, article(1, "Tin 1, đọc lại."))
    archive.captures.reread([(numbers[0], newer)], 2, at(99))


def check(archive: Archive, *, repair: bool = False) -> list[CheckFinding]:
    return list(archive.maintenance.check(lambda _name: None, repair=repair))


def shown(archive: Archive) -> list[Any]:
    return list(archive.articles.find(ArticleQuery()))


Damage = Callable[[str], object]


@pytest.fixture
def damage(archive_url: str) -> Damage:
    """Return a function that runs a statement as no code of ours would."""

    def run_statement(statement: str) -> None:
        engine = sa.create_engine(archive_url)
        with engine.begin() as conn:
            if engine.dialect.name == "postgresql":
                conn.exec_driver_sql("SET session_replication_role = replica")
            key = "'0123456789abcdef'"
            if engine.dialect.name == "sqlite":
                key = f"CAST({key} AS BLOB)"
            conn.execute(sa.text(statement.format(bytes=key)))
        engine.dispose()

    return run_statement


def test_a_sound_archive_has_no_faults(archive: Archive) -> None:
    fill(archive)
    assert check(archive) == []
    assert check(archive, repair=True) == []


MENDED = [
    ("UPDATE contents SET fingerprint = '1:00' WHERE id = 2", "texts"),
    ("UPDATE revisions SET fingerprint = '1:00' WHERE article = 2", "revisions"),
    ("UPDATE revisions SET changed = '[]' WHERE article = 3 AND number = 2", "revisions"),
    ("UPDATE revisions SET number = 3 WHERE article = 3 AND number = 2", "revisions"),
    ("DELETE FROM revisions WHERE article = 4", "revisions"),
    (
        "UPDATE revisions SET maybe_reextraction = NOT maybe_reextraction WHERE article = 5",
        "revisions",
    ),
    ("UPDATE articles SET title = 'Khác' WHERE id = 1", "revisions"),
    ("UPDATE articles SET published_at = NULL WHERE id = 1", "revisions"),
    ("UPDATE articles SET sort_at = NULL WHERE id = 1", "revisions"),
    ("UPDATE keys SET key = {bytes} WHERE value LIKE '%moi-1%'", "keys"),
    ("DELETE FROM keys WHERE kind = 'url' AND article = 2", "URLs"),
    ("UPDATE refused_urls SET key = {bytes} WHERE value LIKE '%-8%'", "refused URLs"),
    ("DELETE FROM search_documents WHERE article = 2", "full text"),
    ("UPDATE search_documents SET content = 1 WHERE article = 2", "full text"),
    ("UPDATE search_documents SET sort_at = (SELECT max(sort_at) FROM articles)", "full text"),
    ("DELETE FROM article_places WHERE article = 1", "places"),
    ("UPDATE article_places SET article = 5 WHERE article = 1", "places"),
]


def test_what_is_worked_out_is_found_wrong_and_mended(archive: Archive, damage: Damage) -> None:
    fill(archive)
    archive.places.tag({row: about(NEW.id) for row, *_ in archive.places.untagged("v1", 99)})
    before = shown(archive)
    assert check(archive) == []
    for statement, name in MENDED:
        damage(statement)
        found = check(archive)
        assert name in {finding.check for finding in found}, statement
        assert all(finding.can_repair and finding.repair for finding in found), statement
        assert {finding.check for finding in check(archive, repair=True)} >= {name}
        assert check(archive) == [], statement
        assert shown(archive) == before, statement


@pytest.mark.parametrize(
    "damage",
    [
        "INSERT INTO search_index (rowid, text) VALUES (2, 'thừa')",
        "INSERT INTO search_index (search_index) VALUES ('delete-all')",
        "DELETE FROM search_index_data WHERE id > 10",
    ],
)
def test_an_index_that_is_not_of_the_texts_is_rebuilt(sqlite_archive: Archive, damage: str) -> None:
    sqlite_archive.runs.start(run())
    fill(sqlite_archive)
    with sqlite_archive.database.engine.begin() as conn:
        conn.exec_driver_sql(damage)
    assert [finding.check for finding in check(sqlite_archive, repair=True)] == ["full text"]
    assert check(sqlite_archive) == []
    assert sqlite_archive.search.find(SearchQuery(parse_words("sửa"))).hits


def test_texts_that_nothing_shows_are_deleted(archive: Archive, damage: Damage) -> None:
    fill(archive)
    text = article(99, "không ai giữ")
    archive.articles.store("run-1", capture(200, 99), text)
    damage("DELETE FROM revisions WHERE article = 6")
    damage("DELETE FROM captures WHERE article = 6")
    found = check(archive, repair=True)
    assert "unused texts" in {finding.check for finding in found}
    assert check(archive) == []


LOST = [
    ("UPDATE contents SET json = replace(json, 'Tin 2', 'Tin 3')", "texts", "digest differs"),
    ("UPDATE contents SET json = '{{' WHERE id = 1", "texts", "text 1 cannot be read"),
    ("UPDATE contents SET json = '{{}}' WHERE id = 5", "texts", "text 5 cannot be read"),
    ("DELETE FROM refused_urls WHERE value LIKE '%-8%'", "", ""),
    ("DELETE FROM refusals WHERE url LIKE '%-8%'", "captures", "neither an article nor"),
]


def test_what_cannot_be_mended_is_told(archive: Archive, damage: Damage) -> None:
    fill(archive)
    for statement, _, _ in LOST:
        damage(statement)
    for repair in (False, True, True):
        found = [one for one in check(archive, repair=repair) if not one.can_repair]
        for _, name, what in LOST:
            assert any(name in one.check and what in one.what for one in found), what


def test_texts_that_cannot_be_read_end_no_check(archive: Archive, damage: Damage) -> None:
    fill(archive)
    damage("UPDATE contents SET json = '{{' WHERE id > 1")
    found = [one.what for one in check(archive) if one.check == "texts"]
    assert len(found) == 10
    assert all("cannot be read" in what for what in found)


def test_what_follows_from_a_text_that_cannot_be_read_is_told(
    archive: Archive, damage: Damage
) -> None:
    fill(archive)
    damage("UPDATE contents SET json = '{{' WHERE id = 10")
    damage("DELETE FROM search_documents")
    damage("UPDATE articles SET title = 'Khác' WHERE id = 1")
    found = {(one.check, one.can_repair) for one in check(archive, repair=True)}
    assert found == {("texts", False), ("revisions", True), ("full text", True)}


def test_a_text_that_cannot_be_read_leaves_the_other_texts_in_the_rebuilt_index(
    archive: Archive, damage: Damage, caplog: pytest.LogCaptureFixture
) -> None:
    fill(archive)
    damage("UPDATE contents SET json = '{{' WHERE id = 10")
    with archive.database.reading() as conn:
        lost = conn.exec_driver_sql("SELECT article FROM captures WHERE content = 10").scalar_one()
        indexed = "SELECT article FROM search_documents ORDER BY article"
        before = list(conn.exec_driver_sql(indexed).scalars())
    damage("DELETE FROM search_documents")
    check(archive, repair=True)
    with archive.database.reading() as conn:
        after = list(conn.exec_driver_sql(indexed).scalars())
    assert after == [id_ for id_ in before if id_ != lost]
    assert f"article {lost} is not in the full-text index" in caplog.text
    assert {one.check for one in check(archive)} == {"texts"}


def test_a_damaged_file_is_told(sqlite_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "tin.db"
    path.write_bytes(sqlite_template.read_bytes())
    with open_archive(f"sqlite:///{path}") as archive:
        archive.runs.start(run())
        for number in range(200):
            archive.articles.store("run-1", capture(number, number), article(number, "dài " * 99))
    data = bytearray(path.read_bytes())
    last = len(data) // 4096
    for page in range(last - 40, last - 20):  # the schema stands in the first ones
        data[page * 4096 + 100 : page * 4096 + 200] = bytes(100)
    path.write_bytes(data)
    with open_archive(f"sqlite:///{path}", read_only=True) as archive:
        first = next(archive.maintenance.check(lambda _name: None))
        assert (first.check, first.can_repair) == ("database", False)
        assert "damaged" in first.what


def test_rows_that_refer_to_nothing_are_told(sqlite_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "tin.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as conn:
        conn.exec_driver_sql("INSERT INTO merged_ids VALUES (7, 99)")
    engine.dispose()
    with open_archive(f"sqlite:///{path}", read_only=True) as archive:
        (found,) = archive.maintenance.check(lambda _name: None)
        assert found.what == "row 7 of merged_ids refers to nothing in articles"


def test_many_pages_are_checked_to_the_end(
    archive: Archive, damage: Damage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.sql.maintenance.check_base.PAGE", 2)
    fill(archive)
    assert check(archive) == []
    damage("UPDATE revisions SET changed = 'x' WHERE article = 5")
    damage("UPDATE articles SET title = 'x' WHERE id = 3")
    assert [finding.what.split(":")[0] for finding in check(archive)] == ["article 3", "article 5"]


# Rows and records


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a configuration with an archive of three recorded articles."""
    outlets = ROOT / "config" / "outlets"
    path = tmp_path / "tinquan.toml"
    path.write_text(
        f'contact = "https://example.org/contact"\narchive = "tin.db"\noutlets = "{outlets}"\n'
    )
    with open_archive(f"sqlite:///{tmp_path}/tin.db") as opened:
        recorder = Recorder(opened, tmp_path / "captures")
        for number in (1, 2, 3):
            recorder.store(number, number, f"Tin {number}")
        recorder.store(9, 4, "Video", refusal(4, RefusalReason.VIDEO))
        recorder.files.close()
        now = at(100)
        list_files(opened, recorder.captures, recorder.files.written, now)
        opened.runs.finish(replace(opened.runs.get("r1"), outcome=Outcome.DONE, ended_at=now))
    return path


def warc_of(config: Path) -> Path:
    (file,) = (config.parent / "captures").rglob("*.warc.gz")
    return file


def test_the_command_finds_nothing_wrong(config: Path, tinquan: Tinquan) -> None:
    ran = tinquan("archive", "check", "--config", config)
    assert (ran.code, ran.out) == (0, "nothing is wrong\n")
    assert json.loads(tinquan("archive", "check", "--json", "--config", config).out) == []


def test_a_record_that_moved_is_found_again(config: Path, tinquan: Tinquan) -> None:
    engine = sa.create_engine(f"sqlite:///{config.parent}/tin.db")
    with engine.begin() as conn:
        conn.exec_driver_sql("UPDATE captures SET warc_offset = warc_offset + 7 WHERE id > 1")
    engine.dispose()
    (one, *_) = found = json.loads(tinquan("archive", "check", "--json", "--config", config).out)
    assert len(found) == 3
    assert (one["check"], one["can_repair"], one["repaired"]) == ("records", True, False)
    assert "point to offset" in one["repair"]
    mended = tinquan("archive", "check", "--repair", "--config", config)
    assert (mended.code, mended.out.count("(repaired: point")) == (1, 3)
    assert tinquan("archive", "check", "--config", config).code == 0


def test_a_missing_file_is_told_once(config: Path, tinquan: Tinquan) -> None:
    warc_of(config).unlink()
    ran = tinquan("archive", "check", "--config", config)
    assert ran.code == 1
    assert "does not exist; 4 captures point to it" in ran.out
    assert "is listed but does not exist" in ran.out
    assert ran.out.endswith("2 faults\n")


def test_a_damaged_record_is_told(config: Path, tinquan: Tinquan) -> None:
    file = warc_of(config)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)
    ran = tinquan("archive", "check", "--repair", "--config", config)
    assert ran.code == 1
    assert "cannot be repaired automatically" in ran.out
    assert "its content has changed" in ran.out


def test_a_file_cut_short_is_told(config: Path, tinquan: Tinquan) -> None:
    file = warc_of(config)
    file.write_bytes(file.read_bytes()[:-500])
    ran = tinquan("archive", "check", "--config", config)
    assert (ran.code, "bytes, not" in ran.out) == (1, True)


def test_a_file_that_a_kill_left_unlisted_is_listed(config: Path, tinquan: Tinquan) -> None:
    file = warc_of(config)
    other = file.with_name(file.name.replace("-r1-", "-r2-"))
    other.write_bytes(file.read_bytes())
    found = tinquan("archive", "check", "--config", config)
    assert (found.code, "is not in the archive's list" in found.out) == (1, True)
    assert tinquan("archive", "check", "--repair", "--config", config).code == 1
    assert tinquan("archive", "check", "--config", config).code == 0


def test_another_records_content_is_told(config: Path) -> None:
    with open_archive(f"sqlite:///{config.parent}/tin.db") as opened:
        recorded = list(opened.captures.recorded())
        wrong = replace(
            recorded[0], capture=replace(recorded[0].capture, digest=recorded[1].capture.digest)
        )
        (fault,) = RecordCheck(CaptureFiles(config.parent / "captures")).faults([wrong])
        assert "has other content" in fault.what
        assert fault.moved_to is None
