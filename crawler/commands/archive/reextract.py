"""`tinquan reextract`: extract captures again with today's code, and show what changes."""

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
        bool,
        typer.Option("--dry-run", help="Show what would change in all captures; write nothing."),
    ] = False,
    all_: Annotated[
        bool, typer.Option("--all", help="Also captures that this version has read already.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Worker processes; by default one per core.")
    ] = None,
    diffs: Annotated[int, typer.Option(min=0, help="Show what changed in at most N articles.")] = 5,
    setup: options.Setup,
    json: options.Json = False,
) -> None:
    """Read captures again with today's code. --since and --until bound the time of capture.

    A change counts as re-extraction, not as the outlet's edit; earlier readings are kept.
    Interrupted and run again, it continues where it stopped.
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
    open_ = reading_of if dry_run else archive_of
    with open_(settings) as opened, progress("reading", hidden=json) as update:
        update(total=sum(opened.captures.count_to_reread(query) for query in queries))
        callbacks = RereadCallbacks(
            write=_discard if dry_run else _write_to(opened),
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
    """Yield batches of captures to read again, query by query, oldest capture first."""
    for query in queries:
        found = archive.captures.to_reread(query, BATCH)
        while found:
            yield [RereadItem(*row) for row in found]
            found = archive.captures.to_reread(replace(query, after=found[-1][0]), BATCH)


def _write_to(archive: Archive) -> Callable[[Sequence[tuple[int, Result]]], object]:
    def write(results: Sequence[tuple[int, Result]]) -> None:
        archive.captures.reread(results, VERSION, datetime.now(UTC))

    return write


def _discard(_results: Sequence[tuple[int, Result]]) -> None:
    """Write nothing."""
