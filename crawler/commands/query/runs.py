"""`tinquan runs`: what each crawl did, and how it ended."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape

from crawler.commands import options
from crawler.commands.common import out, print_table, reading_of, slugs_of
from crawler.commands.listing import Portion, print_rows
from crawler.jobs.liveness import liveness
from crawler.render.base import kept_apart_text, refused_text, run_json, skipped_text, time_text
from crawler.render.table import Column, Table, table_of
from storage.model.runs import Outcome, Run

_CSV = (
    "run outlet kind replay started_at ended_at outcome error requested fetched links new copies"
    " revised unchanged known failed refused received_bytes log_file"
)
_COLUMNS: tuple[Column[Run], ...] = (
    Column("outlet", lambda run: run.outlet),
    Column("started", lambda run: run.started_at, time=True),
    Column("outcome", lambda run: run.outcome.value if run.outcome else "running"),
    Column("fetched", lambda run: run.counts.fetched, number=True, rank=2),
    Column("new", lambda run: run.counts.new, number=True),
    Column("copies", lambda run: run.counts.copies, number=True, rank=3),
    Column("revised", lambda run: run.counts.revised, number=True, rank=1),
    Column("unchanged", lambda run: run.counts.unchanged + run.counts.known, number=True, rank=4),
    Column("refused", lambda run: refused_text(run.counts.refused), below=True),
    Column("skipped", lambda run: skipped_text(run.counts.refused), below=True),
    Column("kept apart", kept_apart_text, below=True),
)


def runs(
    *,
    outlet: Annotated[str | None, typer.Option(help="Only this outlet.")] = None,
    part: options.Part,
    setup: options.Setup,
    output: options.Output,
) -> None:
    """List crawls, newest first: what each did, and how it ended."""
    form = output.form()
    settings = setup.load()
    with reading_of(settings) as opened:
        slugs_of([outlet] if outlet else [], settings, opened)
        listed = opened.runs.find(outlet, part.limit, offset=part.offset)
        portion = Portion(len(listed), opened.runs.count(outlet), part.offset)
        alive = liveness(opened, settings.limits.run_seconds, datetime.now(UTC))
        found = [_mark_dead(run, alive) for run in listed]
    if form:
        print_rows(form, map(run_json, found), _CSV)
    else:
        print_table(run_table(found, f"{portion.title('run')}, newest first"))
        for run in found:
            if run.error:
                out.print(f"{time_text(run.started_at)} {run.outlet}: {escape(run.error)}")
    portion.print_rest()


def _mark_dead(run: Run, is_alive: Callable[[Run], bool]) -> Run:
    """Return a run, as died if its row is open but its process is gone.

    The next crawl closes the row; a query only shows the run as died.
    """
    if run.outcome is not None or is_alive(run):
        return run
    return replace(run, outcome=Outcome.DIED)


def run_table(found: list[Run], title: str) -> Table:
    """Return a table of runs."""
    return table_of(title, _COLUMNS, found)
