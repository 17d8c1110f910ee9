"""WARC files as what they hold: sessions, an index of responses, single pages. No Scrapy."""

import gzip
import logging
import zlib
from base64 import b32encode
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha1
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from fastwarc.warc import WarcRecordType

from crawler.capture.scan import Gap, RecordEntry, Scan, records, scan
from crawler.page.response import Page
from crawler.page.urls import canonical_url
from storage.errors import CaptureError
from storage.model.articles import Capture

_log = logging.getLogger(__name__)
_MAX_BYTES = 64 * 1024 * 1024  # one page, decompressed
_PASSING = frozenset({408, 429, 500, 502, 503, 504, 522, 524})  # statuses that a crawl asks again


@dataclass(frozen=True, slots=True)
class Recorded:
    """One response record: its HTTP part, content encoding kept, transfer encoding undone.

    is_cut: the body was too large and is not there.
    """

    capture: Capture
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    is_cut: bool = False

    def header_values(self, name: bytes) -> list[bytes]:
        """Return the values of every header with this lower-case name."""
        return [value for key, value in self.headers if key.lower() == name]


@dataclass(frozen=True, slots=True)
class Session:
    """The WARC files of one recorded crawl, in the order of time, and the hosts that answer.

    gaps: what is lost of its files.
    """

    files: tuple[Path, ...]
    hosts: frozenset[str]
    gaps: tuple[Gap, ...] = ()


def sessions(paths: list[Path]) -> list[Session]:
    """Group WARC files by the run that recorded them, in the order of their first responses.

    Files that do not say (warcinfo's isPartOf) are a session each. Raises CaptureError for a
    file that is missing, is no WARC, or holds no whole response.
    """
    groups: dict[str, list[tuple[datetime, Path, Scan]]] = {}
    for path in dict.fromkeys(paths):
        found = scan(path)
        first = min(entry.date for entry in found.entries)
        groups.setdefault(found.part_of or f"file {path}", []).append((first, path, found))
    ordered = [sorted(group, key=lambda found: found[:2]) for group in groups.values()]
    ordered.sort(key=lambda group: group[0][:2])
    return [
        Session(
            tuple(path for _, path, _ in group),
            frozenset(
                urlsplit(entry.url).hostname or "" for *_, found in group for entry in found.entries
            ),
            tuple(gap for *_, found in group for gap in found.gaps),
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
        self._exact: dict[str, RecordEntry] = {}
        self._loose: dict[str, RecordEntry] = {}
        entries: list[RecordEntry] = []
        for file in dict.fromkeys(files):
            found = scan(file)
            entries += found.entries
            for gap in found.gaps:
                _log.warning("%s", gap)
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


def _read(file: Path, offset: int, name: str) -> Recorded:
    with closing(records(file, offset, "transfer")) as found:
        record = next(found, None)
        is_response = record is not None and record.record_type == WarcRecordType.response
        # The reader passes over other kinds of records: what it found may lie further on.
        if record is None or not is_response or record.stream_pos != offset:
            raise CaptureError(f"{file}: no response record at offset {offset}")
        if record.http_headers is None:
            raise CaptureError(f"{file}: no HTTP response at offset {offset}")
        body = record.reader.read(_MAX_BYTES + 1)
    if len(body) > _MAX_BYTES:
        raise CaptureError(f"{file}: the record at offset {offset} is over {_MAX_BYTES} bytes")
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
    cut = record.headers.get("WARC-Truncated") == "length"
    return Recorded(capture, record.http_headers.items_bytes(), body, cut)


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
