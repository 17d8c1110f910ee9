"""Takedowns in the WARC files: replaces an article's records by tombstones."""

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
    """The result of a takedown: the numbers of files rewritten and records removed.

    elsewhere: files outside the captures folder, which are left alone. lacking: files that another
    machine has yet to push; it continues the takedown then. versions: earlier versions that an
    object store still keeps, by its name for them, and files in a store that is no longer
    configured.
    """

    files: int
    records: int
    elsewhere: tuple[str, ...]
    lacking: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()


def host_hold(
    archive: Archive, captures: Path, outlets: Mapping[str, Outlet], slug: str
) -> AbstractContextManager[object]:
    """Return a lock that keeps crawls of an outlet from writing WARC files.

    An outlet without a file cannot be crawled, and needs none. Raises CrawlError if a crawl is
    running.
    """
    if slug not in outlets:
        return nullcontext()
    return hold_host(archive, captures, outlets[slug].host, "redact")


def rewrite(archive: Archive, files: CaptureFiles, redaction: Redaction, now: datetime) -> Removed:
    """Remove a redacted article's records from the WARC files, and record that in the archive.

    It does so here and in the object store. The caller holds the outlet's lock. A second call
    completes what a kill left undone. Files outside the captures folder are not changed. Raises
    CaptureError.
    """
    names = dict.fromkeys(capture.warc_file for capture in redaction.captures)
    elsewhere = tuple(name for name in names if Path(name).is_absolute())
    versions = () if files.url else _in_former_store(archive, redaction)
    with _rewriting(files) if files.url else nullcontext():
        rewritable, lacking = _fetch_files(archive, files, redaction)
        records = {
            name: redact_file(files.folder / name, _wanted(redaction)) for name in rewritable
        }
        untouched = {name for name in rewritable if rewritable[name] and not records[name]}
        # Such a file was redacted before. It needs no push unless its listed digest is still the
        # old one, as after a kill, or a restore of the database.
        done = {
            listed.name
            for listed in archive.captures.find_warc_files(sorted(untouched))
            if is_as_listed(files.folder / listed.name, listed)
        }
        for name in done:
            (files.folder / name).unlink()
        remaining = [name for name in rewritable if name not in done]
        list_files(
            archive, files.folder, [files.folder / name for name in remaining], now, redacted=True
        )
        if files.url:
            versions = _push_rewritten(archive, files, remaining, now)
    if not lacking:
        archive.maintenance.finish_redaction(redaction.number, now)
    rewritten = sum(1 for count in records.values() if count)
    return Removed(rewritten, sum(records.values()), elsewhere, lacking, versions)


@contextmanager
def _rewriting(files: CaptureFiles) -> Iterator[None]:
    """Keep other pushes away, and add to an error of the store how the takedown continues."""
    with files.writing():
        try:
            yield
        except StoreError as error:
            raise StoreError(
                f"{error}: the takedown has not reached its recordings; the same command, or the"
                " next push, continues it"
            ) from None


def _fetch_files(
    archive: Archive, files: CaptureFiles, redaction: Redaction
) -> tuple[dict[str, bool], tuple[str, ...]]:
    """Fetch the article's files from the store, unless a current copy is here.

    Returns the files that can be rewritten, each with whether it was fetched, and those that
    cannot. A copy that differs from its listing may be older than a takedown on another machine:
    the store's object replaces it, if it is the listed file or has its records. Without a store, a
    file that is not here is lost, and `archive check` says so.
    """
    records = _records_by_file(redaction)
    names = list(records)
    is_local = {name: (files.folder / name).is_file() for name in names}
    if not files.url:
        return {name: False for name in names if is_local[name]}, ()
    listed = {row.name: row for row in archive.captures.find_warc_files(names)}
    rewritable = {}
    for name in names:
        is_current = is_local[name] and is_as_listed(files.folder / name, listed.get(name))
        if not is_current and files.stored(name).is_file():
            files.fetch(name, _is_file_of(listed.get(name), records[name]))
            rewritable[name] = True
        elif is_local[name]:
            rewritable[name] = False
    return rewritable, tuple(name for name in names if name not in rewritable)


def _push_rewritten(
    archive: Archive, files: CaptureFiles, names: list[str], now: datetime
) -> tuple[str, ...]:
    """Push rewritten files; return the earlier versions that a versioned store keeps."""
    kept = []
    for name in names:
        version = files.stored(name).version()
        push_file(archive, files, name, now)
        if version is not None:
            kept.append(f"{files.stored(name)} (version {version})")
    return tuple(kept)


def _in_former_store(archive: Archive, redaction: Redaction) -> tuple[str, ...]:
    """Return the files in a store that `captures` named before it was a folder again."""
    listed = archive.captures.find_warc_files(list(_records_by_file(redaction)))
    return tuple(
        f"{file.name} (in the object store that `captures` named before)"
        for file in listed
        if file.stored_at is not None
    )


def go_on_with_takedowns(
    archive: Archive, files: CaptureFiles, outlets: Mapping[str, Outlet], now: datetime
) -> list[str]:
    """Continue open takedowns whose files are now here, or in the object store.

    One whose outlet is being crawled is left for the next time. Returns the errors of the others.
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
        file.stored_at is not None
        and (file.rewritten_at is None or file.rewritten_at < redaction.redacted_at)
        for file in archive.captures.find_warc_files(names)
    )


def _records_by_file(redaction: Redaction) -> dict[str, set[str]]:
    """Return the ids of an article's records by WARC file, for files in the captures folder."""
    records: dict[str, set[str]] = {}
    for capture in redaction.captures:
        if not Path(capture.warc_file).is_absolute():
            records.setdefault(capture.warc_file, set()).add(capture.record_id)
    return records


def _is_file_of(listed: WarcFile | None, records: set[str]) -> Callable[[Path], bool]:
    """Return a function that says whether a file is the listed one, or has the records.

    Tombstones of the records count too: a kill may leave a file in the store whose digest is not
    the listed one.
    """

    def matches(file: Path) -> bool:
        if listed is not None and is_as_listed(file, listed):
            return True
        ids = {id_ for span in record_spans(file) for id_ in (span.record_id, span.refers_to)}
        return records <= ids

    return matches


def _wanted(redaction: Redaction) -> Callable[[RecordSpan], bool]:
    """Return a function that selects the article's records, by id or by address.

    The latter finds records that were never stored.
    """
    ids = {capture.record_id for capture in redaction.captures}
    urls = {canonical_url(url) for url in redaction.urls}
    return lambda record: record.record_id in ids or canonical_url(record.url) in urls
