"""WARC files as what they hold: sessions, an index of responses, single pages. No Scrapy."""

import gzip
import logging
import zlib
from base64 import b32encode
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha1
from io import BytesIO
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from crawler.page import Page
from crawler.urls import canonical_url
from storage.errors import CaptureError
from storage.model import Capture

_log = logging.getLogger(__name__)
_MAX_BYTES = 64 * 1024 * 1024  # one page, decompressed
_GZIP = b"\x1f\x8b"
_PASSING = frozenset({408, 429, 500, 502, 503, 504, 522, 524})  # statuses that a crawl asks again


@dataclass(frozen=True, slots=True)
class Recorded:
    """One response record: its HTTP part, content encoding kept, transfer encoding undone."""

    capture: Capture
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def header_values(self, name: bytes) -> list[bytes]:
        """Return the values of every header with this lower-case name."""
        return [value for key, value in self.headers if key.lower() == name]


@dataclass(frozen=True, slots=True)
class _Entry:
    url: str
    file: Path
    offset: int
    date: datetime
    status: int


@dataclass(frozen=True, slots=True)
class _Scan:
    """What one file holds. torn_at: the offset of a last record that is not whole."""

    part_of: str | None
    entries: tuple[_Entry, ...]
    torn_at: int | None


@dataclass(frozen=True, slots=True)
class Session:
    """The WARC files of one recorded crawl, in the order of time, and the hosts that answer.

    torn: files whose end is missing, each with the offset in bytes of the first damaged record.
    """

    files: tuple[Path, ...]
    hosts: frozenset[str]
    torn: tuple[tuple[Path, int], ...] = ()


def sessions(paths: list[Path]) -> list[Session]:
    """Group WARC files by the run that recorded them, in the order of their first responses.

    Files that do not say (warcinfo's isPartOf) are a session each. Raises CaptureError for a
    file that is missing, is no WARC, or holds no whole response.
    """
    groups: dict[str, list[tuple[datetime, Path, _Scan]]] = {}
    for path in dict.fromkeys(paths):
        scan = _scan(path)
        first = min(entry.date for entry in scan.entries)
        groups.setdefault(scan.part_of or f"file {path}", []).append((first, path, scan))
    ordered = [sorted(group, key=lambda found: found[:2]) for group in groups.values()]
    ordered.sort(key=lambda group: group[0][:2])
    return [
        Session(
            tuple(path for _, path, _ in group),
            frozenset(
                urlsplit(entry.url).hostname or "" for *_, scan in group for entry in scan.entries
            ),
            tuple((path, scan.torn_at) for _, path, scan in group if scan.torn_at is not None),
        )
        for group in ordered
    ]


class ReplayIndex:
    """Finds recorded responses by address. captures: the folder that paths are relative to.

    Of several answers of one address the earliest counts, but a passing failure (a 503 that was
    retried) only where nothing better was recorded. Raises CaptureError as `sessions` does.
    """

    def __init__(self, files: list[Path], captures: Path):
        self._captures = captures.resolve()
        self._exact: dict[str, _Entry] = {}
        self._loose: dict[str, _Entry] = {}
        entries: list[_Entry] = []
        for file in dict.fromkeys(files):
            scan = _scan(file)
            entries += scan.entries
            if scan.torn_at is not None:
                _log.warning(
                    "%s: torn at offset %d: the records before it are used", file, scan.torn_at
                )
        for entry in sorted(entries, key=lambda e: (e.status in _PASSING, e.date)):
            self._exact.setdefault(entry.url, entry)
            if not 300 <= entry.status < 400:  # else http → https would lead to itself
                self._loose.setdefault(canonical_url(entry.url), entry)

    def find(self, url: str) -> Recorded | None:
        """Return what was recorded for an address (else for its canonical twin), if anything.

        Raises CaptureError where the file has changed since it was indexed.
        """
        entry = self._exact.get(url) or self._loose.get(canonical_url(url))
        if entry is None:
            return None
        return _read(entry.file, entry.offset, self._name(entry.file))

    def _name(self, file: Path) -> str:
        resolved = file.resolve()
        if resolved.is_relative_to(self._captures):
            return resolved.relative_to(self._captures).as_posix()
        return resolved.as_posix()


def read_record(file: Path, offset: int) -> Page:
    """Return the page in the response record at `offset`, its content decoded.

    Raises CaptureError where there is none or its payload does not match its digest.
    """
    recorded = _read(file, offset, str(file))
    encodings = recorded.header_values(b"content-encoding")
    content_type = next(iter(recorded.header_values(b"content-type")), None)
    return Page(
        url=recorded.capture.url,
        body=_decoded(recorded.body, encodings, f"{file}@{offset}"),
        fetched_at=recorded.capture.captured_at,
        status=recorded.capture.status,
        content_type=content_type.decode("latin-1") if content_type else None,
    )


def recorded_at(file: Path, offset: int) -> Recorded:
    """Return the response record at `offset` (in bytes) as it lies there.

    Raises CaptureError where there is none or its payload does not match its digest.
    """
    return _read(file, offset, str(file))


def _records(
    file: Path, offset: int = 0, decode: Literal["none", "transfer"] = "none"
) -> Generator[WarcRecord, None, None]:
    """Yield a file's records from `offset` on. Raises CaptureError where it cannot be read."""
    try:
        with file.open("rb") as stream:
            stream.seek(offset)
            kinds = WarcRecordType.response | WarcRecordType.warcinfo
            yield from ArchiveIterator(stream, record_types=kinds, auto_decode=decode)
    except FileNotFoundError:
        raise CaptureError(f"{file}: no such file; expected a WARC file") from None
    except OSError as error:
        raise CaptureError(f"{file}: cannot be read as a WARC file: {error}") from None


def _scan(file: Path) -> _Scan:
    runs: dict[str | None, int] = {}
    entries: list[_Entry] = []
    torn_at: int | None = None
    with closing(_records(file)) as records:
        try:
            for record in records:
                if record.record_type == WarcRecordType.warcinfo:
                    runs.setdefault(_part_of(record.reader.read()), record.stream_pos)
                elif not _is_whole(record):
                    torn_at = record.stream_pos
                    break
                elif record.http_headers is not None and record.http_headers.status_code:
                    entries.append(_entry(file, record))
        except CaptureError:
            if not entries:
                raise
    named = [run for run in runs if run]
    if len(named) > 1:
        raise _joined(file, runs[named[1]])
    if torn_at is None and entries:
        torn_at = _torn_member(file, entries[-1].offset)
    if not entries:
        raise CaptureError(f"{file}: holds no whole response; expected a WARC file of a crawl")
    return _Scan(named[0] if named else None, tuple(entries), torn_at)


def _joined(file: Path, offset: int) -> CaptureError:
    """Of two crawls' answers of one address only the first would count: an edit would be lost."""
    return CaptureError(
        f"{file}: holds the recordings of two crawls; replay them as two files, split at byte"
        f" {offset}"
    )


def _is_whole(record: WarcRecord) -> bool:
    """True where a record has its headers and all of its content (the reader stops silently)."""
    if not record.headers.get("Content-Length") or not record.headers.get("WARC-Target-URI"):
        return False
    return record.content_length == len(record.reader.read())


def _torn_member(file: Path, offset: int) -> int | None:
    """Return where, from the record at `offset` on, a gzip member is not whole, if anywhere."""
    with file.open("rb") as stream:
        stream.seek(offset)
        data = stream.read()
    while data.startswith(_GZIP):
        member = zlib.decompressobj(wbits=31)
        try:
            member.decompress(data)
        except zlib.error:
            return offset
        if not member.eof:
            return offset
        offset += len(data) - len(member.unused_data)
        data = member.unused_data
    return offset if data.strip() and not data.startswith(b"WARC/") else None


def _entry(file: Path, record: WarcRecord) -> _Entry:
    return _Entry(
        url=(record.headers.get("WARC-Target-URI") or "").strip("<>"),
        file=file,
        offset=record.stream_pos,
        date=record.record_date.astimezone(UTC),
        status=record.http_headers.status_code or 0,
    )


def _part_of(info: bytes) -> str | None:
    for line in info.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "ispartof" and value.strip():
            return value.strip()
    return None


def _read(file: Path, offset: int, name: str) -> Recorded:
    with closing(_records(file, offset, "transfer")) as records:
        record = next(records, None)
        is_response = record is not None and record.record_type == WarcRecordType.response
        # The reader passes over other kinds of records: what it found may lie further on.
        if record is None or not is_response or record.stream_pos != offset:
            raise CaptureError(f"{file}: no response record at offset {offset}")
        if record.http_headers is None:
            raise CaptureError(f"{file}: no HTTP response at offset {offset}")
        body = record.reader.read()
    given = record.headers.get("WARC-Payload-Digest")
    digest = f"sha1:{b32encode(sha1(body, usedforsecurity=False).digest()).decode()}"
    if given and given.startswith("sha1:") and given != digest:
        raise CaptureError(f"{file}: the record at offset {offset} does not match its digest")
    capture = Capture(
        url=(record.headers.get("WARC-Target-URI") or "").strip("<>"),
        captured_at=record.record_date.astimezone(UTC),
        status=record.http_headers.status_code or 0,
        warc_file=name,
        warc_offset=offset,
        record_id=record.record_id or "",
        digest=given or digest,
    )
    return Recorded(capture, record.http_headers.items_bytes(), body)


def _decoded(body: bytes, encodings: list[bytes], where: str) -> bytes:
    names = [name.strip().lower() for value in encodings for name in value.split(b",")]
    for name in reversed([name for name in names if name and name != b"identity"]):
        try:
            body = _decode_one(body, name)
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise CaptureError(f"{where}: its content cannot be decoded: {error}") from None
    return body


def _decode_one(body: bytes, encoding: bytes) -> bytes:
    if encoding in {b"gzip", b"x-gzip"}:
        plain = gzip.GzipFile(fileobj=BytesIO(body)).read(_MAX_BYTES + 1)
    elif encoding == b"deflate":
        plain = zlib.decompressobj().decompress(body, _MAX_BYTES + 1)
    else:
        raise ValueError(f"encoding {encoding!r} is none that tinquan asks for")
    if len(plain) > _MAX_BYTES:
        raise ValueError(f"more than {_MAX_BYTES} bytes")
    return plain
