"""The captures folder: its WARC files, the archive's list of them, and what records hold."""

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
_REMEMBERED = 1000  # files


def warc_paths(captures: Path) -> Iterator[Path]:
    """Yield the WARC files below the captures folder, in the order of their names."""
    if captures.is_dir():
        yield from (
            path
            for path in sorted(captures.rglob("*"))
            if path.name.endswith(_SUFFIXES) and path.is_file()
        )


def folder_size(captures: Path) -> tuple[int, int]:
    """Return how many WARC files there are, and how many bytes they take."""
    sizes = [path.stat().st_size for path in warc_paths(captures)]
    return len(sizes), sum(sizes)


def describe(file: WarcSource, name: str, now: datetime) -> WarcFile:
    """Return a WARC file's size and digest. Raises CaptureError where it cannot be read."""
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
    """Return the WARC files that the archive has not listed and no crawl writes to."""
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
    """Write the sizes and digests of WARC files that are whole. redacted: by a takedown, now."""
    described = [describe(path, path.relative_to(captures).as_posix(), now) for path in files]
    if redacted:
        described = [replace(one, rewritten_at=now) for one in described]
    if described:
        archive.captures.list_warc_files(described)


@dataclass(frozen=True, slots=True)
class RecordFault:
    """A capture whose record is not what the archive says.

    moved_to: where, in bytes, the record lies in its file; None where it was not found.
    holds_text: True where the record should be a tombstone and is none.
    """

    recorded: Recorded
    what: str
    moved_to: int | None = None
    holds_text: bool = False


class RecordCheck:
    """Compares captures with the records that they point to. files: where WARC files are.

    `missing` counts the captures of each file that is not there.
    """

    def __init__(self, files: CaptureFiles) -> None:
        self._files = files
        self._places: tuple[WarcSource, dict[str, int]] = (Path(), {})
        self._is_there: dict[str, bool] = {}
        self.missing: Counter[str] = Counter()

    def faults(self, recorded: Iterable[Recorded]) -> Iterator[RecordFault]:
        """Yield what is wrong with each capture's record. Raises StoreError."""
        for one in recorded:
            name = one.capture.warc_file
            if not name:  # imported: it never had a record
                continue
            file = self._files.find(name)
            if not self._exists(name, file):
                self.missing[name] += 1
                continue
            check = self._redacted if one.is_redacted else self._whole
            fault = check(one, file)
            if fault is not None:
                yield fault

    def _exists(self, name: str, file: WarcSource) -> bool:
        """Return whether a file is there; a store is asked once for many records in a row."""
        if len(self._is_there) > _REMEMBERED:
            self._is_there.clear()
        if name not in self._is_there:
            self._is_there[name] = file.is_file()
        return self._is_there[name]

    def _whole(self, one: Recorded, file: WarcSource) -> RecordFault | None:
        capture = one.capture
        try:
            found = recorded_at(file, capture.warc_offset)
            decoded_body(found)  # what nobody can decode cannot be extracted again
        except StoreError:  # says nothing about the record
            raise
        except CaptureError as error:
            what = str(error)
        else:
            if found.capture.record_id == capture.record_id:
                if found.capture.digest == capture.digest:
                    return None
                what = f"{file}: the record at offset {capture.warc_offset} has other content"
                return RecordFault(one, what)
            what = f"{file}: another record lies at offset {capture.warc_offset}"
        return RecordFault(one, what, self._place(file, capture.record_id))

    def _redacted(self, one: Recorded, file: WarcSource) -> RecordFault | None:
        where = f"{file}: the record at offset {one.capture.warc_offset}"
        try:
            if tombstone_at(file, one.capture.warc_offset) == one.capture.record_id:
                return None
        except StoreError:
            raise
        except CaptureError as error:
            return RecordFault(one, str(error))
        return RecordFault(one, f"{where} was to be redacted and is not", holds_text=True)

    def _place(self, file: WarcSource, record_id: str) -> int | None:
        """Return where a record lies in a file; the last file's records are remembered."""
        if self._places[0] != file:
            try:
                placed = {found.record_id: found.start for found in record_spans(file)}
            except CaptureError:
                placed = {}
            self._places = (file, placed)
        return self._places[1].get(record_id)


@dataclass(frozen=True, slots=True)
class FileFault:
    """A listed WARC file that is not as it should be.

    to_push: the file, where pushing it again would mend it.
    """

    what: str
    to_push: WarcFile | None = None


def file_faults(archive: Archive, files: CaptureFiles) -> Iterator[FileFault]:
    """Yield what is wrong with the WARC files that the archive has listed. Raises StoreError.

    One that lies both here and in the object store is read here; of the other its size is asked.
    """
    for listed in archive.captures.warc_files():
        file = files.find(listed.name)
        if not file.is_file():
            is_waited_for = listed.stored_at is None and files.url
            more = ", nor in the object store: has another machine yet to push it?"
            what = f"{files.folder / listed.name}: is listed and not there"
            yield FileFault(what + more if is_waited_for else what)
            continue
        found = describe(file, listed.name, listed.listed_at)
        if found.size_bytes != listed.size_bytes:
            yield FileFault(
                f"{file}: is not what it was when it was closed: {found.size_bytes} bytes, not"
                f" {listed.size_bytes}"
            )
        elif found.sha256 != listed.sha256:
            yield FileFault(f"{file}: its content is not what it was when it was closed")
        elif listed.stored_at is not None and files.url and isinstance(file, Path):
            stored = files.stored(listed.name)
            if stored.size() != listed.size_bytes:
                yield FileFault(f"{stored}: is not there as it was pushed", listed)
