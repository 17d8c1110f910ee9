"""Archives opened for reading only: beside writers, without rights, under any name."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from storage.archive import open_archive
from storage.errors import ArchiveBusyError, ArchiveError, SchemaError
from storage.model.articles import ArticleQuery
from tests.support.failing import said, without_rights
from tests.support.samples import article, capture, run


def fill(url: str, count: int = 1) -> None:
    with open_archive(url) as archive:
        archive.runs.start(run(f"run-{count}"))
        for number in range(1, count + 1):
            archive.articles.store(f"run-{count}", capture(number, number), article(number))


def titles(url: str) -> list[str]:
    with open_archive(url, read_only=True) as archive:
        return [one.latest.article.title for one in archive.articles.find(ArticleQuery())]


def test_a_reader_sees_all_and_writes_nothing(archive_url: str) -> None:
    fill(archive_url)
    with open_archive(archive_url, read_only=True) as archive:
        assert archive.articles.get("1").latest.article == article()
        with pytest.raises(ArchiveError, match="for reading only"):
            archive.runs.start(run("run-2"))


def test_the_database_itself_refuses_a_readers_writes(archive_url: str) -> None:
    fill(archive_url)
    with open_archive(archive_url, read_only=True) as archive:
        archive.database.read_only = False  # as a defect of ours would have it
        with pytest.raises(ArchiveError, match=r"cannot be written|is read-only"):
            archive.runs.start(run("run-2"))


def test_a_reader_makes_no_archive(empty_url: str) -> None:
    with pytest.raises((SchemaError, ArchiveError), match=r"is empty|does not exist"):
        open_archive(empty_url, read_only=True)


def test_a_reader_and_a_writer_do_not_wait_for_each_other(archive_url: str) -> None:
    fill(archive_url, 3)
    with (
        open_archive(archive_url, read_only=True) as reader,
        open_archive(archive_url, busy_seconds=0) as writer,
    ):
        rows = reader.articles.find(ArticleQuery())
        first = next(iter(rows))
        writer.articles.store("run-3", capture(9, 9), article(9))
        assert first.id == 3
        assert [one.id for one in reader.articles.find(ArticleQuery())] == [4, 3, 2, 1]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Yield a folder that everyone may enter; pytest's own may be entered by one user only."""
    made = Path(tempfile.mkdtemp())
    made.chmod(0o755)
    yield made
    made.chmod(0o755)
    shutil.rmtree(made)


@pytest.fixture
def others(sqlite_template: Path, folder: Path) -> Callable[[], str]:
    """Return a function that takes all rights to write from an archive, and returns its URL."""
    shutil.copyfile(sqlite_template, folder / "tinquan.db")
    fill(f"sqlite:///{folder / 'tinquan.db'}")

    def lock() -> str:
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)
        return f"sqlite:///{folder / 'tinquan.db'}"

    return lock


def test_an_archive_is_read_without_rights_to_write(others: Callable[[], str]) -> None:
    url = others()
    with without_rights():
        assert titles(url) == [article().title]
    assert [path.name for path in Path(url[10:]).parent.iterdir()] == ["tinquan.db"]


def test_an_archive_is_read_without_rights_beside_its_owners_crawl(
    others: Callable[[], str], folder: Path
) -> None:
    with open_archive(f"sqlite:///{folder / 'tinquan.db'}") as owner:
        owner.articles.store("run-1", capture(5, 5), article(5))
        url = others()
        with without_rights():
            assert titles(url) == [article(5).title, article(1).title]


def leave_wal(folder: Path) -> None:
    """Leave changes outside the archive's own file, as a kill does."""
    path = folder / "tinquan.db"
    with closing(sqlite3.connect(path)) as crawl:
        crawl.execute("CREATE TABLE noise (a)").close()
        crawl.commit()
        kept = {name: (folder / name).read_bytes() for name in ("tinquan.db", "tinquan.db-wal")}
    for name, data in kept.items():
        (folder / name).write_bytes(data)


def test_changes_that_cannot_be_read_are_not_left_out_silently(
    others: Callable[[], str], folder: Path
) -> None:
    leave_wal(folder)
    url = others()
    with without_rights(), pytest.raises(ArchiveError) as caught:
        titles(url)
    assert said(caught, "tinquan.db-wal", "open it once where it can be written")


def test_a_file_that_is_written_while_it_is_read_as_fixed_is_noticed(
    others: Callable[[], str], folder: Path
) -> None:
    url = others()
    with without_rights():
        reader = open_archive(url, read_only=True)
        assert reader.articles.get("1")
    path = folder / "tinquan.db"
    os.utime(path, ns=(1, 1))
    with pytest.raises(ArchiveBusyError) as caught:
        reader.articles.get("1")
    assert said(caught, "start the command again")
    reader.close()


def test_a_file_that_was_replaced_is_read_no_more(tmp_path: Path) -> None:
    there, other = tmp_path / "a.db", tmp_path / "b.db"
    fill(f"sqlite:///{there}", 2)
    fill(f"sqlite:///{other}", 1)
    with open_archive(f"sqlite:///{there}", read_only=True) as archive:
        assert archive.articles.get("2")
        for change in (lambda: other.replace(there), there.unlink):
            change()
            with pytest.raises(ArchiveBusyError, match="replaced or removed"):
                archive.articles.get("2")


@pytest.mark.parametrize("name", ["a#b?c.db", "100%.db", "tin quận.db", "a%20b.db", "x@y:z.db"])
def test_a_path_is_taken_as_it_stands(tmp_path: Path, name: str) -> None:
    url = f"sqlite:///{tmp_path / name}"
    fill(url)
    assert titles(url) == [article().title]
    assert (tmp_path / name).is_file()
    with pytest.raises(ArchiveError) as caught:
        open_archive(f"sqlite:///{tmp_path / 'no' / name}")
    assert said(caught, f"archive {tmp_path}/no/{name}:")
