"""Re-extraction: pages per second, from WARC files through child processes into an archive.

    TINQUAN_SHARED=../shared .venv/bin/python -m benchmarks.reextract [PAGES [JOBS [EVERY]]]

The corpus's real pages are recorded repeatedly, each with its own id, and stored as read by an
older version: one in EVERY (10) with another tag, so that it is rewritten. Figures: extraction
alone in this process, re-reading without writing, and with writing. Wall clock times, with the
start of the child processes.
"""

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.extract import FETCHED, corpus
from crawler.capture.objects.files import CaptureFiles
from crawler.capture.writer import Exchange, WarcFiles
from crawler.commands.archive.reextract import batches_of
from crawler.extract import extract
from crawler.extract.article import VERSION
from crawler.families import FAMILY_NAMES
from crawler.outlets.model import Outlet, load_outlets, outlet_of_host
from crawler.page.response import Page
from crawler.page.urls import host_of
from crawler.reprocess.compare import Result
from crawler.reprocess.reextract import Report, RereadCallbacks, RereadSettings, reread
from storage.archive import Archive, open_archive
from storage.model.articles import Article
from storage.model.readings import RereadQuery
from storage.model.runs import Run

OUTLETS = load_outlets(Path(__file__).parent.parent / "config/outlets", FAMILY_NAMES)
HTML = ((b"Content-Type", b"text/html; charset=utf-8"),)


def variants(count: int) -> Iterator[tuple[Page, Outlet]]:
    """Yield real pages of outlets that have a file, each with its own id and time."""
    known = []
    for _, page in corpus():
        outlet = outlet_of_host(OUTLETS, host_of(page.url) or "")
        result = extract(page, outlet)
        id_ = result.article_id if isinstance(result, Article) else None
        if outlet and id_ and id_ in page.url:
            known.append((page, outlet, id_))
    for number in range(count):
        page, outlet, id_ = known[number % len(known)]
        own = f"{id_[:-4]}{number:04d}"
        body = page.body.replace(id_.encode(), own.encode())
        at = FETCHED + timedelta(seconds=number)
        yield replace(page, url=page.url.replace(id_, own), body=body, fetched_at=at), outlet


def fill(archive: Archive, folder: Path, count: int, every: int) -> float:
    """Record and store pages as read by an older version; return the seconds of extraction."""
    archive.runs.start(Run("run", "benchmark", FETCHED))
    files = WarcFiles(folder, "benchmark", "run", "benchmark", 10**10, FETCHED)
    seconds = 0.0
    for number, (page, outlet) in enumerate(variants(count)):
        at = page.fetched_at
        capture = files.write(Exchange(page.url, "GET", (), 200, HTML, page.body, at))
        start = time.perf_counter()
        result = extract(page, outlet)
        seconds += time.perf_counter() - start
        if isinstance(result, Article):
            older = replace(result, extraction=replace(result.extraction, version=VERSION - 1))
            tags = older.tags if number % every else (*older.tags, "older")
            archive.articles.store("run", capture, replace(older, tags=tags))
    files.close()
    return seconds


def again(archive: Archive, folder: Path, jobs: int, *, write: bool) -> tuple[Report, float]:
    """Re-read all captures; return the report and the wall clock time in seconds."""
    reader = RereadSettings(CaptureFiles(folder), OUTLETS, VERSION, jobs)

    def keep(results: Sequence[tuple[int, Result]]) -> None:
        if write:
            archive.captures.reread(results, VERSION, datetime.now(UTC))

    steps = RereadCallbacks(keep, lambda _: None, lambda _: None)
    start = time.perf_counter()
    report = reread(batches_of(archive, [RereadQuery(VERSION)]), reader, steps)
    return report, time.perf_counter() - start


def main(count: int = 2000, jobs: int = 2, every: int = 10) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with open_archive(f"sqlite:///{folder}/benchmark.db") as archive:
            seconds = fill(archive, folder, count, every)
            print(f"extraction alone, one process   {count / seconds:6.0f} pages/s")
            for what, write in (("not written", False), ("written", True)):
                report, seconds = again(archive, folder, jobs, write=write)
                effects = {effect.value: number for effect, number in report.effects.items()}
                speed = f"{report.done / seconds:6.0f} pages/s"
                print(f"read again by {jobs}, {what:15}{speed}  {effects}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
