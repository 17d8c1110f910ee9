"""What a WARC file holds, damage included: records found one gzip member at a time. No Scrapy."""

import zlib
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from storage.errors import CaptureError

_GZIP = b"\x1f\x8b\x08"
_CHUNK = 1024 * 1024  # bytes held at once, packed or unpacked
_MAX_INFO = 64 * 1024  # bytes of a warcinfo record that are looked at


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """One response record: where it lies, and what decides whether it answers."""

    url: str
    file: Path
    offset: int
    date: datetime
    status: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes of a file that cannot be read: a torn end, or damage before whole records."""

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
    """What one file holds. part_of: the run that recorded it, where the file says so."""

    part_of: str | None
    entries: tuple[RecordEntry, ...]
    gaps: tuple[Gap, ...]


@dataclass
class _Found:
    entries: list[RecordEntry] = field(default_factory=list)
    runs: dict[str | None, int] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)


def scan(file: Path) -> Scan:
    """Return the whole response records of a file, and what is lost between and after them.

    Damage costs the records it lies in: reading goes on at the next gzip member. Raises
    CaptureError for a file that is missing, holds no whole response, holds two crawls, or was
    packed as one gzip member, in which no record can be found by its offset.
    """
    found = _Found()
    try:
        with file.open("rb") as stream:
            start = stream.read(len(_GZIP))
            if start == _GZIP:
                _scan_members(file, stream, found)
            elif start:
                _scan_plain(file, found)
    except OSError as error:
        raise _unreadable(file, error) from None
    named = [run for run in found.runs if run]
    if len(named) > 1:
        raise _joined(file, found.runs[named[1]])
    if not found.entries:
        raise CaptureError(f"{file}: holds no whole response; expected a WARC file of a crawl")
    return Scan(named[0] if named else None, tuple(found.entries), tuple(found.gaps))


def records(
    file: Path, offset: int = 0, decode: Literal["none", "transfer"] = "none"
) -> Generator[WarcRecord, None, None]:
    """Yield a file's records from `offset` on. Raises CaptureError where it cannot be read."""
    try:
        with file.open("rb") as stream:
            stream.seek(offset)
            kinds = WarcRecordType.response | WarcRecordType.warcinfo
            yield from ArchiveIterator(stream, record_types=kinds, auto_decode=decode)
    except OSError as error:
        raise _unreadable(file, error) from None


def _unreadable(file: Path, error: OSError) -> CaptureError:
    if isinstance(error, FileNotFoundError):
        return CaptureError(f"{file}: no such file; expected a WARC file")
    return CaptureError(f"{file}: cannot be read as a WARC file: {error}")


def _joined(file: Path, offset: int) -> CaptureError:
    """Of two crawls' answers of one address only the first would count: an edit would be lost."""
    return CaptureError(
        f"{file}: holds the recordings of two crawls; replay them as two files, split at byte"
        f" {offset}"
    )


def _scan_members(file: Path, stream: BinaryIO, found: _Found) -> None:
    """Find the records of a packed file: runs of whole members, and the gaps between them."""
    size = file.stat().st_size
    begin, offset, members = 0, 0, set[int]()
    while offset < size:
        following = _end_of_member(stream, offset)
        if following is not None:
            members.add(offset)
            offset = following
            continue
        _scan_range(file, begin, offset, members, found)
        begin = _next_member(stream, offset + 1, size)
        found.gaps.append(Gap(file, offset, begin - offset))
        offset, members = begin, set()
    _scan_range(file, begin, offset, members, found)


def _end_of_member(stream: BinaryIO, offset: int) -> int | None:
    """Return where the gzip member at `offset` ends, None where none that is whole begins."""
    stream.seek(offset)
    unpacker = zlib.decompressobj(wbits=31)
    position, rest = offset, b""
    while not unpacker.eof:
        if not rest:
            rest = stream.read(_CHUNK)
            position += len(rest)
            if not rest:
                return None
        try:
            unpacker.decompress(rest, _CHUNK)  # a bound: what it holds is not needed
        except zlib.error:
            return None
        rest = unpacker.unconsumed_tail
    return position - len(unpacker.unused_data)


def _next_member(stream: BinaryIO, offset: int, size: int) -> int:
    """Return where, from `offset` on, the next member with a WARC record begins; else `size`."""
    while offset < size:
        stream.seek(offset)
        chunk = stream.read(_CHUNK)
        at = chunk.find(_GZIP)
        while at >= 0:
            if _begins_record(stream, offset + at):
                return offset + at
            at = chunk.find(_GZIP, at + 1)
        offset += max(1, len(chunk) - len(_GZIP) + 1)
    return size


def _begins_record(stream: BinaryIO, offset: int) -> bool:
    stream.seek(offset)
    try:
        return zlib.decompressobj(wbits=31).decompress(stream.read(4096), 5) == b"WARC/"
    except zlib.error:
        return False


def _scan_range(file: Path, begin: int, end: int, members: set[int], found: _Found) -> None:
    """Note the records of whole members between two offsets."""
    if not members:
        return
    for record in _within(file, begin, end):
        offset = record.stream_pos
        if offset not in members:
            raise CaptureError(
                f"{file}: several records share one gzip member; pack it anew, record by record:"
                " `warcio recompress` does so"
            )
        if not _note(file, record, found):
            found.gaps.append(Gap(file, offset, _length(offset, members, end)))


def _length(offset: int, members: set[int], end: int) -> int:
    return min((start for start in members if start > offset), default=end) - offset


def _scan_plain(file: Path, found: _Found) -> None:
    """Find the records of a file that is not packed; damage ends it: nothing marks a beginning."""
    end = file.stat().st_size
    for record in _within(file, 0, end):
        if not _note(file, record, found):
            found.gaps.append(Gap(file, record.stream_pos, end - record.stream_pos))
            return


def _within(file: Path, begin: int, end: int) -> Iterator[WarcRecord]:
    # What lies behind `end` may be damaged; what cannot be read before it is no record.
    with closing(records(file, begin)) as found, suppress(CaptureError):
        whole = end == file.stat().st_size
        for record in found:
            # Of records in one gzip member, all but the first are said to begin at its end.
            if record.stream_pos >= end and not whole:
                return
            yield record


def _note(file: Path, record: WarcRecord, found: _Found) -> bool:
    """Note one record; False where it is not whole."""
    if record.record_type == WarcRecordType.warcinfo:
        info = record.reader.read(_MAX_INFO)
        found.runs.setdefault(_part_of(info), record.stream_pos)
        return True
    if not _is_whole(record):
        return False
    if record.http_headers is not None and record.http_headers.status_code:
        found.entries.append(
            RecordEntry(
                url=(record.headers.get("WARC-Target-URI") or "").strip("<>"),
                file=file,
                offset=record.stream_pos,
                date=record.record_date.astimezone(UTC),
                status=record.http_headers.status_code or 0,
            )
        )
    return True


def _is_whole(record: WarcRecord) -> bool:
    """True where a record has its headers and all of its content (the reader stops silently)."""
    if not record.headers.get("Content-Length") or not record.headers.get("WARC-Target-URI"):
        return False
    length = record.content_length
    while length > 0 and (chunk := record.reader.read(_CHUNK)):
        length -= len(chunk)
    return bool(length == 0)


def _part_of(info: bytes) -> str | None:
    for line in info.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "ispartof" and value.strip():
            return value.strip()
    return None
