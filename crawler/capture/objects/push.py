"""Pushes closed WARC files into the object store, and deletes old local copies."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawler.capture.files import describe, warc_paths
from crawler.capture.objects.files import CaptureFiles, WarcSource
from crawler.capture.objects.store import StoreError
from storage.archive import Archive
from storage.errors import CaptureError
from storage.model.maintenance import WarcFile

_MAX_FAILURES = 3  # in a row, after which the store counts as down until the next push

_MAX_CLOCK_SKEW = timedelta(days=1)  # between machines


@dataclass(slots=True)
class Pushed:
    """The result of a push. errors: of files that were not pushed; they are tried again."""

    files: int = 0
    size_bytes: int = 0
    removed: int = 0
    errors: tuple[str, ...] = ()


def push(archive: Archive, files: CaptureFiles, keep: timedelta, now: datetime) -> Pushed:
    """Push every listed WARC file that is here and not in the store, then delete old local copies.

    keep: how long local copies stay after they were pushed. Raises ArchiveError, and CaptureError
    if another push takes too long.
    """
    done = Pushed()
    failures = 0
    for listed in archive.captures.unstored_warc_files():
        if not (files.folder / listed.name).is_file():  # it is on another machine
            continue
        try:
            with files.writing():
                size = push_file(archive, files, listed.name, now)
        except CaptureError as error:
            done.errors += (str(error),)
            archive.captures.note_push(listed, None, str(error))
            failures = failures + 1 if isinstance(error, StoreError) else 0
            if failures == _MAX_FAILURES:
                return done
        else:
            failures = 0
            done.files += size is not None
            done.size_bytes += size or 0
    for name in _removable(archive, files, keep, now):
        with files.writing():  # a takedown may have rewritten it just now
            if _has_stored(archive, name):
                (files.folder / name).unlink(missing_ok=True)
                done.removed += 1
    return done


def push_file(archive: Archive, files: CaptureFiles, name: str, now: datetime) -> int | None:
    """Push a listed WARC file, verify it, and record that the store has it; return its size.

    The caller holds `files.writing()`. Returns None if the store has it already. Raises
    CaptureError if the local file differs from its listing, StoreError.
    """
    listed = next(iter(archive.captures.find_warc_files([name])), None)
    if listed is None or listed.stored_at is not None:
        return None
    path, stored = files.folder / name, files.stored(name)
    if not is_as_listed(path, listed):
        raise CaptureError(f"{path}: has changed since it was closed, and is not pushed")
    try:
        stored.upload(path)
    except OSError as error:
        raise CaptureError(f"{path}: cannot be read: {error.strerror or error}") from None
    if not is_as_listed(stored, listed):
        raise StoreError(f"{stored}: the pushed file differs when it is read back")
    if not archive.captures.note_push(listed, now):
        # The store's object may hold redacted text: a machine with the right file pushes it again.
        for rewritten in archive.captures.find_warc_files([name]):
            archive.captures.note_push(rewritten, None)
        raise CaptureError(f"{path}: a takedown on another machine has rewritten it meanwhile")
    return listed.size_bytes


def is_as_listed(file: WarcSource, listed: WarcFile | None) -> bool:
    """True if a file has the listed size and digest, or is not listed.

    Raises CaptureError if it cannot be read.
    """
    if listed is None:
        return True
    found = describe(file, listed.name, listed.listed_at)
    return (found.size_bytes, found.sha256) == (listed.size_bytes, listed.sha256)


def _removable(
    archive: Archive, files: CaptureFiles, keep: timedelta, now: datetime
) -> Iterator[str]:
    """Yield the local copies to delete: old ones that the store has, and ones out of date."""
    paths = {path.relative_to(files.folder).as_posix(): path for path in warc_paths(files.folder)}
    old = [name for name, path in paths.items() if _changed_at(path) <= now - keep]
    for listed in archive.captures.find_warc_files(old):
        is_old = listed.stored_at is not None and listed.stored_at <= now - keep
        if is_old and files.stored(listed.name).size() == listed.size_bytes:
            yield listed.name
    for listed in archive.captures.rewritten_warc_files():
        path = paths.get(listed.name)
        if path is not None and _is_stale(path, listed):
            yield listed.name


def _is_stale(path: Path, listed: WarcFile) -> bool:
    """True if a takedown on another machine rewrote a file in the store, and not this copy."""
    if listed.stored_at is None or listed.rewritten_at is None or not path.is_file():
        return False
    is_newer = _changed_at(path) > listed.rewritten_at + _MAX_CLOCK_SKEW
    return not is_newer and not is_as_listed(path, listed)


def _has_stored(archive: Archive, name: str) -> bool:
    return any(file.stored_at is not None for file in archive.captures.find_warc_files([name]))


def _changed_at(path: Path) -> datetime:
    """Return when a file was written; the far future if another push has deleted it."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return datetime.max.replace(tzinfo=UTC)
