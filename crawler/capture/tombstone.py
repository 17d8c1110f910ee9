"""Removes records from a WARC file: tombstones of the same length replace them. No Scrapy.

Every tombstone is as long as the record that it replaces, so no other record moves, and pointers
into the file stay valid. The new file is written beside the old one and renamed: a kill leaves one
or the other, and a second call completes the work.
"""

import os
import shutil
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from crawler.capture.objects.files import WarcSource
from crawler.capture.private import open_private
from storage.errors import CaptureError
from storage.files import sync

_BODY = b"This record was redacted."
_GZIP = b"\x1f\x8b"
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class RecordSpan:
    """A record's position in its file: from `start` up to `end`, in bytes.

    refers_to: of a tombstone, the id of the record that it replaces.
    """

    start: int
    end: int
    is_response: bool
    record_id: str
    url: str
    refers_to: str | None


def record_spans(file: WarcSource) -> Iterator[RecordSpan]:
    """Yield a file's records in order. Raises CaptureError if it cannot be read."""
    last: RecordSpan | None = None
    with closing(_open_spans(file)) as records:
        for record in records:
            if last is not None:
                if record.start <= last.start:
                    raise CaptureError(f"{file}: its records are not compressed one by one")
                yield replace(last, end=record.start)
            last = record
    if last is not None:
        yield last


def tombstone_at(file: WarcSource, offset: int) -> str | None:
    """Return the id of the record that a tombstone at `offset` (in bytes) replaces, if any."""
    with closing(_open_spans(file, offset)) as records:
        record = next(records, None)
    return record.refers_to if record is not None and record.start == offset else None


def redact_file(file: Path, is_wanted: Callable[[RecordSpan], bool]) -> int:
    """Replace the responses that `is_wanted` selects by tombstones; return their number.

    No other process may write to the file. Raises CaptureError if it cannot be read or written.
    """
    wanted = [span for span in record_spans(file) if span.is_response and is_wanted(span)]
    if not wanted:
        return 0
    beside = file.with_name(f"{file.name}.redacting")
    try:
        with file.open("rb") as old, open_private(beside, "wb") as new:
            _copy_redacted(old, new, wanted)
            new.flush()
            os.fsync(new.fileno())
        shutil.copymode(file, beside)
        beside.replace(file)
        sync(file.parent)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise CaptureError(
            f"{file}: cannot be rewritten: {error.strerror or error}; its folder needs space and"
            " write permission"
        ) from None
    return len(wanted)


def tombstone(record_id: str, length: int, *, compressed: bool) -> bytes:
    """Return a tombstone of `length` bytes for a record.

    Raises CaptureError if a tombstone cannot be so short.
    """
    data = _compressed(record_id, length) if compressed else _plain(record_id, length)
    if data is None:
        raise CaptureError(f"the record {record_id} is too short ({length} bytes) to be redacted")
    return data


def _open_spans(file: WarcSource, offset: int = 0) -> Generator[RecordSpan, None, None]:
    """Yield records from `offset` on; each one's `end` is the file's."""
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(offset)
            kinds = WarcRecordType.any_type
            for record in ArchiveIterator(stream, record_types=kinds, parse_http=False):
                yield RecordSpan(
                    start=record.stream_pos,
                    end=size,
                    is_response=record.record_type == WarcRecordType.response,
                    record_id=record.record_id or "",
                    url=(record.headers.get("WARC-Target-URI") or "").strip("<>"),
                    refers_to=_refers_to(record),
                )
    except FileNotFoundError:
        raise CaptureError(f"{file}: no such file; expected a WARC file") from None
    except OSError as error:
        raise CaptureError(f"{file}: cannot be read as a WARC file: {error}") from None


def _refers_to(record: WarcRecord) -> str | None:
    is_tombstone = record.record_type == WarcRecordType.metadata
    return record.headers.get("WARC-Refers-To") if is_tombstone else None


def _copy_redacted(old: BinaryIO, new: BinaryIO, wanted: list[RecordSpan]) -> None:
    """Copy a file, with tombstones in place of the wanted records, which are in file order."""
    for record in wanted:
        _copy(old, new, record.start - old.tell())
        compressed = old.read(2) == _GZIP
        new.write(tombstone(record.record_id, record.end - record.start, compressed=compressed))
        old.seek(record.end)
    shutil.copyfileobj(old, new, _CHUNK)


def _copy(old: BinaryIO, new: BinaryIO, count: int) -> None:
    while count:
        data = old.read(min(count, _CHUNK))
        if not data:
            raise OSError("the file has become shorter")
        new.write(data)
        count -= len(data)


def _record(record_id: str, body: bytes) -> bytes:
    head = (
        "WARC/1.1\r\n"
        "WARC-Type: metadata\r\n"
        f"WARC-Record-ID: <urn:uuid:{uuid4()}>\r\n"
        f"WARC-Date: {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\r\n"
        f"WARC-Refers-To: {record_id}\r\n"
        "Content-Type: text/plain\r\n"
        f"Content-Length: {len(body):>12}\r\n\r\n"  # of fixed width: the body is padded later
    )
    return head.encode() + body + b"\r\n\r\n"


def _plain(record_id: str, length: int) -> bytes | None:
    room = length - len(_record(record_id, b""))
    return _record(record_id, _BODY[:room].ljust(room)) if room >= 0 else None


def _compressed(record_id: str, length: int) -> bytes | None:
    """Return a gzip member, padded with spaces in its header's comment field (RFC 1952)."""
    plain = _record(record_id, _BODY)
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = compressor.compress(plain) + compressor.flush()
    trailer = zlib.crc32(plain).to_bytes(4, "little") + len(plain).to_bytes(4, "little")
    padding = length - 10 - len(data) - len(trailer)
    if padding < 0:
        return None
    comment = b" " * (padding - 1) + b"\0" if padding else b""
    flags = 0x10 if padding else 0
    return bytes([0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 2, 255]) + comment + data + trailer
