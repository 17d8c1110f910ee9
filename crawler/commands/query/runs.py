"""`tinquan runs`: what each crawl did, and how it ended."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape

from crawler.commands.common import (
    ArchiveOption,
    ConfigOption,
    JsonOption,
    load_settings,
    out,
    print_table,
    reading_of,
    slugs_of,
)
from crawler.commands.listing import (
    CsvOption,
    JsonLinesOption,
    LimitOption,
    OffsetOption,
    Portion,
    form_of,
    print_rows,
)
from crawler.jobs.liveness import liveness
from crawler.render.base import kept_apart_text, refused_text, run_json, skipped_text, time_text
from crawler.render.table import Column, Table
from storage.model.runs import Outcome, Run

_COLUMNS = (
    "run",
    "outlet",
    "kind",
    "replay",
    "started_at",
    "ended_at",
    "outcome",
    "error",
    "requested",
    "fetched",
    "links",
    "new",
    "copies",
    "revised",
    "unchanged",
    "known",
    "failed",
    "refused",
    "received_bytes",
    "log_file",
)


def runs(
    outlet: Annotated[str | None, typer.Option(help="Only this outlet.")] = None,
    limit: LimitOption = 20,
    offset: OffsetOption = 0,
    config: ConfigOption = None,
    archive: ArchiveOption = None,
    json: JsonOption = False,
    jsonl: JsonLinesOption = False,
    csv: CsvOption = False,
) -> None:
    """List crawls, newest first: what each did, and how it ended."""
    form = form_of(json=json, jsonl=jsonl, csv=csv)
    settings = load_settings(config, archive)
    with reading_of(settings) as opened:
        slugs_of([outlet] if outlet else [], settings, opened)
        listed = opened.runs.find(outlet, limit, offset=offset)
        portion = Portion(len(listed), opened.runs.count(outlet), offset)
        alive = liveness(opened, settings.limits.run_seconds, datetime.now(UTC))
        found = [_as_it_stands(run, alive) for run in listed]
    if form:
        print_rows(form, map(run_json, found), _COLUMNS)
    else:
        print_table(run_table(found, f"{portion.title('run')}, newest first"))
        for run in found:
            if run.error:
                out.print(f"{time_text(run.started_at)} {run.outlet}: {escape(run.error)}")
    portion.print_rest()


def _as_it_stands(run: Run, is_alive: Callable[[Run], bool]) -> Run:
    """Return a run as died where its row is open but its process is gone.

    The next crawl writes it down; a query only shows it.
    """
    if run.outcome is not None or is_alive(run):
        return run
    return replace(run, outcome=Outcome.DIED)


def run_table(found: list[Run], title: str) -> Table:
    """Return runs as a table, one row a run."""
    listed = Table(
        title,
        (
            Column("outlet"),
            Column("started", time=True),
            Column("outcome"),
            Column("fetched", number=True, rank=2),
            Column("new", number=True),
            Column("copies", number=True, rank=3),
            Column("revised", number=True, rank=1),
            Column("unchanged", number=True, rank=4),
            Column("refused", below=True),
            Column("skipped", below=True),
            Column("kept apart", below=True),
        ),
    )
    for run in found:
        counts = run.counts
        listed.add(
            run.outlet,
            time_text(run.started_at),
            run.outcome.value if run.outcome else "running",
            str(counts.fetched),
            str(counts.new),
            str(counts.copies),
            str(counts.revised),
            str(counts.unchanged + counts.known),
            refused_text(counts.refused),
            skipped_text(counts.refused),
            kept_apart_text(run),
        )
    return listed
