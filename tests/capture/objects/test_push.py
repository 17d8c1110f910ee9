"""Closed WARC files go into the object store, whatever happens to it meanwhile."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.capture.files import RecordCheck, file_faults, list_files
from crawler.capture.objects.push import Pushed, push
from crawler.capture.objects.store import StoreError
from storage.archive import Archive
from tests.support.object_store import S3
from tests.support.recorded import Recorder
from tests.support.samples import at

KEEP = timedelta(days=7)
NOW = datetime.now(UTC)


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    return tmp_path / "captures"


def record(archive: Archive, captures: Path, count: int, run_id: str = "r1") -> list[str]:
    """Record pages, a file each; return the names of the files."""
    recorder = Recorder(archive, captures, max_bytes=1, run_id=run_id)
    for number in range(1, count + 1):
        recorder.store(number, number, f"Tin {number}")
    list_files(archive, captures, recorder.files.written, at(10))
    return [path.relative_to(captures).as_posix() for path in recorder.files.written]


def test_what_is_pushed_is_noted_and_not_pushed_again(
    archive: Archive, captures: Path, s3: S3
) -> None:
    names = record(archive, captures, 2)
    sizes = [(captures / name).stat().st_size for name in names]
    done = push(archive, s3.files(captures), KEEP, at(20))
    assert done == Pushed(files=2, size_bytes=sum(sizes))
    assert [s3.get(name) for name in names] == [(captures / name).read_bytes() for name in names]
    assert [one.stored_at for one in archive.captures.warc_files()] == [at(20)] * 2
    assert archive.captures.push_backlog().files == 0
    s3.asked()
    assert push(archive, s3.files(captures), KEEP, at(21)) == Pushed()
    assert s3.asked() == []


def test_a_file_that_is_not_listed_yet_is_left(archive: Archive, captures: Path, s3: S3) -> None:
    recorder = Recorder(archive, captures)
    recorder.store(0, 1, "Tin")
    recorder.files.close()
    assert push(archive, s3.files(captures), KEEP, at(20)) == Pushed()
    assert s3.asked() == []


@pytest.mark.slow
def test_a_store_that_is_down_for_an_hour_loses_nothing(
    archive: Archive, captures: Path, s3: S3
) -> None:
    names = record(archive, captures, 1)
    s3.mode("down")
    for minutes in (20, 40, 60, 80):
        done = push(archive, s3.files(captures), KEEP, at(minutes))
        assert (done.files, len(done.errors)) == (0, len(names))
        assert "503 Service Unavailable: SlowDown" in done.errors[0]
        if minutes == 40:  # crawls go on
            names += record(archive, captures, 1, "r2")
    backlog = archive.captures.push_backlog()
    assert (backlog.files, backlog.oldest_at) == (2, at(10))
    assert backlog.error == done.errors[0]
    s3.mode("up")
    assert push(archive, s3.files(captures), KEEP, at(85)).files == 2
    assert [s3.get(name) for name in names] == [(captures / name).read_bytes() for name in names]
    assert archive.captures.push_backlog().files == 0
    assert [one.push_error for one in archive.captures.warc_files()] == [None, None]


def test_a_store_that_refuses_is_not_asked_for_every_file(
    archive: Archive, captures: Path, s3: S3
) -> None:
    record(archive, captures, 5)
    s3.mode("refuse")
    assert len(push(archive, s3.files(captures), KEEP, at(20)).errors) == 3
    assert len(s3.asked()) == 3
    s3.mode("up")
    assert push(archive, s3.files(captures), KEEP, at(25)).files == 5


def test_what_a_killed_push_left_in_the_store_is_replaced(
    archive: Archive, captures: Path, s3: S3
) -> None:
    (name,) = record(archive, captures, 1)
    s3.put(name, b"half of it")
    assert push(archive, s3.files(captures), KEEP, at(20)).files == 1
    assert s3.get(name) == (captures / name).read_bytes()


def test_a_file_that_was_damaged_here_is_not_pushed_and_keeps_no_other_back(
    archive: Archive, captures: Path, s3: S3
) -> None:
    first, second = record(archive, captures, 2)
    (captures / first).write_bytes(b"damaged")
    done = push(archive, s3.files(captures), KEEP, at(20))
    assert done.files == 1
    assert "has changed since it was closed, and is not pushed" in done.errors[0]
    assert s3.names() == [second]


def age(path: Path, days: int) -> None:
    then = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (then, then))


def test_local_copies_go_once_the_store_has_had_them_for_long_enough(
    archive: Archive, captures: Path, s3: S3
) -> None:
    old, young, lost = record(archive, captures, 3)
    files = s3.files(captures)
    push(archive, files, KEEP, NOW - timedelta(days=8))
    age(captures / old, 9)
    age(captures / lost, 9)
    s3.delete(lost)
    assert push(archive, files, KEEP, NOW).removed == 1
    kept = [(captures / name).exists() for name in (old, young, lost)]
    assert kept == [False, True, True], "young: fetched or rewritten since; lost: the last copy"
    checked = RecordCheck(files)
    assert list(checked.faults(archive.captures.recorded())) == []
    assert checked.missing == {}
    (fault,) = file_faults(archive, files)
    assert "is not the file that was pushed" in fault.what
    assert fault.to_push is not None and fault.to_push.name == lost
    archive.captures.note_push(fault.to_push, None)
    assert push(archive, files, KEEP, NOW).files == 1


def test_a_check_tells_a_lost_object_from_a_store_that_is_away(
    archive: Archive, captures: Path, s3: S3
) -> None:
    first, second = record(archive, captures, 2)
    files = s3.files(captures)
    push(archive, files, KEEP, at(20))
    for name in (first, second):
        (captures / name).unlink()
    s3.delete(first)
    checked = RecordCheck(files)
    assert list(checked.faults(archive.captures.recorded())) == []
    assert checked.missing == {first: 1}
    (fault,) = file_faults(archive, files)
    assert fault.what.endswith(f"{first}: is listed but does not exist")
    s3.mode("down")
    with pytest.raises(StoreError, match="503 Service Unavailable"):
        list(RecordCheck(files).faults(archive.captures.recorded()))
    with pytest.raises(StoreError, match="503 Service Unavailable"):
        list(file_faults(archive, files))


def test_a_file_that_changed_in_the_store_is_found(
    archive: Archive, captures: Path, s3: S3
) -> None:
    (name,) = record(archive, captures, 1)
    files = s3.files(captures)
    push(archive, files, KEEP, at(20))
    data = bytearray((captures / name).read_bytes())
    (captures / name).unlink()
    data[-20] ^= 1
    s3.put(name, bytes(data))
    (fault,) = file_faults(archive, files)
    assert "its content has changed since it was closed" in fault.what
