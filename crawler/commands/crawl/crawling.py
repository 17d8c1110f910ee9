"""Shared by the commands that start crawls: run the jobs, and print how they ended."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from crawler.commands.common import complain, err, out, print_table, short_path
from crawler.commands.query.runs import run_table
from crawler.config.config import Config
from crawler.jobs.crawl_job import CrawlJob
from crawler.jobs.liveness import Deaths
from crawler.jobs.pool import run_crawls
from crawler.jobs.signals import raise_on_term
from crawler.places.tag_articles import load_into
from crawler.render.base import counted
from storage.archive import Archive
from storage.model.articles import FAILURES
from storage.model.runs import Outcome, Run


def do_crawls(
    archive: Archive,
    config: Config,
    rounds: Iterable[Sequence[CrawlJob]],
    *,
    at_once: int = 1,
    hidden: bool = False,
) -> Iterator[Run]:
    """Run the jobs round by round, with a progress display; yield their runs.

    hidden: no display. SIGINT and SIGTERM end the crawls too.
    """
    raise_on_term()
    now = datetime.now(UTC)
    load_into(archive, config.gazetteer)  # once, not in every child
    archive.runs.close_dead(Deaths(archive, config.limits.run_seconds).alive(now), now)
    with _progress(hidden=hidden or not err.is_terminal) as progress:
        for jobs in rounds:
            yield from run_crawls(archive, config, jobs, progress, at_once)


@contextmanager
def _progress(*, hidden: bool) -> Iterator[Progress]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<16}"),
        TextColumn("{task.fields[counts]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, disable=hidden, transient=True) as progress:
        yield progress


def print_end(ended: list[Run], config: Config) -> None:
    """Print a table of the runs, a summary, and one line for each crawl that failed."""
    print_table(run_table(ended, "crawled"))
    archive = config.archive_name
    if archive.startswith("/"):
        archive = escape(short_path(Path(archive)))
    counts = [run.counts for run in ended]
    added = sum(count.new for count in counts)
    revised = sum(count.revised for count in counts)
    if added or revised:
        out.print(
            f"{counted(added, 'new article')} and {counted(revised, 'revision')} are in {archive}"
        )
    elif all(run.outcome is Outcome.DONE and not _crashed(run) for run in ended):
        out.print(f"nothing new: {archive} is as it was")
    if crashed := sum(map(_crashed, ended)):
        complain(
            f"{counted(crashed, 'page')} could not be read: extraction crashed or took too"
            " long; their captures are kept: `tinquan reextract` reads them again",
        )
    say_failures(ended)


def _crashed(run: Run) -> int:
    """Return how many pages extraction failed on."""
    return sum(run.counts.refused.get(reason.value, 0) for reason in FAILURES)


def say_failures(ended: list[Run]) -> None:
    """Print one line for each crawl that failed."""
    for run in ended:
        if run.outcome is not Outcome.DONE:
            reason = run.error or f"ended as {run.outcome}"
            log = f" (log: {run.log_file})" if run.log_file else ""
            err.print(f"tinquan: {run.outlet}: {escape(reason)}{log}", soft_wrap=True)
