"""Takedowns reach the recordings in the object store, and leave nothing of the text there."""

import gzip
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.capture.files import RecordCheck, file_faults, list_files
from crawler.capture.objects.files import CaptureFiles
from crawler.capture.objects.push import push
from crawler.capture.objects.store import StoredObject, StoreError
from crawler.capture.redact import go_on_with_takedowns, rewrite
from crawler.outlets.model import Outlet
from storage.archive import Archive
from storage.errors import CaptureError
from storage.model.maintenance import Redaction
from tests.support.object_store import S3
from tests.support.recorded import Recorder
from tests.support.redacting import SECRET, texts_in
from tests.support.samples import at

KEEP = timedelta(days=7)
OTHER = "Tin khác"
NO_OUTLETS: Mapping[str, Outlet] = {}


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    return tmp_path / "captures"


def record(archive: Archive, captures: Path) -> list[str]:
    """Record an article, another one beside it, and the first again; a file a page."""
    recorder = Recorder(archive, captures, max_bytes=1)
    recorder.store(0, 1, SECRET)
    recorder.store(1, 2, OTHER)
    recorder.store(60, 1, f"{SECRET}, sửa")
    list_files(archive, captures, recorder.files.written, at(61))
    return [path.relative_to(captures).as_posix() for path in recorder.files.written]


def take_down(archive: Archive) -> Redaction:
    return archive.maintenance.redact("1", "phán quyết", "an", at(100))


def stored_texts(s3: S3) -> str:
    return "".join(gzip.decompress(s3.get(name)).decode() for name in s3.names())


def assert_clean(archive: Archive, captures: Path, s3: S3) -> None:
    """All that is listed is as it is listed, here and in the store; no text is left."""
    assert archive.maintenance.open_redactions() == []
    files = s3.files(captures)
    checked = RecordCheck(files)
    assert list(checked.faults(archive.captures.recorded())) == []
    assert not checked.missing
    assert list(file_faults(archive, files)) == []
    assert SECRET not in stored_texts(s3) + texts_in(captures)
    assert OTHER in stored_texts(s3)


def test_what_only_the_store_has_is_rewritten_there(
    archive: Archive, captures: Path, s3: S3
) -> None:
    names = record(archive, captures)
    push(archive, s3.files(captures), KEEP, at(70))
    sizes = [len(s3.get(name)) for name in names]
    for name in names:
        (captures / name).unlink()
    removed = rewrite(archive, s3.files(captures), take_down(archive), at(101))
    assert (removed.files, removed.records) == (2, 2)
    assert (removed.lacking, removed.versions) == ((), ())
    assert [len(s3.get(name)) for name in names] == sizes
    assert not (captures / names[1]).exists(), "the other article's file was not fetched"
    assert_clean(archive, captures, s3)
    for name in names:
        (captures / name).unlink(missing_ok=True)
    assert_clean(archive, captures, s3)


def test_what_is_here_and_there_is_rewritten_in_both(
    archive: Archive, captures: Path, s3: S3
) -> None:
    record(archive, captures)
    push(archive, s3.files(captures), KEEP, at(70))
    rewrite(archive, s3.files(captures), take_down(archive), at(101))
    assert_clean(archive, captures, s3)


def test_what_was_never_pushed_is_pushed_without_the_text(
    archive: Archive, captures: Path, s3: S3
) -> None:
    record(archive, captures)
    rewrite(archive, s3.files(captures), take_down(archive), at(101))
    push(archive, s3.files(captures), KEEP, at(110))
    assert_clean(archive, captures, s3)


@pytest.mark.parametrize("mode", ["down", "refuse"])
def test_a_store_that_is_away_leaves_the_takedown_open_and_it_goes_on(
    archive: Archive, captures: Path, s3: S3, mode: str
) -> None:
    names = record(archive, captures)
    push(archive, s3.files(captures), KEEP, at(70))
    (captures / names[0]).unlink()
    begun = take_down(archive)
    s3.mode(mode)
    with pytest.raises(StoreError, match=r"captures s3://"):
        rewrite(archive, s3.files(captures), begun, at(101))
    s3.mode("up")
    assert SECRET in stored_texts(s3)
    assert [one.number for one in archive.maintenance.open_redactions()] == [begun.number]
    assert go_on_with_takedowns(archive, s3.files(captures), NO_OUTLETS, at(111)) == []
    push(archive, s3.files(captures), KEEP, at(112))
    assert_clean(archive, captures, s3)


def test_the_next_push_goes_on_where_no_machine_has_the_files_any_more(
    archive: Archive, captures: Path, s3: S3
) -> None:
    names = record(archive, captures)
    push(archive, s3.files(captures), KEEP, at(70))
    for name in names:
        (captures / name).unlink()
    begun = take_down(archive)
    s3.mode("down")
    with pytest.raises(StoreError, match="the same command, or the next push, continues it"):
        rewrite(archive, s3.files(captures), begun, at(101))
    s3.mode("up")
    assert go_on_with_takedowns(archive, s3.files(captures), NO_OUTLETS, at(111)) == []
    assert_clean(archive, captures, s3)


def test_another_file_in_the_store_neither_ends_a_takedown_nor_takes_the_place_of_a_copy(
    archive: Archive, captures: Path, s3: S3
) -> None:
    first, other, _ = record(archive, captures)
    push(archive, s3.files(captures), KEEP, at(70))
    kept = s3.get(first)
    s3.put(first, s3.get(other))
    torn = (captures / first).read_bytes()[:-1]
    (captures / first).write_bytes(torn)
    begun = take_down(archive)
    with pytest.raises(CaptureError, match="is another file than the one that was pushed"):
        rewrite(archive, s3.files(captures), begun, at(101))
    assert (captures / first).read_bytes() == torn
    assert len(archive.maintenance.open_redactions()) == 1
    s3.put(first, kept)
    assert rewrite(archive, s3.files(captures), begun, at(102)).lacking == ()
    assert_clean(archive, captures, s3)


def test_a_kill_between_rewriting_and_pushing_is_mended(
    archive: Archive, captures: Path, s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(archive, captures)
    push(archive, s3.files(captures), KEEP, at(70))
    begun = take_down(archive)
    with monkeypatch.context() as killed:
        killed.setattr("crawler.capture.redact.list_files", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            rewrite(archive, s3.files(captures), begun, at(101))
    assert SECRET in stored_texts(s3)
    go_on_with_takedowns(archive, s3.files(captures), NO_OUTLETS, at(111))
    assert_clean(archive, captures, s3)


def test_what_another_machine_has_yet_to_push_waits_for_it(
    archive: Archive, tmp_path: Path, s3: S3
) -> None:
    here, there = s3.files(tmp_path / "a"), s3.files(tmp_path / "b")
    names = record(archive, there.folder)
    removed = rewrite(archive, here, take_down(archive), at(101))
    assert removed.lacking == (names[0], names[2])
    assert [one.article for one in archive.maintenance.open_redactions()] == [1]
    go_on_with_takedowns(archive, here, NO_OUTLETS, at(102))
    assert len(archive.maintenance.open_redactions()) == 1
    go_on_with_takedowns(archive, there, NO_OUTLETS, at(103))
    push(archive, there, KEEP, at(103))
    assert_clean(archive, there.folder, s3)


def test_another_machine_drops_its_copy_of_what_was_rewritten(
    archive: Archive, tmp_path: Path, s3: S3
) -> None:
    here, there = s3.files(tmp_path / "a"), s3.files(tmp_path / "b")
    names = record(archive, there.folder)
    push(archive, there, KEEP, at(70))
    for name in names:  # by a clock that is five hours ahead
        os.utime(there.folder / name, (at(61 + 300).timestamp(),) * 2)
    rewrite(archive, here, take_down(archive), at(101))
    assert SECRET in texts_in(there.folder)
    assert push(archive, there, KEEP, at(105)).removed == 2
    assert_clean(archive, there.folder, s3)
    assert push(archive, here, KEEP, at(106)).removed == 0, "its own are as they should be"


def test_a_copy_that_is_older_than_a_takedown_elsewhere_brings_nothing_back(
    archive: Archive, tmp_path: Path, s3: S3
) -> None:
    here, there = s3.files(tmp_path / "a"), s3.files(tmp_path / "b")
    recorder = Recorder(archive, there.folder)  # all in one file
    recorder.store(0, 1, SECRET)
    recorder.store(1, 2, OTHER)
    recorder.store(2, 3, "Tin thứ ba")
    recorder.files.close()
    list_files(archive, there.folder, recorder.files.written, at(61))
    push(archive, there, KEEP, at(70))
    rewrite(archive, here, take_down(archive), at(101))
    assert SECRET in texts_in(there.folder)
    second = archive.maintenance.redact("3", "phán quyết", "an", at(110))
    assert rewrite(archive, there, second, at(111)).records == 1
    assert "Tin thứ ba" not in stored_texts(s3)
    assert_clean(archive, there.folder, s3)


def test_another_machine_does_not_push_its_copy_of_what_is_being_rewritten(
    archive: Archive, tmp_path: Path, s3: S3
) -> None:
    here, there = s3.files(tmp_path / "a"), s3.files(tmp_path / "b")
    record(archive, there.folder)
    push(archive, there, KEEP, at(70))
    begun = take_down(archive)
    s3.mode("up")
    rewrite(archive, here, begun, at(101))
    for listed in archive.captures.warc_files():  # as if the other had not come to push them yet
        archive.captures.note_push(listed, None)
    done = push(archive, there, KEEP, at(102))
    assert len(done.errors) == 2
    assert "has changed since it was closed, and is not pushed" in done.errors[0]
    assert SECRET not in stored_texts(s3)


def test_an_upload_that_crosses_a_takedown_elsewhere_is_replaced(
    archive: Archive, tmp_path: Path, s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = s3.files(tmp_path / "a"), s3.files(tmp_path / "b")
    record(archive, there.folder)
    push(archive, there, KEEP, at(70))
    for listed in archive.captures.warc_files():  # it was killed before it noted them
        archive.captures.note_push(listed, None)
    begun = take_down(archive)
    upload = StoredObject.upload
    crossed: list[str] = []

    def slow(stored: StoredObject, file: Path) -> None:
        if not crossed:
            crossed.append(stored.name)
            rewrite(archive, here, begun, at(101))
        upload(stored, file)

    monkeypatch.setattr(StoredObject, "upload", slow)
    done = push(archive, there, KEEP, at(102))
    assert "has rewritten it meanwhile" in done.errors[0]
    assert SECRET in stored_texts(s3), "its upload came last"
    assert push(archive, here, KEEP, at(105)).files == 1
    for path in there.folder.rglob("*.warc.gz"):
        os.utime(path, (at(61).timestamp(),) * 2)
    push(archive, there, KEEP, at(110))
    assert_clean(archive, there.folder, s3)


def test_a_store_that_keeps_versions_is_named_with_them(
    archive: Archive, captures: Path, s3: S3
) -> None:
    s3.keep_versions()
    names = record(archive, captures)
    push(archive, s3.files(captures), KEEP, at(70))
    removed = rewrite(archive, s3.files(captures), take_down(archive), at(101))
    assert len(removed.versions) == 2
    for name, said in zip((names[0], names[2]), removed.versions, strict=True):
        url, _, version = said.partition(" (version ")
        assert url == f"{s3.url}/{name}"
        assert SECRET in gzip.decompress(s3.get(name, version.rstrip(")"))).decode()
    assert SECRET not in stored_texts(s3)


def test_a_takedown_that_is_repeated_after_a_restore_makes_the_list_right(
    archive: Archive, captures: Path, s3: S3
) -> None:
    names = record(archive, captures)
    push(archive, s3.files(captures), KEEP, at(70))
    backup = list(archive.captures.warc_files())
    begun = take_down(archive)
    rewrite(archive, s3.files(captures), begun, at(101))
    archive.captures.list_warc_files(backup)
    for name in names:
        (captures / name).unlink()
    assert rewrite(archive, s3.files(captures), begun, at(120)).records == 0
    assert_clean(archive, captures, s3)


def test_a_store_that_is_named_no_more_is_told_of(archive: Archive, captures: Path, s3: S3) -> None:
    names = record(archive, captures)
    push(archive, s3.files(captures), KEEP, at(70))
    removed = rewrite(archive, CaptureFiles(captures), take_down(archive), at(101))
    assert [said.partition(" (in the object store")[0] for said in removed.versions] == [
        names[0],
        names[2],
    ]
    assert SECRET in stored_texts(s3)
    push(archive, s3.files(captures), KEEP, at(110))  # named again
    assert_clean(archive, captures, s3)


def test_a_takedown_waits_for_a_push_and_says_so(
    archive: Archive, captures: Path, s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(archive, captures)
    monkeypatch.setattr("crawler.capture.objects.files._LOCK_SECONDS", 0.01)
    with s3.files(captures).writing(), pytest.raises(CaptureError, match="is being pushed"):
        rewrite(archive, s3.files(captures), take_down(archive), at(101))
    assert len(archive.maintenance.open_redactions()) == 1


def test_what_was_lost_between_rewriting_and_pushing_is_rewritten_in_the_store(
    archive: Archive, captures: Path, s3: S3
) -> None:
    names = record(archive, captures)
    push(archive, s3.files(captures), KEEP, at(70))
    begun = take_down(archive)
    s3.mode("down")
    with pytest.raises(CaptureError, match="has not reached its recordings; the same"):
        rewrite(archive, s3.files(captures), begun, at(101))
    for name in names:
        (captures / name).unlink()
    s3.mode("up")
    assert rewrite(archive, s3.files(captures), begun, at(102)).lacking == ()
    assert_clean(archive, captures, s3)
