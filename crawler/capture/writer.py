"""Writes WARC files: every response is recorded before any other code uses it."""

import contextlib
import errno
import io
import os
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from io import FileIO
from pathlib import Path
from urllib.parse import quote, urlsplit

from warcio.recordbuilder import RecordBuilder
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.capture.private import make_folder, open_private
from storage.errors import CaptureError
from storage.model.articles import Capture

_GZIP_LEVEL = 6  # 9 takes twice the time and saves one percent
_GZIP_FORMAT = 31  # zlib's wbits for gzip with the largest window
_MAX_HELD_BYTES = 16 * 1024 * 1024  # of bodies
_HOP_BY_HOP = {"transfer-encoding"}  # Scrapy has undone it: the stored body would not match it
_HEADERS = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with its response, as sent over the network; `received_at` in UTC.

    is_cut: the body was over the limit and is left out.
    """

    url: str
    method: str
    request_headers: tuple[tuple[bytes, bytes], ...]
    status: int
    response_headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    received_at: datetime
    protocol: str | None = None
    ip_address: str | None = None
    is_cut: bool = False


class WarcFiles:
    """The WARC files of one run: `<outlet>-<UTC start>-<run id>-<serial>.warc.gz`.

    They are written below `<captures>/<outlet>/<year>/`, each record as a gzip member of its own.
    captures: the folder that the captures' paths are relative to. agent: our user agent.
    max_bytes: a file that has reached this size is followed by the next. An existing file is
    never opened: after a crash its last record may be torn. written: the files so far.

    An exchange that may bring nothing new can be held back. It is written before the next exchange
    that is not held back, so that records keep their order; otherwise `finish` decides.
    """

    def __init__(
        self,
        captures: Path,
        outlet: str,
        run_id: str,
        agent: str,
        max_bytes: int,
        started_at: datetime,
    ):
        self.captures = captures
        self._folder = captures / outlet / str(started_at.year)
        self._stem = f"{outlet}-{started_at.astimezone(UTC):%Y%m%d%H%M%S}-{run_id}"
        self._info = {
            "software": agent.split(" ", maxsplit=1)[0],
            "format": "WARC File Format 1.1",
            "isPartOf": run_id,
            "http-header-user-agent": agent,
            "robots": "classic",
        }
        self._max_bytes = max_bytes
        self._day = f"{outlet}-{started_at.astimezone(UTC):%Y%m%d}"
        self._held: list[tuple[Exchange, Callable[[Capture], None]]] = []
        self._serial = 0
        self.written: list[Path] = []
        self._path = Path()
        self._file: FileIO | None = None
        self._info_id = ""

    def write(self, exchange: Exchange) -> Capture:
        """Write one exchange to disk (fsync), and return the capture that points to its response.

        Raises CaptureError if it cannot be written; the file then ends with the last whole record.
        """
        self.release()
        return self._write(exchange)

    def hold(self, exchange: Exchange, set_capture: Callable[[Capture], None]) -> None:
        """Hold an exchange back.

        set_capture: called now with a capture without a file, and with the real one once the
        exchange is written. Raises CaptureError if the folder is not writable, or if too many
        bytes are held back and writing them fails.
        """
        try:
            self._require_folder()
        except OSError as error:
            raise self._write_error(error) from None
        set_capture(_unwritten(exchange))
        self._held.append((exchange, set_capture))
        if sum(len(held.body) for held, _ in self._held) > _MAX_HELD_BYTES:
            self.release()

    def release(self) -> None:
        """Write the exchanges that are held back. Raises CaptureError."""
        held, self._held = self._held, []
        for exchange, set_capture in held:
            set_capture(self._write(exchange))

    def finish(self, *, found_nothing: bool) -> None:
        """Close the file. Raises CaptureError.

        found_nothing: the exchanges still held back brought nothing new. They are dropped if
        nothing else was recorded and the outlet has a file of this day: one such record a day is
        enough.
        """
        if found_nothing and not self.written and any(self._folder.glob(f"{self._day}*")):
            self._held.clear()
        self.release()
        self.close()

    def _write(self, exchange: Exchange) -> Capture:
        try:
            file = self._open_file()
            offset = file.tell()
            data, record = _pair(exchange, self._info_id)
            _append(file, offset, data)
        except OSError as error:
            raise self._write_error(error) from None
        if offset + len(data) >= self._max_bytes:
            self.close()
        headers = record.rec_headers
        return Capture(
            url=exchange.url,
            captured_at=exchange.received_at,
            status=exchange.status,
            warc_file=self._path.relative_to(self.captures).as_posix(),
            warc_offset=offset,
            record_id=headers.get_header("WARC-Record-ID"),
            digest=headers.get_header("WARC-Payload-Digest"),
        )

    def close(self) -> None:
        """Close the file; the next `write` begins another."""
        if self._file is not None:
            with contextlib.suppress(OSError):  # every record was flushed when it was written
                self._file.close()
            self._file = None

    def _require_folder(self) -> None:
        make_folder(self._folder)
        if not os.access(self._folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self._folder))

    def _open_file(self) -> FileIO:
        if self._file is None:
            self._serial += 1
            self._path = self._folder / f"{self._stem}-{self._serial:05}.warc.gz"
            self._require_folder()
            # Unbuffered: bytes that a full disk refuses must not be written again at the close.
            self._file = open_private(self._path, "xb", buffering=0)
            self.written.append(self._path)
            data, self._info_id = _info_record(self._path.name, self._info)
            _append(self._file, 0, data)
        return self._file

    def _write_error(self, error: OSError) -> CaptureError:
        self.close()
        path = self._path if self._path.name else self._folder
        return CaptureError(
            f"{path}: cannot be written: {error.strerror or error}; the captures folder needs"
            " space and write permission"
        )


def _unwritten(exchange: Exchange) -> Capture:
    """Return the capture of an exchange that is not written; no archive accepts it."""
    return Capture(exchange.url, exchange.received_at, exchange.status, "", 0, "", "")


def _append(file: FileIO, offset: int, data: bytes) -> None:
    """Write all of `data` at the file's end, or nothing of it."""
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) or 0 :]
        os.fsync(file.fileno())
    except OSError:
        # Readers stop at a torn record.
        with contextlib.suppress(OSError):
            os.ftruncate(file.fileno(), offset)
        raise


_RECORDS = RecordBuilder(warc_version="1.1")


def _member(record: ArcWarcRecord) -> bytes:
    """Return a record as a gzip member of its own."""
    buffer = io.BytesIO()
    WARCWriter(buffer, gzip=False, warc_version="1.1").write_record(record)
    return zlib.compress(buffer.getbuffer(), _GZIP_LEVEL, _GZIP_FORMAT)


def _info_record(name: str, info: dict[str, str]) -> tuple[bytes, str]:
    record = _RECORDS.create_warcinfo_record(name, info)
    return _member(record), record.rec_headers.get_header("WARC-Record-ID")


def _pair(exchange: Exchange, info_id: str) -> tuple[bytes, ArcWarcRecord]:
    """Return response and request record as bytes, and the response record."""
    url = _address(exchange.url)
    common = {
        "WARC-Date": f"{exchange.received_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z",
        "WARC-Warcinfo-ID": info_id,
    }
    extra = {"WARC-Protocol": exchange.protocol.lower()} if exchange.protocol else {}
    if exchange.ip_address:
        extra["WARC-IP-Address"] = exchange.ip_address
    if exchange.is_cut:
        extra["WARC-Truncated"] = "length"
    response = _RECORDS.create_warc_record(
        url,
        "response",
        payload=io.BytesIO(exchange.body),
        length=len(exchange.body),
        http_headers=_response_head(exchange),
        warc_headers_dict=common | extra,
    )
    concurrent = {"WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID")}
    request = _RECORDS.create_warc_record(
        url, "request", http_headers=_request_head(exchange), warc_headers_dict=common | concurrent
    )
    return _member(response) + _member(request), response


def _response_head(exchange: Exchange) -> StatusAndHeaders:
    known = {status.value: status.phrase for status in HTTPStatus}
    line = f"{exchange.status} {known.get(exchange.status, 'Unknown')}"
    headers = [(n, v) for n, v in _texts(exchange.response_headers) if n.lower() not in _HOP_BY_HOP]
    return StatusAndHeaders(line, headers, protocol=exchange.protocol or "HTTP/1.1")


def _request_head(exchange: Exchange) -> StatusAndHeaders:
    parts = urlsplit(exchange.url)
    target = _address((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    headers = [("Host", _address(parts.netloc)), *_texts(exchange.request_headers)]
    line = f"{exchange.method} {target} {exchange.protocol or 'HTTP/1.1'}"
    return StatusAndHeaders(line, headers, is_http_request=True)


def _texts(headers: _HEADERS) -> list[tuple[str, str]]:
    """Return headers as text that a WARC file can hold: ASCII names, one-line values."""
    return [
        (quote(name.decode("latin-1"), safe="!#$%&'*+-.^_`|~"), _one_line(value.decode("latin-1")))
        for name, value in headers
    ]


def _address(url: str) -> str:
    """Return a URL for a header: everything but printable ASCII is percent-encoded."""
    return quote(url, safe="".join(map(chr, range(33, 127))), errors="replace")


def _one_line(text: str) -> str:
    """Return `text` with control characters as spaces, and non-ASCII ones percent-encoded."""
    line = "".join(" " if ord(char) < 32 or ord(char) == 127 else char for char in text)
    return quote(line.strip(), safe="".join(map(chr, range(32, 127))))
