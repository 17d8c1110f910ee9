"""What a killed crawl recorded and did not come to store: found, so that nobody is asked again.

A crawl that ends lists its WARC files in the archive. Those of one that was killed, or whose pages
the archive did not take, are not listed.
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
"""How a run may have ended that was killed, or whose pages the archive did not take; any other has
listed its files.
"""


def files_left_behind(
    archive: Archive, captures: Path, outlet: str | None, is_dead: Callable[[Run], bool]
) -> list[Path]:
    """Return the WARC files, by name, of the runs of an outlet (None: of any) that were killed."""
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
    """Return the responses with a page in those files, in the order of time.

    A torn file gives its whole records, one that holds none gives nothing.
    """
    found: list[RecordEntry] = []
    for file in files:
        try:
            found += scan(file).entries
        except CaptureError as error:
            _log.info("nothing is read back: %s", error)
    return sorted((e for e in found if 200 <= e.status < 300), key=lambda e: e.date)
