"""Takedowns, in the database and in the recordings, and that nothing of them comes back."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.capture.objects.files import CaptureFiles
from crawler.capture.redact import rewrite
from storage.archive import Archive, open_archive
from storage.errors import NotFoundError
from storage.model.articles import ArticleQuery, RefusalReason, Stored, Verdict
from storage.model.readings import Reread, RereadQuery
from tests.support.recorded import Recorder
from tests.support.redacting import SECRET, texts_in
from tests.support.samples import article, at, capture, read_by, refusal, run, url_of
from tests.support.tagging import CITY, NEW, about

INDEXED = ["ưplờm", "uplom", "hạqo", "khaqo"]
"""Of rare words, what of them can stand in an index that leaves out common beginnings."""


def everything(url: str) -> str:
    """Return all rows of all tables as one text."""
    engine = sa.create_engine(url)
    found = []
    with engine.connect() as conn:
        tables = [name for name in sa.inspect(conn).get_table_names() if name != "search_index"]
        for table in tables:  # but FTS5's own, which cannot be read through
            rows = conn.exec_driver_sql(f'SELECT * FROM "{table}"').all()
            found += [f"{table} {tuple(row)}" for row in rows]
    engine.dispose()
    return "\n".join(found)


def fill(archive: Archive) -> None:
    """Store an edited, tagged, re-read and once refused article, and another one."""
    archive.places.load_gazetteer("v1", [NEW, CITY], [])
    first = article(1, SECRET, title=f"{SECRET} là gì", sapo=SECRET)
    archive.articles.store("run-1", capture(0), first, ("https://baothu.vn/amp/1",), about(NEW.id))
    archive.articles.store("run-1", capture(60), replace(first, sapo="Đã sửa"))
    archive.articles.store("run-1", capture(90, status=404), replace(refusal(), evidence=SECRET))
    archive.articles.store("run-1", capture(5, 2), article(2))
    (number, *_), *_ = archive.captures.to_reread(RereadQuery(2), 9)
    archive.captures.reread(
        [(number, read_by(2, replace(first, title=f"Hôm nay: {SECRET}")))], 2, at(99)
    )


def test_no_row_holds_the_text_any_more(archive: Archive, archive_url: str) -> None:
    fill(archive)
    assert SECRET in everything(archive_url)
    done = archive.maintenance.redact("1", "phán quyết 12", "an", at(200))
    rows = everything(archive_url)
    assert SECRET not in rows and "Đã sửa" not in rows
    assert (done.article, done.reason, done.redacted_by) == (1, "phán quyết 12", "an")
    assert done.finished_at is None
    assert len(done.captures) == 3
    assert len([digest for digest in done.digests if digest.startswith("blake2b")]) == 3
    assert {"sha1:1-0", "sha1:1-60", "sha1:1-90"} <= set(done.digests)
    assert [one.id for one in archive.articles.find(ArticleQuery())] == [2]
    assert list(archive.maintenance.check(lambda _name: None)) == []


def test_asking_for_it_tells_that_it_was_taken_down(archive: Archive) -> None:
    fill(archive)
    archive.maintenance.redact("1", "phán quyết 12", "an", at(200))
    for ref in ("1", url_of(1), "https://baothu.vn/amp/1"):
        with pytest.raises(NotFoundError, match="taken down on 2026-03-01: phán quyết 12"):
            archive.articles.get(ref)
    with pytest.raises(NotFoundError, match="no article with the id"):
        archive.articles.get("99")
    with pytest.raises(NotFoundError):
        archive.maintenance.redact("1", "again", "an", at(201))
    assert archive.maintenance.redaction("99") is None


def test_it_is_never_asked_for_nor_stored_again(archive: Archive) -> None:
    fill(archive)
    archive.maintenance.redact(url_of(1), "x", "an", at(200))
    urls = [url_of(1), "https://baothu.vn/amp/1", url_of(2)]
    assert archive.articles.seen("baothu", urls) == set(urls)
    assert archive.articles.redacted("baothu", urls) == set(urls[:2])
    assert archive.articles.redacted("baokhac", urls) == set()
    again = archive.articles.store("run-1", capture(300), article(1, SECRET))
    assert again == Stored(Verdict.REFUSED, 1)
    renamed = "https://baothu.vn/ten-moi-1.html"
    moved = capture(301, url=renamed, record_id="<m>")
    assert (
        archive.articles.store("run-1", moved, article(1, SECRET, url=renamed)).verdict
        is Verdict.REFUSED
    )
    assert archive.articles.redacted("baothu", [renamed]) == {renamed}
    newest = next(iter(archive.articles.refusals()))[1]
    assert newest.reason is RefusalReason.REDACTED
    found = archive.maintenance.redaction("1")
    assert found and len(found.captures) == 5


def test_it_is_never_due_for_another_look(archive: Archive) -> None:
    fill(archive)
    archive.articles.store("run-1", capture(3, 3), replace(article(3, SECRET), published_at=at(0)))
    assert [one.id for one in archive.schedule.due_checks("baothu", at(400), 9)][-1:] == [3]
    archive.maintenance.redact("3", "x", "an", at(200))
    assert 3 not in [one.id for one in archive.schedule.due_checks("baothu", at(400), 9)]


def test_the_file_holds_nothing_of_it_though_somebody_has_it_open(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    sqlite_archive.runs.start(run())
    fill(sqlite_archive)
    path = tmp_path / "archive.db"
    rare = article(9, "Zqxưplờm.", tags=("Wjkhạqo",))
    sqlite_archive.articles.store("run-1", capture(9, 9), rare)
    sqlite_archive.articles.store("run-1", capture(99, 9), replace(rare, title="Đã sửa"))
    assert sqlite_archive.maintenance.scrub()
    held = path.read_bytes()
    assert [part for part in INDEXED if part.encode() in held] == INDEXED
    with closing(sqlite3.connect(path)) as other:
        sqlite_archive.maintenance.redact("1", "x", "an", at(200))
        sqlite_archive.maintenance.redact(url_of(9), "x", "an", at(200))
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM search_documents").fetchone()
        with open_archive(f"sqlite:///{path}", busy_seconds=0.01) as impatient:
            assert not impatient.maintenance.scrub()  # he may still ask for what was there
        other.execute("COMMIT")
        assert sqlite_archive.maintenance.scrub()
        held = path.read_bytes() + path.with_name("archive.db-wal").read_bytes()
    assert SECRET.encode() not in held
    assert not [part for part in INDEXED if part.encode() in held]


def test_scrubbing_harms_nothing(archive: Archive) -> None:
    fill(archive)
    archive.maintenance.redact("1", "x", "an", at(200))
    assert archive.maintenance.scrub()
    assert list(archive.maintenance.check(lambda _name: None)) == []


def test_a_page_that_an_old_address_leads_to_now_is_another_article(archive: Archive) -> None:
    fill(archive)
    archive.maintenance.redact("1", "x", "an", at(200))
    other = archive.articles.store("run-1", capture(300, 7), article(7), (url_of(1),))
    assert other.verdict is Verdict.NEW
    assert archive.articles.get("7" if other.id == 7 else str(other.id)).latest.article == article(
        7
    )


def test_a_redacted_capture_is_never_read_again(archive: Archive) -> None:
    fill(archive)
    archive.maintenance.redact("1", "x", "an", at(200))
    held = archive.captures.to_reread(RereadQuery(None), 9)
    assert [one[1].url for one in held] == [url_of(2)]
    assert archive.captures.reread([(1, read_by(3, article(1, SECRET)))], 3, at(300)) == [
        Reread.REDACTED
    ]


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    return tmp_path / "captures"


def test_its_records_are_taken_out_of_all_files(archive: Archive, captures: Path) -> None:
    recorder = Recorder(archive, captures, max_bytes=1)  # a file a page
    recorder.store(0, 1, SECRET)
    recorder.store(1, 2, "Tin khác")
    recorder.store(60, 1, f"{SECRET}, sửa")
    recorder.files.close()
    done = archive.maintenance.redact("1", "x", "an", at(100))
    removed = rewrite(archive, CaptureFiles(captures), done, at(101))
    assert (removed.files, removed.records, removed.elsewhere) == (2, 2, ())
    assert SECRET not in texts_in(captures)
    assert "Tin khác" in texts_in(captures)
    finished = archive.maintenance.redaction("1")
    assert finished and finished.finished_at == at(101)
    assert archive.maintenance.open_redactions() == []
    assert len(list(archive.captures.warc_files())) == 2


def test_a_page_that_was_recorded_and_never_stored_goes_too(
    archive: Archive, captures: Path
) -> None:
    recorder = Recorder(archive, captures)
    recorder.store(0, 1, SECRET)
    recorder.write(1, url_of(1), f"{SECRET} lần nữa")  # its crawl was killed before the row
    recorder.files.close()
    done = archive.maintenance.redact("1", "x", "an", at(100))
    assert rewrite(archive, CaptureFiles(captures), done, at(101)).records == 2
    assert SECRET not in texts_in(captures)


def test_a_file_outside_the_captures_folder_is_left_and_named(
    archive: Archive, captures: Path, tmp_path: Path
) -> None:
    archive.articles.store("run-1", capture(warc_file="/elsewhere/a.warc.gz"), article())
    done = archive.maintenance.redact("1", "x", "an", at(100))
    assert rewrite(archive, CaptureFiles(captures), done, at(101)).elsewhere == (
        "/elsewhere/a.warc.gz",
    )
