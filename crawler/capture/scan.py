"""Scans WARC files for records and damage, one gzip member at a time. No Scrapy."""

import os
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from crawler.capture.members import CHUNK, GZIP, end_of_member, next_member
from crawler.capture.objects.files import WarcSource
from storage.errors import CaptureError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_KINDS = WarcRecordType.response | WarcRecordType.warcinfo
_MAX_INFO = 64 * 1024  # bytes of a warcinfo record, or of a record's headers, that are read


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """One response record: its position, and what a replay chooses by."""

    url: str
    file: Path
    offset: int
    date: datetime
    status: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes of a file that cannot be read: a torn end, or damage between whole records."""

    file: Path
    offset: int
    size: int

    def __str__(self) -> str:
        return (
            f"{self.file}: is torn at offset {self.offset}: {self.size} bytes are lost; the whole"
            " records are used"
        )


@dataclass(frozen=True, slots=True)
class Scan:
    """The result of a scan. part_of: the run that recorded the file, if it says so."""

    part_of: str | None
    entries: tuple[RecordEntry, ...]
    gaps: tuple[Gap, ...]


@dataclass
class _ScanResult:
    entries: list[RecordEntry] = field(default_factory=list)
    runs: dict[str | None, int] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)


def scan(file: Path) -> Scan:
    """Return the whole response records of a file, and the gaps between and after them.

    Damage costs only the records in it: reading resumes at the next gzip member. Raises
    CaptureError for a file that is missing, holds no whole response, holds two crawls, or has
    several records in one gzip member, where none can be found by its offset.
    """
    result = _ScanResult()
    try:
        with file.open("rb") as stream:
            start = stream.read(len(GZIP))
            if start == GZIP:
                _scan_members(file, stream, result)
            elif start:
                _scan_plain(file, stream, result)
    except OSError as error:
        raise _unreadable(file, error) from None
    named = [run for run in result.runs if run]
    if len(named) > 1:
        raise _joined(file, result.runs[named[1]])
    if not result.entries:
        raise CaptureError(f"{file}: holds no whole response; expected a WARC file of a crawl")
    return Scan(named[0] if named else None, tuple(result.entries), tuple(result.gaps))


def records(file: WarcSource, offset: int = 0) -> Generator[WarcRecord, None, None]:
    """Yield a file's records from `offset` (in bytes) on, their content not decoded.

    Raises CaptureError if the file cannot be read.
    """
    try:
        with file.open("rb") as stream:
            stream.seek(offset)
            yield from ArchiveIterator(stream, record_types=_KINDS, auto_decode="none")
    except (OSError, ValueError) as error:
        raise _unreadable(file, error) from None


def _unreadable(file: WarcSource, error: OSError | ValueError) -> CaptureError:
    if isinstance(error, FileNotFoundError):
        return CaptureError(f"{file}: no such file; expected a WARC file")
    return CaptureError(f"{file}: cannot be read as a WARC file: {error}")


def _joined(file: Path, offset: int) -> CaptureError:
    """A replay would use only the first crawl's response for an address: an edit would be lost."""
    return CaptureError(
        f"{file}: holds the recordings of two crawls; replay them as two files, split at byte"
        f" {offset}"
    )


def _scan_members(file: Path, stream: BinaryIO, result: _ScanResult) -> None:
    """Find the records of a compressed file, one in each whole member, and the gaps between."""
    size = file.stat().st_size
    offset = 0
    while offset < size:
        end = end_of_member(stream, offset)
        if end is None:
            end = next_member(stream, offset + 1, size)
            result.gaps.append(Gap(file, offset, end - offset))
        elif not _scan_member(file, stream, offset, end, result):
            result.gaps.append(Gap(file, offset, end - offset))
        offset = end


def _scan_member(file: Path, stream: BinaryIO, offset: int, end: int, result: _ScanResult) -> bool:
    """Add the record of a whole member; False if it is damaged. A member may have no record."""
    with closing(_records_between(stream, offset, end)) as inside:
        record = next(inside, None)
        is_whole = record is None or _add(file, offset, record, result)
        # Bytes after the record are another record, or junk.
        if next(inside, None) is not None:
            raise CaptureError(
                f"{file}: several records share one gzip member; pack it again, record by record:"
                " `warcio recompress` does so"
            )
    return is_whole


def _scan_plain(file: Path, stream: BinaryIO, result: _ScanResult) -> None:
    """Find the records of an uncompressed file.

    After damage, or content that is longer than its record says, reading resumes at the next line
    that begins a record.
    """
    begin, end = 0, file.stat().st_size
    while begin < end:
        damaged = _scan_until_damage(file, stream, begin, result)
        if damaged is None:
            return
        begin = _next_record_line(stream, damaged + 1, end)
        result.gaps.append(Gap(file, damaged, begin - damaged))


def _scan_until_damage(file: Path, stream: BinaryIO, begin: int, result: _ScanResult) -> int | None:
    """Add records from `begin` on; return the offset of the first damage, None if there is none."""
    reached = begin
    try:
        with closing(records(file, begin)) as inside:
            for record in inside:
                reached = record.stream_pos
                end, is_clean = _end_of_plain(stream, reached, record.headers.get("Content-Length"))
                if not is_clean and _next_record_line(stream, reached + 1, end) < end:
                    return reached  # its Content-Length is too large: another record begins inside
                if not _add(file, reached, record, result):
                    return reached
                if not is_clean:
                    return end
                reached = end
    except CaptureError:
        return reached
    return None


def _end_of_plain(stream: BinaryIO, offset: int, length: str | None) -> tuple[int, bool]:
    """Return where a record ends by its Content-Length, and whether it does end there."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(offset)
    head = stream.read(_MAX_INFO).find(b"\r\n\r\n") + 4
    end = offset + head + (int(length) if length and length.isdigit() else 0)
    if end >= size:
        return size, end == size
    stream.seek(end)
    return (end + 4, True) if stream.read(4) == b"\r\n\r\n" else (end, False)


def _next_record_line(stream: BinaryIO, offset: int, size: int) -> int:
    """Return the offset of the next line that begins a record, from `offset` on; else `size`."""
    while offset < size:
        stream.seek(offset)
        chunk = stream.read(CHUNK)
        at = chunk.find(b"\nWARC/1.")
        if at >= 0:
            return offset + at + 1
        offset += max(1, len(chunk) - 8)
    return size


class _Range(RawIOBase):
    """The bytes of a file between two offsets."""

    def __init__(self, stream: BinaryIO, begin: int, end: int):
        self._stream, self._at, self._begin, self._end = stream, begin, begin, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        self._stream.seek(self._at)
        view = memoryview(buffer)[: self._end - self._at]
        data = self._stream.read(len(view))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at - self._begin


def _records_between(stream: BinaryIO, begin: int, end: int) -> Generator[WarcRecord, None, None]:
    """Yield the records between two offsets; stop at what cannot be read."""
    with suppress(OSError):
        yield from ArchiveIterator(
            _Range(stream, begin, end), record_types=_KINDS, auto_decode="none"
        )


def _add(file: Path, offset: int, record: WarcRecord, result: _ScanResult) -> bool:
    """Add one record; False if it is damaged, or lacks what a replay needs."""
    if record.record_type == WarcRecordType.warcinfo:
        info = record.reader.read(_MAX_INFO)
        result.runs.setdefault(_part_of(info), offset)
        return True
    url = (record.headers.get("WARC-Target-URI") or "").strip("<>")
    if url and not url.startswith(("http://", "https://")):
        return True  # a DNS record, or one of another kind of archive
    status = record.http_headers.status_code if record.http_headers is not None else None
    if not url or not status or record.record_date is None or not _is_whole(record):
        return False
    date = record.record_date.astimezone(UTC)
    result.entries.append(RecordEntry(url=url, file=file, offset=offset, date=date, status=status))
    return True


def _is_whole(record: WarcRecord) -> bool:
    """True if a record has all of its content; the reader itself stops silently at a torn end."""
    length = record.content_length
    while length > 0 and (chunk := record.reader.read(min(CHUNK, length))):
        length -= len(chunk)
    return bool(length == 0)


def _part_of(info: bytes) -> str | None:
    for line in info.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "ispartof" and value.strip():
            return value.strip()
    return None
