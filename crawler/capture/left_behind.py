"""Finds the pages that a killed crawl recorded and did not store, so that none is requested again.

A crawl lists its WARC files in the archive when it ends. Files of a crawl that was killed, or
whose pages the archive rejected, are not listed.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from crawler.capture.files import warc_paths
from crawler.capture.scan import RecordEntry, scan
from storage.archive import Archive
from storage.errors import CaptureError
from storage.model.runs import Outcome, Run

_log = logging.getLogger(__name__)
MAY_LEAVE_PAGES = frozenset(Outcome) - {Outcome.DONE}
"""The outcomes of runs that may have left recorded pages unstored; others listed their files."""


def files_left_behind(
    archive: Archive, captures: Path, outlet: str | None, is_dead: Callable[[Run], bool]
) -> list[Path]:
    """Return the unlisted WARC files of an outlet's dead runs; of all outlets if it is None."""
    dead = {run.id for run in archive.runs.find(outlet) if not run.replay and is_dead(run)}
    if not dead:
        return []
    paths = {
        path.relative_to(captures).as_posix(): path
        for path in warc_paths(captures / outlet if outlet else captures)
        if dead.intersection(path.name.split("-"))
    }
    return [paths[name] for name in archive.captures.unlisted_warc_files(list(paths))]


def pages_left_behind(files: list[Path]) -> list[RecordEntry]:
    """Return the successful responses in those files, oldest first.

    Of a torn file these are its whole records, if there are any.
    """
    found: list[RecordEntry] = []
    for file in files:
        try:
            found += scan(file).entries
        except CaptureError as error:
            _log.info("nothing is read back: %s", error)
    return sorted((e for e in found if 200 <= e.status < 300), key=lambda e: e.date)
