"""The captures folder: its WARC files, the archive's list of them, and checks of both."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from crawler.capture.objects.files import CaptureFiles, WarcSource
from crawler.capture.objects.store import StoreError
from crawler.capture.reader import decoded_body, recorded_at
from crawler.capture.tombstone import record_spans, tombstone_at
from storage.archive import Archive
from storage.errors import CaptureError
from storage.model.maintenance import Recorded, WarcFile
from storage.model.runs import Run

_SUFFIXES = (".warc.gz", ".warc")
_CHUNK = 1024 * 1024
_CACHE_SIZE = 1000  # files


def warc_paths(captures: Path) -> Iterator[Path]:
    """Yield the WARC files below the captures folder, sorted by path."""
    if captures.is_dir():
        yield from (
            path
            for path in sorted(captures.rglob("*"))
            if path.name.endswith(_SUFFIXES) and path.is_file()
        )


def folder_size(captures: Path) -> tuple[int, int]:
    """Return the number of WARC files, and their size in bytes."""
    sizes = [path.stat().st_size for path in warc_paths(captures)]
    return len(sizes), sum(sizes)


def describe(file: WarcSource, name: str, now: datetime) -> WarcFile:
    """Return a WARC file's size and digest. Raises CaptureError if it cannot be read."""
    sha256, size = hashlib.sha256(), 0
    try:
        with file.open("rb") as stream:
            while data := stream.read(_CHUNK):
                sha256.update(data)
                size += len(data)
    except OSError as error:
        raise CaptureError(f"{file}: cannot be read: {error.strerror or error}") from None
    return WarcFile(name, size, sha256.hexdigest(), now)


def unlisted(archive: Archive, captures: Path, is_alive: Callable[[Run], bool]) -> list[Path]:
    """Return the WARC files that the archive has not listed, and that no crawl is writing."""
    paths = {path.relative_to(captures).as_posix(): path for path in warc_paths(captures)}
    open_runs = {run.id for run in archive.runs.find() if run.outcome is None and is_alive(run)}
    names = archive.captures.unlisted_warc_files(list(paths))
    return [paths[name] for name in names if not open_runs.intersection(name.split("-"))]


def list_files(
    archive: Archive,
    captures: Path,
    files: Iterable[Path],
    now: datetime,
    *,
    redacted: bool = False,
) -> None:
    """List complete WARC files in the archive, with size and digest. redacted: by a takedown."""
    described = [describe(path, path.relative_to(captures).as_posix(), now) for path in files]
    if redacted:
        described = [replace(file, rewritten_at=now) for file in described]
    if described:
        archive.captures.list_warc_files(described)


@dataclass(frozen=True, slots=True)
class RecordFault:
    """A capture whose record is not what the archive says.

    moved_to: the record's actual offset in bytes; None if it was not found.
    holds_text: True if the record should be a tombstone and is not one.
    """

    recorded: Recorded
    what: str
    moved_to: int | None = None
    holds_text: bool = False


class RecordCheck:
    """Compares captures with the records that they point to. files: finds the WARC files.

    missing: the number of captures of each file that does not exist.
    """

    def __init__(self, files: CaptureFiles) -> None:
        self._files = files
        self._offsets: tuple[WarcSource, dict[str, int]] = (Path(), {})
        self._exists_cache: dict[str, bool] = {}
        self.missing: Counter[str] = Counter()

    def faults(self, recorded: Iterable[Recorded]) -> Iterator[RecordFault]:
        """Yield what is wrong with each capture's record. Raises StoreError."""
        for row in recorded:
            name = row.capture.warc_file
            if not name:  # imported: it never had a record
                continue
            file = self._files.find(name)
            if not self._exists(name, file):
                self.missing[name] += 1
                continue
            check = self._check_tombstone if row.is_redacted else self._check_record
            fault = check(row, file)
            if fault is not None:
                yield fault

    def _exists(self, name: str, file: WarcSource) -> bool:
        """True if a file exists; cached, so that a store is asked once for many records."""
        if len(self._exists_cache) > _CACHE_SIZE:
            self._exists_cache.clear()
        if name not in self._exists_cache:
            self._exists_cache[name] = file.is_file()
        return self._exists_cache[name]

    def _check_record(self, row: Recorded, file: WarcSource) -> RecordFault | None:
        capture = row.capture
        try:
            found = recorded_at(file, capture.warc_offset)
            decoded_body(found)  # a body that cannot be decoded cannot be extracted again
        except StoreError:  # it is no fault of the record
            raise
        except CaptureError as error:
            what = str(error)
        else:
            if found.capture.record_id == capture.record_id:
                if found.capture.digest == capture.digest:
                    return None
                what = f"{file}: the record at offset {capture.warc_offset} has other content"
                return RecordFault(row, what)
            what = f"{file}: another record is at offset {capture.warc_offset}"
        return RecordFault(row, what, self._find_offset(file, capture.record_id))

    def _check_tombstone(self, row: Recorded, file: WarcSource) -> RecordFault | None:
        record = f"{file}: the record at offset {row.capture.warc_offset}"
        try:
            if tombstone_at(file, row.capture.warc_offset) == row.capture.record_id:
                return None
        except StoreError:
            raise
        except CaptureError as error:
            return RecordFault(row, str(error))
        return RecordFault(row, f"{record} was to be redacted and is not", holds_text=True)

    def _find_offset(self, file: WarcSource, record_id: str) -> int | None:
        """Return a record's offset in a file; the last file's offsets are cached."""
        if self._offsets[0] != file:
            try:
                offsets = {span.record_id: span.start for span in record_spans(file)}
            except CaptureError:
                offsets = {}
            self._offsets = (file, offsets)
        return self._offsets[1].get(record_id)


@dataclass(frozen=True, slots=True)
class FileFault:
    """A listed WARC file that is missing or has changed.

    to_push: the file, if pushing it again would repair it.
    """

    what: str
    to_push: WarcFile | None = None


def file_faults(archive: Archive, files: CaptureFiles) -> Iterator[FileFault]:
    """Yield what is wrong with the WARC files that the archive has listed. Raises StoreError.

    A file that is both here and in the object store is read here; of the object, only the size is
    checked.
    """
    for listed in archive.captures.warc_files():
        file = files.find(listed.name)
        if not file.is_file():
            may_be_pushed = listed.stored_at is None and files.url
            more = ", nor in the object store: has another machine yet to push it?"
            what = f"{files.folder / listed.name}: is listed but does not exist"
            yield FileFault(what + more if may_be_pushed else what)
            continue
        found = describe(file, listed.name, listed.listed_at)
        if found.size_bytes != listed.size_bytes:
            yield FileFault(
                f"{file}: has changed since it was closed: {found.size_bytes} bytes, not"
                f" {listed.size_bytes}"
            )
        elif found.sha256 != listed.sha256:
            yield FileFault(f"{file}: its content has changed since it was closed")
        elif listed.stored_at is not None and files.url and isinstance(file, Path):
            stored = files.stored(listed.name)
            if stored.size() != listed.size_bytes:
                yield FileFault(f"{stored}: is missing, or is not the file that was pushed", listed)
