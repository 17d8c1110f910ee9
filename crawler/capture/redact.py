"""Takedowns in the captures folder: tombstones in place of an article's records."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawler.capture.files import list_files
from crawler.capture.hold import hold_host
from crawler.capture.tombstone import RecordSpan, redact_file
from crawler.outlets.model import Outlet
from crawler.page.urls import canonical_url
from storage.archive import Archive
from storage.model.maintenance import Redaction


@dataclass(frozen=True, slots=True)
class Removed:
    """What a takedown did: files rewritten, records taken out, files that lie elsewhere."""

    files: int
    records: int
    elsewhere: tuple[str, ...]


def host_hold(
    archive: Archive, captures: Path, outlets: Mapping[str, Outlet], slug: str
) -> AbstractContextManager[object]:
    """Return what keeps crawls of an outlet from writing WARC files meanwhile.

    Raises CrawlError where one is running. An outlet without a file cannot be crawled.
    """
    if slug not in outlets:
        return nullcontext()
    return hold_host(archive, captures, outlets[slug].host, "redact")


def rewrite(archive: Archive, captures: Path, redaction: Redaction, now: datetime) -> Removed:
    """Take a redacted article's records out of the WARC files, and say so in the archive.

    The caller holds the outlet's lock. Doing it again does what a kill left undone. Files outside
    the captures folder are not ours to write. Raises CaptureError.
    """
    files = dict.fromkeys(one.warc_file for one in redaction.captures)
    elsewhere = tuple(name for name in files if Path(name).is_absolute())
    is_wanted = _wanted(redaction)
    rewritten: list[Path] = []
    records = 0
    for name in files:
        path = captures / name
        if name not in elsewhere and path.is_file():
            taken = redact_file(path, is_wanted)
            records += taken
            rewritten += [path] if taken else []
    # Also those that were rewritten before a kill: their digests are still the old ones.
    listed = [captures / name for name in files if name not in elsewhere]
    list_files(archive, captures, [path for path in listed if path.is_file()], now)
    archive.maintenance.finish_redaction(redaction.number, now)
    return Removed(len(rewritten), records, elsewhere)


def _wanted(redaction: Redaction) -> Callable[[RecordSpan], bool]:
    """Return whether a record is of the article: stored, or recorded at its address and lost."""
    ids = {one.record_id for one in redaction.captures}
    urls = {canonical_url(url) for url in redaction.urls}
    return lambda record: record.record_id in ids or canonical_url(record.url) in urls
