"""`tinquan reextract`: captures read again by today's code, and what that changes."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from crawler.capture.objects.files import CaptureFiles
from crawler.commands import options
from crawler.commands.archive.reextract_report import print_report, report_json
from crawler.commands.common import archive_of, outlets_of, print_json, reading_of
from crawler.commands.progress import progress
from crawler.extract.article import VERSION
from crawler.jobs.signals import raise_on_term
from crawler.outlets.model import find_outlet
from crawler.reprocess.compare import Effect, Result
from crawler.reprocess.reextract import (
    BATCH,
    Difference,
    RereadCallbacks,
    RereadItem,
    RereadSettings,
    reread,
)
from storage.archive import Archive
from storage.model.readings import RereadQuery


def reextract(
    *,
    outlet: Annotated[
        list[str] | None, typer.Option(help="Only this outlet; may be repeated.")
    ] = None,
    window: options.Window,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, of all captures; write none.")
    ] = False,
    all_: Annotated[
        bool, typer.Option("--all", help="Also what this version of the code has read.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes that read; one a core if not given.")
    ] = None,
    diffs: Annotated[int, typer.Option(min=0, help="Show what changed in so many articles.")] = 5,
    setup: options.Setup,
    json: options.Json = False,
) -> None:
    """Read captures again with today's code. --since and --until bound the time of capture.

    A change counts as ours, not as the outlet's edit; what was read before is kept. Stopped, it
    goes on where it was when it is started again.
    """
    settings = setup.load()
    known = outlets_of(settings)
    slugs = [find_outlet(known, slug).slug for slug in dict.fromkeys(outlet or ())]
    start, end = window.bounds()
    query = RereadQuery(
        version=None if dry_run or all_ else VERSION,
        since=start,
        until=end,
    )
    queries = [replace(query, outlet=slug) for slug in slugs] or [query]
    workers = jobs or len(os.sched_getaffinity(0))
    files = CaptureFiles(settings.captures, settings.object_store)
    reader = RereadSettings(files, known, VERSION, workers)
    raise_on_term()
    shown: list[Difference] = []
    opening = reading_of if dry_run else archive_of
    with opening(settings) as opened, progress("reading", hidden=json) as update:
        update(total=sum(opened.captures.count_to_reread(each) for each in queries))
        callbacks = RereadCallbacks(
            write=_leave if dry_run else _write_to(opened),
            differ=lambda found: shown.append(found) if len(shown) < diffs else None,
            progress=lambda report: update(completed=report.done),
        )
        report = reread(batches_of(opened, queries), reader, callbacks)
    if json:
        print_json(report_json(report, shown, dry_run=dry_run))
    else:
        print_report(report, shown, dry_run=dry_run)
    if report.unread or report.effects[Effect.FAILED]:
        raise typer.Exit(1)


def batches_of(archive: Archive, queries: list[RereadQuery]) -> Iterator[list[RereadItem]]:
    """Yield what is to be read again, outlet by outlet, oldest capture first."""
    for query in queries:
        found = archive.captures.to_reread(query, BATCH)
        while found:
            yield [RereadItem(*row) for row in found]
            found = archive.captures.to_reread(replace(query, after=found[-1][0]), BATCH)


def _write_to(archive: Archive) -> Callable[[Sequence[tuple[int, Result]]], object]:
    def write(results: Sequence[tuple[int, Result]]) -> None:
        archive.captures.reread(results, VERSION, datetime.now(UTC))

    return write


def _leave(_results: Sequence[tuple[int, Result]]) -> None:
    """Write nothing."""
