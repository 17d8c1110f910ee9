"""Reads WARC files: sessions, an index of responses for replays, single records. No Scrapy."""

import logging
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fastwarc.warc import WarcRecordType

from crawler.capture.decode import MAX_BYTES, UndecodableError, dechunk, decode
from crawler.capture.digests import matching_digest
from crawler.capture.objects.files import WarcSource
from crawler.capture.scan import Gap, RecordEntry, Scan, records, scan
from crawler.page.response import Page
from crawler.page.urls import canonical_url, host_of
from storage.errors import CaptureError
from storage.model.articles import Capture

_log = logging.getLogger(__name__)
_RETRIED = frozenset({408, 429, 500, 502, 503, 504, 522, 524})  # statuses that a crawl retries


@dataclass(frozen=True, slots=True)
class Recorded:
    """One response record: its HTTP headers and body, without transfer encoding.

    The content encoding is kept. is_cut: the body was too large and was left out.
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
    """The WARC files of one recorded crawl, oldest first, and the hosts that answered.

    gaps: the parts of its files that are lost.
    """

    files: tuple[Path, ...]
    hosts: frozenset[str]
    gaps: tuple[Gap, ...] = ()


def sessions(paths: list[Path]) -> list[Session]:
    """Group WARC files by the run that recorded them, in the order of their first responses.

    A file that names no run (warcinfo's isPartOf) is a session of its own. Raises CaptureError for
    a file that is missing, is not a WARC file, or holds no whole response.
    """
    groups: dict[str, list[tuple[datetime, Path, Scan]]] = {}
    for path in dict.fromkeys(paths):
        scanned = scan(path)
        first = min(entry.date for entry in scanned.entries)
        groups.setdefault(scanned.part_of or f"file {path}", []).append((first, path, scanned))
    ordered = [sorted(group, key=lambda file: file[:2]) for group in groups.values()]
    ordered.sort(key=lambda group: group[0][:2])
    return [
        Session(
            tuple(path for _, path, _ in group),
            frozenset(host_of(entry.url) or "" for *_, file in group for entry in file.entries),
            tuple(gap for *_, file in group for gap in file.gaps),
        )
        for group in ordered
    ]


class ReplayIndex:
    """Finds recorded responses by address. captures: the folder that paths are relative to.

    Of several responses for one address the earliest counts, but a temporary failure (a 503 that
    was retried) only if nothing else was recorded. Raises CaptureError as `sessions` does.
    """

    def __init__(self, files: list[Path], captures: Path):
        self._captures = captures.resolve()
        self._exact: dict[str, RecordEntry] = {}
        self._loose: dict[str, RecordEntry] = {}
        entries: list[RecordEntry] = []
        for file in dict.fromkeys(files):
            scanned = scan(file)
            entries += scanned.entries
            for gap in scanned.gaps:
                _log.warning("%s", gap)
        for entry in sorted(entries, key=lambda e: (e.status in _RETRIED, e.date)):
            self._exact.setdefault(entry.url, entry)
            if not 300 <= entry.status < 400:  # a redirect from http to https would match itself
                self._loose.setdefault(canonical_url(entry.url), entry)

    def find(self, url: str) -> Recorded | None:
        """Return the response for an address, else for one with the same canonical URL, if any.

        Raises CaptureError if the file has changed since it was indexed.
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


def decoded_body(recorded: Recorded) -> bytes:
    """Return a response's body without its content encodings.

    Raises CaptureError if it cannot be decoded, or is too large.
    """
    try:
        return decode(recorded.body, recorded.header_values(b"content-encoding"))
    except UndecodableError as error:
        where = f"{recorded.capture.warc_file}@{recorded.capture.warc_offset}"
        raise CaptureError(f"{where}: the record cannot be decoded: {error}") from None


def read_record(file: WarcSource, offset: int) -> Page:
    """Return the page in the response record at `offset` (in bytes), its content decoded.

    Raises CaptureError if there is none, its payload does not match its digest, or it cannot be
    decoded.
    """
    recorded = _read(file, offset, str(file))
    content_type = next(iter(recorded.header_values(b"content-type")), None)
    return Page(
        url=recorded.capture.url,
        body=decoded_body(recorded),
        fetched_at=recorded.capture.captured_at,
        status=recorded.capture.status,
        content_type=content_type.decode("latin-1") if content_type else None,
    )


def recorded_at(file: WarcSource, offset: int) -> Recorded:
    """Return the response record at `offset` (in bytes), its content not decoded.

    Raises CaptureError if there is none, or its payload does not match its digest.
    """
    return _read(file, offset, str(file))


def _read(file: WarcSource, offset: int, name: str) -> Recorded:
    with closing(records(file, offset)) as iterator:
        record = next(iterator, None)
        is_response = record is not None and record.record_type == WarcRecordType.response
        # The reader skips other kinds of records: the one that it returns may be further on.
        if record is None or not is_response or record.stream_pos != offset:
            raise CaptureError(f"{file}: no response record at offset {offset}")
        if record.http_headers is None or record.record_date is None:
            raise CaptureError(f"{file}: no HTTP response with a date at offset {offset}")
        raw = record.reader.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise CaptureError(f"{file}: the record at offset {offset} is over {MAX_BYTES} bytes")
    headers = record.http_headers.items_bytes()
    body = dechunk(raw) if any(map(_says_chunked, headers)) else raw
    # Some tools compute the digest before dechunking.
    digest = matching_digest(record.headers.get("WARC-Payload-Digest"), (body, raw))
    if digest is None:
        raise CaptureError(f"{file}: the record at offset {offset} does not match its digest")
    capture = Capture(
        url=(record.headers.get("WARC-Target-URI") or "").strip("<>"),
        captured_at=record.record_date.astimezone(UTC),
        status=record.http_headers.status_code or 0,
        warc_file=name,
        warc_offset=offset,
        record_id=record.record_id or "",
        digest=digest,
    )
    is_cut = record.headers.get("WARC-Truncated") == "length"
    return Recorded(capture, headers, body, is_cut)


def _says_chunked(header: tuple[bytes, bytes]) -> bool:
    name, value = header
    return name.lower() == b"transfer-encoding" and b"chunked" in value.lower()
