"""The archive's upkeep: its nouns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from storage.model.articles import Capture


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

    name: as in `Capture.warc_file`. sha256: of the whole file, in hex. stored_at: since when an
    object store has these very bytes. rewritten_at: when the newest takedown changed them.
    push_error: why the last push failed.
    """

    name: str
    size_bytes: int
    sha256: str
    listed_at: datetime
    stored_at: datetime | None = None
    rewritten_at: datetime | None = None
    push_error: str | None = None


@dataclass(frozen=True, slots=True)
class PushBacklog:
    """The WARC files that the object store does not have yet.

    oldest_at: when the first of them was listed. error: why a push failed, the newest.
    """

    files: int
    size_bytes: int
    oldest_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """Something in the archive that is not as it should be.

    check: name of the check that found it. repair: what would mend it, or did. can_repair: True
    where the check mends it itself; else `repair` says what a person can do.
    """

    check: str
    what: str
    repair: str
    can_repair: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """A capture in the archive, by its number there, with the record that it points to.

    is_redacted: True where the record is to be a tombstone.
    """

    number: int
    outlet: str
    capture: Capture
    is_redacted: bool


@dataclass(frozen=True, slots=True)
class Redaction:
    """A takedown of an article. article: its short id.

    digests: of the texts and records that were removed. finished_at: when the recordings were
    rewritten too; None while they are not. captures: whose records are to be tombstones.
    urls: every address that led to the article.
    """

    number: int
    article: int
    outlet: str
    redacted_at: datetime
    redacted_by: str
    reason: str
    digests: tuple[str, ...]
    finished_at: datetime | None
    captures: tuple[Capture, ...]
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Copied:
    """A table that was copied: its rows, and a digest of all of them, alike on both sides."""

    table: str
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class DatabaseBackup:
    """A copy of the database.

    tables: rows of each. records: by WARC file, where the last record that a row points to begins,
    in bytes. sha256: of the WARC files that were listed. stored: those that an object store has.
    """

    tables: Mapping[str, int]
    records: Mapping[str, int]
    sha256: Mapping[str, str]
    stored: frozenset[str] = frozenset()
