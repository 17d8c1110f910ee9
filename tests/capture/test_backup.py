"""Backups: whole or not there, incremental, restorable, made while crawls go on."""

import json
import os
import shutil
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.capture import backup as backup_module
from crawler.capture.backup import Backup, back_up, backups
from crawler.capture.files import list_files
from storage.archive import open_archive
from storage.errors import ArchiveError, CaptureError
from storage.model.articles import ArticleQuery
from tests.support.commands import Tinquan
from tests.support.failing import without_rights
from tests.support.recorded import Recorder
from tests.support.samples import T0, article, capture, run

NOW = T0.replace(microsecond=0)


class Desk:
    """An archive with recordings, and a folder for its backups."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.captures, self.folder = url, folder / "captures", folder / "backups"

    def crawl(self, run_id: str, *numbers: int) -> None:
        with open_archive(self.url) as archive:
            recorder = Recorder(archive, self.captures, run_id=run_id)
            for number in numbers:
                recorder.store(number, number, f"Tin {number}")
            recorder.files.close()
            list_files(archive, self.captures, recorder.files.written, NOW)

    def back_up(self, days: int = 0, keep: int = 9) -> Backup:
        now = NOW + timedelta(days=days)
        return back_up(self.url, self.captures, self.folder, keep, now)


@pytest.fixture
def desk(archive_url: str, tmp_path: Path) -> Desk:
    made = Desk(archive_url, tmp_path)
    made.crawl("r1", 1, 2)
    return made


@pytest.fixture
def quick(sqlite_template: Path, tmp_path: Path) -> Desk:
    """Return one on SQLite only."""
    shutil.copy(sqlite_template, tmp_path / "tin.db")
    made = Desk(f"sqlite:///{tmp_path / 'tin.db'}", tmp_path)
    made.crawl("r1", 1, 2)
    return made


def test_a_backup_is_an_archive_with_its_recordings(desk: Desk) -> None:
    made = desk.back_up()
    assert made.folder.name == f"{NOW:%Y-%m-%dT%H%M%SZ}"
    assert (made.files, made.linked, made.faults, made.elsewhere) == (1, 0, (), ())
    assert made.tables["articles"] == 2
    with (
        open_archive(f"sqlite:///{made.folder}/tinquan.db", read_only=True) as copy,
        open_archive(desk.url, read_only=True) as original,
    ):
        assert list(copy.articles.find(ArticleQuery())) == list(
            original.articles.find(ArticleQuery())
        )
        assert list(copy.maintenance.check(lambda _name: None)) == []
    (file,) = desk.captures.rglob("*.warc.gz")
    copied = made.folder / "captures" / file.relative_to(desk.captures)
    assert copied.read_bytes() == file.read_bytes()
    assert sorted(path.name for path in made.folder.iterdir()) == [
        "captures",
        "manifest.json",
        "tinquan.db",
    ]


def test_only_new_recordings_are_copied(quick: Desk) -> None:
    first = quick.back_up(0)
    quick.crawl("r2", 3)
    second = quick.back_up(1)
    assert (second.files, second.linked) == (2, 1)
    assert 0 < second.copied_bytes < 3000
    (old,) = (first.folder / "captures").rglob("*.warc.gz")
    assert old.stat()[stat.ST_NLINK] == 2
    (changed,) = [path for path in quick.captures.rglob("*.warc.gz") if "-r1-" in path.name]
    data = changed.read_bytes()
    changed.write_bytes(data)  # as a takedown does: other bytes, another time
    os.utime(changed, ns=(1, 1))
    assert quick.back_up(2).linked == 1
    assert old.read_bytes() == data


def test_older_backups_are_removed_by_number(quick: Desk) -> None:
    for days in (0, 1, 2, 2):
        made = quick.back_up(days, keep=2)
    assert made.folder.name == f"{NOW + timedelta(days=2, seconds=1):%Y-%m-%dT%H%M%SZ}"
    assert [path.name for path in made.removed] == [f"{NOW + timedelta(days=1):%Y-%m-%dT%H%M%SZ}"]
    assert backups(quick.folder) == sorted(quick.folder.glob("2026*"))
    assert len(backups(quick.folder)) == 2


def test_a_backup_is_of_one_moment_and_keeps_no_crawl_waiting(
    quick: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crawl_meanwhile(captures: Path, part: Path, before: Path | None) -> object:
        quick.crawl("r2", 3)
        return copy_files(captures, part, before)

    copy_files = backup_module._copy_files
    with open_archive(quick.url) as crawling:
        crawling.runs.start(run("open"))
        crawling.articles.store("open", capture(99, 99, warc_file="/x.warc.gz"), article(99))
        monkeypatch.setattr(backup_module, "_copy_files", crawl_meanwhile)
        made = quick.back_up()
    assert (made.tables["articles"], made.files) == (3, 2)  # more recordings than rows: never less
    assert made.elsewhere == ("/x.warc.gz",)


def test_recordings_that_are_not_what_rows_say_are_named(quick: Desk) -> None:
    quick.crawl("r2", 3)
    one, other = sorted(quick.captures.rglob("*.warc.gz"))
    one.unlink()
    other.write_bytes(other.read_bytes()[:10])
    made = quick.back_up()
    assert [fault.partition(": ")[2] for fault in made.faults] == [
        "rows point to it, but it does not exist",
        "is too short for the rows that point into it",
        "has changed since it was closed",
    ]
    assert made.folder.is_dir()


def test_a_backup_that_was_killed_is_no_backup(
    quick: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(
            backup_module, "_remove_partial", lambda _folder: None
        )  # as kill -9 leaves it
        patch.setattr(backup_module, "_finish", die)
        with pytest.raises(KeyboardInterrupt):
            quick.back_up()
    assert backups(quick.folder) == []
    assert list(quick.folder.glob(".*.part"))
    made = quick.back_up(1)
    assert backups(quick.folder) == [made.folder]
    assert list(quick.folder.glob(".*.part")) == []


def test_a_full_disk_leaves_no_half_backup(quick: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CaptureError, match="no backup was made: No space left"):
        quick.back_up()
    assert [path.name for path in quick.folder.iterdir()] == [".lock"]


def test_a_folder_without_rights_is_named(quick: Desk) -> None:
    quick.folder.mkdir()
    quick.folder.chmod(0o555)
    with without_rights(), pytest.raises(CaptureError, match="cannot be written"):
        quick.back_up()


def test_two_backups_do_not_mix(quick: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def another(*_: object) -> object:
        with pytest.raises(CaptureError, match="another backup is running"):
            quick.back_up(1)
        raise ArchiveError("enough")

    monkeypatch.setattr(backup_module, "backup_database", another)
    with pytest.raises(ArchiveError, match="enough"):
        quick.back_up()


def test_a_damaged_archive_makes_no_backup(quick: Desk) -> None:
    path = Path(quick.url.removeprefix("sqlite:///"))
    data = bytearray(path.read_bytes())
    for page in range(20, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = bytes(64)
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match="damaged"):
        quick.back_up()
    assert backups(quick.folder) == []


def test_the_command_backs_up_and_what_it_wrote_can_be_restored(
    quick: Desk, tmp_path: Path, tinquan: Tinquan
) -> None:
    config = tmp_path / "tinquan.toml"
    config.write_text('contact = "https://example.org/contact"\narchive = "tin.db"\n')
    ran = tinquan("archive", "backup", quick.folder, "--keep", "1", "--config", config)
    assert (ran.code, "2 articles, 1 WARC file (" in ran.out) == (0, True)
    (made,) = backups(quick.folder)
    (tmp_path / "tin.db").unlink()
    shutil.rmtree(quick.captures)
    shutil.copy(made / "tinquan.db", tmp_path / "tin.db")
    shutil.copytree(made / "captures", quick.captures)
    assert tinquan("archive", "check", "--config", config).code == 0
    shutil.rmtree(quick.captures)
    lost = tinquan("archive", "backup", quick.folder, "--json", "--config", config)
    assert lost.code == 1
    assert len(json.loads(lost.out)["faults"]) == 1
    assert "archive check" in lost.err
    missing = tinquan("archive", "backup", tmp_path / "b", "--archive", tmp_path / "no.db")
    assert (missing.code, missing.err.count("\n")) == (1, 1)
