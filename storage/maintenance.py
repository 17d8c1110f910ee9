"""The nouns of the archive's upkeep. Pure, standard library only; times are aware UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OutletStats:
    """What the archive has of one outlet.

    revisions: states beyond the first. refusals: how many captures, by reason.
    first_at, last_at: publication (else first capture) of the oldest and the newest article.
    captured_from, captured_to: the first and the last capture.
    """

    outlet: str
    articles: int
    revisions: int
    captures: int
    refusals: Mapping[str, int]
    first_at: datetime | None
    last_at: datetime | None
    captured_from: datetime | None
    captured_to: datetime | None


@dataclass(frozen=True, slots=True)
class ArchiveStats:
    """What the archive has, by outlet, and how many bytes its database takes on the disk."""

    outlets: tuple[OutletStats, ...]
    database_bytes: int


@dataclass(frozen=True, slots=True)
class WarcFile:
    """A WARC file that no crawl writes to any more.

    name: as in `Capture.warc_file`. sha256: of the whole file, in hex.
    """

    name: str
    size_bytes: int
    sha256: str
    listed_at: datetime
