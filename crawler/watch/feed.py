"""Feed files of watches and queries, rewritten when their content changes."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from crawler.config.config import Config
from crawler.watch.atom import atom_of, feed_entries, tag_authority
from crawler.watch.digest import Entries
from crawler.watch.watches import WatchOrder
from storage.archive import Archive
from storage.errors import ExportError
from storage.model.watches import Arrivals, Look, Report

_Item = TypeVar("_Item")
ENTRIES = 100
"""The most entries of a topic in a feed."""
_DIGESTS = 100  # of a watch, that are read to find them


def write_feeds(
    archive: Archive, orders: Mapping[str, WatchOrder], looks: Iterable[Look], config: Config
) -> tuple[list[Path], list[ExportError]]:
    """Write the feeds of the evaluated watches, if they changed: by an arrival or a takedown.

    Return the written files, and the errors of those that could not be written.
    """
    written, faults = [], []
    for look in looks:
        order = orders[look.watch]
        if not order.watch.feed:
            continue
        file, data = config.root / order.watch.feed, watch_feed(archive, order, config)
        try:
            if put_file(file, data):
                written.append(file)
        except ExportError as error:
            faults.append(error)
    return written, faults


def watch_feed(archive: Archive, order: WatchOrder, config: Config) -> bytes:
    """Return the feed of a watch: the articles of its last digests, in their current state."""
    watch = order.watch
    arrivals = newest([digest.arrivals for digest in archive.watches.digests(watch.name, _DIGESTS)])
    report = archive.watches.report(arrivals, order.query, ENTRIES)
    entries = Entries(watch.language, config.reader)
    return feed_of(report, watch.name, f"watch/{watch.name}", entries, config.contact)


def feed_of(report: Report, title: str, path: str, entries: Entries, contact: str) -> bytes:
    """Return a report as Atom. path, contact: unique part and authority of the feed's tag URI."""
    found = feed_entries(report, entries)
    return atom_of(title, path, tag_authority(contact), found)


def newest(found: Iterable[Arrivals]) -> Arrivals:
    """Return the last `ENTRIES` arrivals of each topic; found: newest first."""
    parts = list(found)
    return Arrivals(
        _last([part.new for part in parts]),
        _last([part.copies for part in parts]),
        _last([part.edits for part in parts]),
        _last([part.removed for part in parts]),
    )


def _last(parts: Iterable[tuple[_Item, ...]]) -> tuple[_Item, ...]:
    """Return the last `ENTRIES` items; parts: newest first, each in the order of arrival."""
    items = dict.fromkeys(item for part in parts for item in reversed(part))
    return tuple(list(items)[:ENTRIES])


def put_file(path: Path, data: bytes) -> bool:
    """Write a file if its content changes; return whether it did. Raises ExportError."""
    with suppress(OSError):
        if path.read_bytes() == data:
            return False
    replace_file(path, data)
    return True


def replace_file(path: Path, data: bytes) -> None:
    """Replace a file atomically. Raises ExportError, and leaves the old file as it is."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise ExportError(
            f"{path}: cannot be written: {reason}; check its folder and space"
        ) from None
