"""The archive's upkeep: its nouns, and what may be asked of an archive.

Pure, standard library only; times are aware UTC.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

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

    name: as in `Capture.warc_file`. sha256: of the whole file, in hex.
    """

    name: str
    size_bytes: int
    sha256: str
    listed_at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the archive that is not as it should be.

    check: name of the check that found it. repair: what would mend it, or did. can_repair: True
    where the check mends it itself; else `repair` tells what a person can do.
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
    in bytes. sha256: of the WARC files that were listed.
    """

    tables: Mapping[str, int]
    records: Mapping[str, int]
    sha256: Mapping[str, str]


class Maintenance(Protocol):
    """The archive's own upkeep; docs/archive.md."""

    def stats(self) -> ArchiveStats:
        """Return how much the archive has."""
        ...

    def list_warc_files(self, files: Sequence[WarcFile]) -> None:
        """Write the sizes and digests of WARC files that are whole."""
        ...

    def warc_files(self) -> Iterator[WarcFile]:
        """Yield the listed WARC files by name."""
        ...

    def unlisted_warc_files(self, names: Sequence[str]) -> list[str]:
        """Return those names that are not listed."""
        ...

    def check(self, begun: Callable[[str], object], *, repair: bool = False) -> Iterator[Finding]:
        """Yield what is wrong with the archive's rows, in constant memory, beside crawls too.

        begun: told each check's name before it starts. repair: mend what can be mended.
        """
        ...

    def recorded(self) -> Iterator[Recorded]:
        """Yield every capture, in the order in which they were stored."""
        ...

    def move_record(self, number: int, offset: int) -> None:
        """Let a capture, by number, point to another place, in bytes, in its WARC file."""
        ...

    def redact(self, ref: str, reason: str, who: str, now: datetime) -> Redaction:
        """Take an article's text out of the database, in one transaction; it is never stored again.

        ref: as for `Reader.article`. who: asked for it, for the audit. Its recordings still hold
        the text: rewrite them and call `finish_redaction`. Raises NotFoundError.
        """
        ...

    def scrub(self) -> bool:
        """Clear what was redacted out of the database's own files, where it is deleted only.

        Return False where someone else reads what was there before: do it again later.
        """
        ...

    def redaction(self, ref: str) -> Redaction | None:
        """Return the last redaction of the article with this short id or URL, if any."""
        ...

    def open_redactions(self) -> list[Redaction]:
        """Return redactions whose recordings are not rewritten yet."""
        ...

    def finish_redaction(self, number: int, now: datetime) -> None:
        """Write that a redaction's recordings are rewritten too."""
        ...
