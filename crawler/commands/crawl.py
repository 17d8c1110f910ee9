"""`tinquan crawl`: one process an outlet, watched until all have ended."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from crawler.commands.articles import run_table
from crawler.commands.common import (
    ArchiveOption,
    ConfigOption,
    JsonOption,
    SinceOption,
    UntilOption,
    archive_of,
    err,
    moment,
    out,
    outlets_of,
    print_json_array,
    settle,
)
from crawler.config import Config
from crawler.crawls import Crawls
from crawler.launch import Order, is_alive, raise_on_term
from crawler.outlets import Outlet, find_outlet
from crawler.places import load_gazetteer
from crawler.placing import check_provinces, load_into
from crawler.render import run_json
from crawler.warc import Session, sessions
from storage.errors import CaptureError, UsageError
from storage.model import Outcome, Run


def crawl(
    outlet: Annotated[
        list[str] | None, typer.Argument(help="Which; all that are not retired if none is named.")
    ] = None,
    section: Annotated[
        list[str] | None, typer.Option(help="Only this section; may be repeated.")
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many articles an outlet.")
    ] = None,
    replay: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="Take the bytes from WARC files; may be repeated."),
    ] = None,
    recrawl: Annotated[
        bool, typer.Option("--recrawl", help="Fetch known articles again, to see edits.")
    ] = False,
    sitemaps: Annotated[
        bool,
        typer.Option(
            "--sitemaps", help="With --since: also all that the sitemaps list since then."
        ),
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Outlets crawled at the same time.")] = 4,
    config: ConfigOption = None,
    archive: ArchiveOption = None,
    json: JsonOption = False,
) -> None:
    """Crawl outlets into the archive, live or from recordings."""
    settings = settle(config, archive)
    known = outlets_of(settings)
    if sitemaps and not since:
        raise UsageError("--sitemaps needs --since: sitemaps reach back to the first day")
    chosen = [find_outlet(known, slug) for slug in dict.fromkeys(outlet or ())]
    for item in chosen or _wanted(known):
        for slug in section or ():
            item.section(slug)
    window = moment("--since", since), moment("--until", until)
    if window[0] and window[1] and window[0] >= window[1]:
        raise UsageError(f"--since {since} is not before --until {until}")
    template = Order(
        outlet="",
        run_id="",
        sections=tuple(section or ()),
        since=window[0].isoformat() if window[0] else None,
        until=window[1].isoformat() if window[1] else None,
        limit=limit,
        recrawl=recrawl,
        sitemaps=sitemaps,
    )
    check_provinces(chosen or known.values(), load_gazetteer(settings.gazetteer))
    recorded = sessions([path.resolve() for path in replay or []])
    rounds = _rounds(chosen, known, template, recorded)
    raise_on_term()
    with archive_of(settings, create=True) as opened:
        now = datetime.now(UTC)
        load_into(opened, settings.gazetteer)  # once, not in every child
        opened.close_dead_runs(lambda run: is_alive(run, settings.limits.run_seconds, now), now)
        crawls = Crawls(opened, settings, jobs, time.monotonic)
        with progress_of(hidden=json or not err.is_terminal) as progress:
            ended = [run for orders in rounds for run in crawls.run(orders, progress)]
    if json:
        print_json_array(run_json(run) for run in ended)
    else:
        _print_end(ended, settings)
    torn = [gap for session in recorded for gap in session.gaps]
    for gap in torn:
        err.print(f"tinquan: {gap}", markup=False, soft_wrap=True)
    if torn or any(run.outcome is not Outcome.DONE for run in ended):
        raise typer.Exit(1)


def _wanted(known: dict[str, Outlet]) -> list[Outlet]:
    return [item for item in known.values() if item.status != "retired"]


def _rounds(
    chosen: list[Outlet], known: dict[str, Outlet], template: Order, recorded: list[Session]
) -> list[list[Order]]:
    """Return what is to be done at the same time, one round after the other.

    Recordings are replayed session by session, in the order of time, so that an edit follows
    what it edited; a session's outlets are those whose hosts it holds.
    """
    if not recorded:
        wanted = chosen or _wanted(known)
        if not wanted:
            raise UsageError("no outlet is active; name one: tinquan outlets list shows them")
        return [[_order(template, item, ()) for item in wanted]]
    rounds = [
        [_order(template, item, session.files) for item in _recorded(chosen, known, session)]
        for session in recorded
    ]
    if not any(rounds):
        names = ", ".join(item.slug for item in chosen) or "any outlet"
        files = ", ".join(str(path) for session in recorded for path in session.files)
        raise CaptureError(f"{files}: holds no response of {names}; nothing to replay")
    return rounds


def _recorded(chosen: list[Outlet], known: dict[str, Outlet], session: Session) -> Iterator[Outlet]:
    for item in chosen or known.values():
        if session.hosts.intersection(item.hosts):
            yield item


def _order(template: Order, outlet: Outlet, files: tuple[Path, ...]) -> Order:
    sections = template.sections or tuple(item.slug for item in outlet.sections if item.crawl)
    return replace(
        template,
        outlet=outlet.slug,
        run_id=uuid4().hex[:12],
        sections=sections,
        recrawl=template.recrawl or bool(files),  # bytes that are there cost nobody anything
        replay=files,
    )


@contextmanager
def progress_of(*, hidden: bool) -> Iterator[Progress]:
    """Yield a display of running crawls, gone when they have ended."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<16}"),
        TextColumn("{task.fields[counts]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, disable=hidden, transient=True) as progress:
        yield progress


def _print_end(ended: list[Run], settings: Config) -> None:
    """Print the closing table, and one line for each crawl that failed."""
    out.print(run_table(ended, "crawled"))
    counts = [run.counts for run in ended]
    added = sum(count.new for count in counts)
    revised = sum(count.revised for count in counts)
    if added or revised:
        out.print(f"{added} new articles and {revised} revisions are in {settings.archive_name}")
    elif all(run.outcome is Outcome.DONE for run in ended):
        out.print(f"nothing new: {settings.archive_name} is as it was")
    say_failures(ended)


def say_failures(ended: list[Run]) -> None:
    """Print one line for each crawl that failed."""
    for run in ended:
        if run.outcome is not Outcome.DONE:
            reason = run.error or f"ended as {run.outcome}"
            log = f" (log: {run.log_file})" if run.log_file else ""
            err.print(f"tinquan: {run.outlet}: {escape(reason)}{log}", soft_wrap=True)
