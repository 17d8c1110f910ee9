"""One request and its answer, before they become WARC records."""

import hashlib
import struct
import zlib
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

USER_AGENT = "tinquan/0.1 (+https://example.org/tinquan-contact)"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"
Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was asked and what came back.

    packed: the body goes over the wire with gzip content encoding.
    changed: time for Last-Modified and, with the body's hash, for an ETag; None for neither.
    """

    url: str
    body: str = ""
    status: int = 200
    content_type: str = HTML
    packed: bool = False
    changed: datetime | None = None
    extra: tuple[tuple[str, str], ...] = ()
    server: str = "nginx"

    @property
    def status_line(self) -> str:
        """Status code and reason."""
        return f"{self.status} {HTTPStatus(self.status).phrase}"

    @property
    def payload(self) -> bytes:
        """The body's bytes as sent."""
        data = self.body.encode("utf-8")
        return stored_gzip(data) if self.packed else data

    def request_headers(self) -> Headers:
        """Return what an honest crawler sends."""
        return [
            ("Host", urlsplit(self.url).netloc),
            ("User-Agent", USER_AGENT),
            ("Accept", "*/*"),
            ("Accept-Encoding", "gzip"),
        ]

    def response_headers(self, at: datetime) -> Headers:
        """Return the answer's headers for an answer given `at` that time (UTC)."""
        headers = [
            ("Server", self.server),
            ("Date", at.strftime(HTTP_DATE)),
            ("Content-Type", self.content_type),
            ("Content-Length", str(len(self.payload))),
            ("Connection", "keep-alive"),
            *self.extra,
        ]
        if self.packed:
            headers += [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
        if self.changed:
            etag = hashlib.sha256(self.body.encode()).hexdigest()[:16]
            headers += [
                ("Last-Modified", self.changed.strftime(HTTP_DATE)),
                ("ETag", f'W/"{etag}"'),
            ]
        return headers


def stored_gzip(data: bytes) -> bytes:
    """Return `data` as a gzip file of stored blocks.

    Compressed bytes differ from one zlib to the next, and with them every digest; stored blocks
    are the same everywhere, and the WARC record around them is compressed anyway.
    """
    size = 0xFFFF
    chunks = [data[start : start + size] for start in range(0, len(data), size)] or [b""]
    blocks = [
        struct.pack("<BHH", number == len(chunks) - 1, len(chunk), len(chunk) ^ 0xFFFF) + chunk
        for number, chunk in enumerate(chunks)
    ]
    header = b"\x1f\x8b\x08" + bytes(5) + b"\x00\xff"
    return header + b"".join(blocks) + struct.pack("<II", zlib.crc32(data), len(data))
