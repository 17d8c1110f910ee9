"""The captures folder: its WARC files, the archive's list of them, and what records hold."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawler.capture.reader import decoded_body, recorded_at
from crawler.capture.tombstone import record_spans, tombstone_at
from storage.archive import Archive
from storage.errors import CaptureError
from storage.model.maintenance import Recorded, WarcFile
from storage.model.runs import Run

_SUFFIXES = (".warc.gz", ".warc")
_CHUNK = 1024 * 1024


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


def describe(path: Path, captures: Path, now: datetime) -> WarcFile:
    """Return a WARC file's size and digest. Raises CaptureError where it cannot be read."""
    sha256, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while data := file.read(_CHUNK):
                sha256.update(data)
                size += len(data)
    except OSError as error:
        raise CaptureError(f"{path}: cannot be read: {error.strerror or error}") from None
    return WarcFile(path.relative_to(captures).as_posix(), size, sha256.hexdigest(), now)


def unlisted(archive: Archive, captures: Path, is_alive: Callable[[Run], bool]) -> list[Path]:
    """Return the WARC files that the archive has not listed and no crawl writes to."""
    paths = {path.relative_to(captures).as_posix(): path for path in warc_paths(captures)}
    open_runs = {run.id for run in archive.runs.find() if run.outcome is None and is_alive(run)}
    names = archive.captures.unlisted_warc_files(list(paths))
    return [paths[name] for name in names if not open_runs.intersection(name.split("-"))]


def list_files(archive: Archive, captures: Path, files: Iterable[Path], now: datetime) -> int:
    """Write the sizes and digests of WARC files that are whole; return how many there are."""
    described = [describe(path, captures, now) for path in files]
    if described:
        archive.captures.list_warc_files(described)
    return len(described)


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
    """Compares captures with the records that they point to. captures: the folder of WARC files.

    `missing` counts the captures of each file that is not there.
    """

    def __init__(self, captures: Path) -> None:
        self._captures = captures
        self._places: tuple[Path, dict[str, int]] = (Path(), {})
        self.missing: Counter[str] = Counter()

    def faults(self, recorded: Iterable[Recorded]) -> Iterator[RecordFault]:
        """Yield what is wrong with each capture's record."""
        for one in recorded:
            if not one.capture.warc_file:  # imported: it never had a record
                continue
            file = self._captures / one.capture.warc_file
            if not file.is_file():
                self.missing[one.capture.warc_file] += 1
                continue
            check = self._redacted if one.is_redacted else self._whole
            fault = check(one, file)
            if fault is not None:
                yield fault

    def _whole(self, one: Recorded, file: Path) -> RecordFault | None:
        capture = one.capture
        try:
            found = recorded_at(file, capture.warc_offset)
            decoded_body(found)  # what nobody can decode cannot be extracted again
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

    def _redacted(self, one: Recorded, file: Path) -> RecordFault | None:
        where = f"{file}: the record at offset {one.capture.warc_offset}"
        try:
            if tombstone_at(file, one.capture.warc_offset) == one.capture.record_id:
                return None
        except CaptureError as error:
            return RecordFault(one, str(error))
        return RecordFault(one, f"{where} was to be redacted and is not", holds_text=True)

    def _place(self, file: Path, record_id: str) -> int | None:
        """Return where a record lies in a file; the last file's records are remembered."""
        if self._places[0] != file:
            try:
                placed = {found.record_id: found.start for found in record_spans(file)}
            except CaptureError:
                placed = {}
            self._places = (file, placed)
        return self._places[1].get(record_id)


def file_faults(archive: Archive, captures: Path) -> Iterator[str]:
    """Yield what is wrong with the WARC files that the archive has listed."""
    for listed in archive.captures.warc_files():
        path = captures / listed.name
        if not path.is_file():
            yield f"{path}: is listed and not there"
            continue
        found = describe(path, captures, listed.listed_at)
        if found != listed:
            yield (
                f"{path}: is not what it was when it was closed: {found.size_bytes} bytes, not"
                f" {listed.size_bytes}"
                if found.size_bytes != listed.size_bytes
                else f"{path}: its content is not what it was when it was closed"
            )
