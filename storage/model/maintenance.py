"""Maintenance of the archive: statistics, WARC files, checks, redactions, copies and backups."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from storage.model.articles import Capture


@dataclass(frozen=True, slots=True)
class OutletStats:
    """Counts and time ranges of one outlet.

    revisions: states after the first. refusals: the number of captures, by reason.
    first_at, last_at: publication (else first capture) of the oldest and the newest article.
    captured_from, captured_to: times of the first and the last capture.
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
    """Statistics by outlet, and the size of the database in bytes."""

    outlets: tuple[OutletStats, ...]
    database_bytes: int


@dataclass(frozen=True, slots=True)
class WarcFile:
    """A closed WARC file, to which no crawl writes any longer.

    name: as in `Capture.warc_file`. sha256: of the whole file, in hex. stored_at: when an object
    store got these bytes. rewritten_at: when the last takedown changed them.
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

    oldest_at: when the first of them was listed. error: why the latest failed push failed.
    """

    files: int
    size_bytes: int
    oldest_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """An inconsistency in the archive.

    check: name of the check that found it. repair: the repair, planned or done. can_repair: True
    if the check can repair it; otherwise `repair` says what a person can do.
    """

    check: str
    what: str
    repair: str
    can_repair: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """A capture in the archive, with its row number.

    is_redacted: True if its WARC record must be a tombstone.
    """

    number: int
    outlet: str
    capture: Capture
    is_redacted: bool


@dataclass(frozen=True, slots=True)
class Redaction:
    """A takedown of an article. article: its short id.

    digests: of the removed texts and records. finished_at: when the WARC files were rewritten;
    None before. captures: those whose records must become tombstones.
    urls: every URL of the article.
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
    """A copied table: its row count, and a digest of its rows, equal in source and target."""

    table: str
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class DatabaseBackup:
    """A backup of the database.

    tables: row counts. records: by WARC file, the byte offset of the last record that a row refers
    to. sha256: of each listed WARC file. stored: names of those that an object store has.
    """

    tables: Mapping[str, int]
    records: Mapping[str, int]
    sha256: Mapping[str, str]
    stored: frozenset[str] = frozenset()
