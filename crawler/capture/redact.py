"""Takedowns in the WARC files: tombstones in place of an article's records."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawler.capture.files import list_files
from crawler.capture.hold import hold_host
from crawler.capture.objects.files import CaptureFiles
from crawler.capture.objects.push import is_as_listed, push_file
from crawler.capture.objects.store import StoreError
from crawler.capture.tombstone import RecordSpan, record_spans, redact_file
from crawler.outlets.model import Outlet
from crawler.page.urls import canonical_url
from storage.archive import Archive
from storage.errors import CaptureError, CrawlError
from storage.model.maintenance import Redaction, WarcFile


@dataclass(frozen=True, slots=True)
class Removed:
    """What a takedown did: files rewritten, records taken out, files that lie elsewhere.

    lacking: files that another machine has yet to push; it goes on with the takedown then.
    versions: what a store that keeps earlier versions of its objects still has, and how it calls
    them.
    """

    files: int
    records: int
    elsewhere: tuple[str, ...]
    lacking: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()


def host_hold(
    archive: Archive, captures: Path, outlets: Mapping[str, Outlet], slug: str
) -> AbstractContextManager[object]:
    """Return what keeps crawls of an outlet from writing WARC files meanwhile.

    Raises CrawlError where one is running. An outlet without a file cannot be crawled.
    """
    if slug not in outlets:
        return nullcontext()
    return hold_host(archive, captures, outlets[slug].host, "redact")


def rewrite(archive: Archive, files: CaptureFiles, redaction: Redaction, now: datetime) -> Removed:
    """Take a redacted article's records out of the WARC files, and say so in the archive.

    Here, and in the object store. The caller holds the outlet's lock. Doing it again does what a
    kill left undone. Files outside the captures folder are not ours to write. Raises CaptureError.
    """
    names = dict.fromkeys(one.warc_file for one in redaction.captures)
    elsewhere = tuple(name for name in names if Path(name).is_absolute())
    with _rewriting(files) if files.url else nullcontext():
        here, lacking = _brought_here(archive, files, redaction)
        records = {name: redact_file(files.folder / name, _wanted(redaction)) for name in here}
        for name in here:
            if here[name] and not records[name]:  # fetched in vain: it was done before
                (files.folder / name).unlink()
        # Also those that were rewritten before a kill: their digests are still the old ones.
        kept = [name for name in here if records[name] or not here[name]]
        list_files(
            archive, files.folder, [files.folder / name for name in kept], now, redacted=True
        )
        versions = _stored_anew(archive, files, kept, now) if files.url else ()
    if not lacking:
        archive.maintenance.finish_redaction(redaction.number, now)
    rewritten = sum(1 for count in records.values() if count)
    return Removed(rewritten, sum(records.values()), elsewhere, lacking, versions)


@contextmanager
def _rewriting(files: CaptureFiles) -> Iterator[None]:
    """Keep pushes away; say who goes on where the store is away."""
    with files.writing():
        try:
            yield
        except StoreError as error:
            raise StoreError(
                f"{error}: the takedown has not reached its recordings; the same command, or the"
                " next push, goes on"
            ) from None


def _brought_here(
    archive: Archive, files: CaptureFiles, redaction: Redaction
) -> tuple[dict[str, bool], tuple[str, ...]]:
    """Return the files that can be rewritten, with whether each was fetched; and those that cannot.

    A copy that is not as the archive says may be older than a takedown on another machine: what the
    store has comes in its place, if it is the file. Without a store a file that is not here is
    lost, and `archive check` says so.
    """
    records = _records_by_file(redaction)
    names = list(records)
    is_here = {name: (files.folder / name).is_file() for name in names}
    if not files.url:
        return {name: False for name in names if is_here[name]}, ()
    listed = {one.name: one for one in archive.captures.find_warc_files(names)}
    found = {}
    for name in names:
        is_right = is_here[name] and is_as_listed(files.folder / name, listed.get(name))
        if not is_right and files.stored(name).is_file():
            files.fetch(name, _is_file_of(listed.get(name), records[name]))
            found[name] = True
        elif is_here[name]:
            found[name] = False
    return found, tuple(name for name in names if name not in found)


def _stored_anew(
    archive: Archive, files: CaptureFiles, names: list[str], now: datetime
) -> tuple[str, ...]:
    """Push rewritten files at once; return what a store with versions keeps of the former."""
    kept = []
    for name in names:
        version = files.stored(name).version()
        push_file(archive, files, name, now)
        if version is not None:
            kept.append(f"{files.stored(name)} (version {version})")
    return tuple(kept)


def go_on_with_takedowns(
    archive: Archive, files: CaptureFiles, outlets: Mapping[str, Outlet], now: datetime
) -> list[str]:
    """Rewrite what takedowns could not reach: what lies here, and what waits in the object store.

    One whose outlet is being crawled is left for the next time. Returns why others could not go on.
    """
    errors = []
    for redaction in archive.maintenance.open_redactions():
        if not _can_go_on(archive, files, redaction):
            continue
        try:
            with host_hold(archive, files.folder, outlets, redaction.outlet):
                rewrite(archive, files, redaction, now)
        except CaptureError as error:
            errors.append(str(error))
        except CrawlError:
            continue
    return errors


def _can_go_on(archive: Archive, files: CaptureFiles, redaction: Redaction) -> bool:
    names = list(_records_by_file(redaction))
    if any((files.folder / name).is_file() for name in names):
        return True
    return any(
        one.stored_at is not None
        and (one.rewritten_at is None or one.rewritten_at < redaction.redacted_at)
        for one in archive.captures.find_warc_files(names)
    )


def _records_by_file(redaction: Redaction) -> dict[str, set[str]]:
    """Return the ids of an article's records, by WARC file of the captures folder."""
    found: dict[str, set[str]] = {}
    for one in redaction.captures:
        if not Path(one.warc_file).is_absolute():
            found.setdefault(one.warc_file, set()).add(one.record_id)
    return found


def _is_file_of(listed: WarcFile | None, records: set[str]) -> Callable[[Path], bool]:
    """Return whether a file is the one that is listed, or has the records, or tombstones of them.

    What a kill left in the store has another digest than what is listed.
    """

    def is_it(file: Path) -> bool:
        if listed is not None and is_as_listed(file, listed):
            return True
        held = {id_ for span in record_spans(file) for id_ in (span.record_id, span.refers_to)}
        return records <= held

    return is_it


def _wanted(redaction: Redaction) -> Callable[[RecordSpan], bool]:
    """Return whether a record is of the article: stored, or recorded at its address and lost."""
    ids = {one.record_id for one in redaction.captures}
    urls = {canonical_url(url) for url in redaction.urls}
    return lambda record: record.record_id in ids or canonical_url(record.url) in urls
