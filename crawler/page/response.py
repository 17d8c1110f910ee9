"""What was fetched, as the pure rooms see it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Page:
    """One response, decompressed.

    url: the address that answered, after redirects.
    body: the payload's bytes, content encoding removed.
    fetched_at: time of the capture, UTC.
    status: HTTP status code.
    content_type: value of that header, if any.
    """

    url: str
    body: bytes
    fetched_at: datetime
    status: int = 200
    content_type: str | None = None
