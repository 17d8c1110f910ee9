"""The HTTP response that the pure packages read."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Page:
    """One response, decompressed.

    url: the final URL, after redirects.
    body: the payload's bytes, content encoding removed.
    fetched_at: time of the capture, UTC.
    status: HTTP status code.
    content_type: value of the Content-Type header, if any.
    """

    url: str
    body: bytes
    fetched_at: datetime
    status: int = 200
    content_type: str | None = None
