"""`tinquan backfill`: fetch the articles of a past window, in as many crawls as it takes."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated

import typer

from crawler.commands import options
from crawler.commands.common import archive_of, day_of, note, outlets_of, print_json, say
from crawler.commands.crawl.coverage import coverage_json, print_coverage
from crawler.commands.crawl.crawling import do_crawls, print_end
from crawler.config.config import Config, require_contact
from crawler.discover.paging import paging_of
from crawler.families import FAMILIES
from crawler.jobs.crawl_job import CrawlJob, new_run_id
from crawler.outlets.model import Outlet, find_outlet
from crawler.page.times import parse_moment
from crawler.render.base import LOCAL, run_json
from storage.archive import Archive
from storage.errors import UsageError
from storage.model.runs import Outcome, Run

_MAX_CRAWLS = 1_000


def backfill(
    *,
    outlet: Annotated[str, typer.Argument(help="Which outlet.")],
    since: Annotated[str, typer.Option("--from", metavar="DATE", help="The first day.")],
    until: Annotated[str, typer.Option("--to", metavar="DATE", help="The last day.")],
    budget: Annotated[
        int | None, typer.Option(min=2, help="Stop after N requests; run it again to continue.")
    ] = None,
    oldest_first: Annotated[
        bool, typer.Option("--oldest-first", help="Begin with the window's first day.")
    ] = False,
    section: Annotated[
        list[str] | None,
        typer.Option(help="If the outlet has no sitemaps: only this section; may be repeated."),
    ] = None,
    setup: options.Setup,
    json: options.Json = False,
) -> None:
    """Fetch what an outlet published in a window of the past; run again, it continues."""
    settings = setup.load()
    chosen = find_outlet(outlets_of(settings), outlet)
    _check(chosen, section or [], oldest_first=oldest_first)
    first, end = _window(since, until)
    job = CrawlJob(
        outlet=chosen.slug,
        sections=tuple(section or ()),
        since=parse_moment("--from", first.isoformat(), LOCAL),
        until=parse_moment("--to", end.isoformat(), LOCAL),
        backfill=True,
        budget=budget,
        oldest_first=oldest_first,
    )
    require_contact(settings.contact, settings.file)
    with archive_of(settings, create=True) as opened:
        ended = _until_done(opened, settings, job, hidden=json)
        promised = opened.links.promises(chosen.slug, first, end, "day")
    if json:
        runs = [run_json(run) for run in ended]
        print_json({"runs": runs, "coverage": [coverage_json(row) for row in promised]})
    else:
        print_end(ended, settings)
        print_coverage(chosen.slug, promised, "day")
        if ended[-1].outcome is Outcome.DONE and ended[-1].error:
            say(f"{ended[-1].error}; the same command continues")
    if ended[-1].outcome is not Outcome.DONE:
        raise typer.Exit(1)


def _window(since: str, until: str) -> tuple[date, date]:
    """Return the first day and the day after the last. Raises UsageError."""
    first, last = day_of("--from", since), day_of("--to", until)
    if last < first:
        raise UsageError(f"--from {since} is after --to {until}")
    return first, last + timedelta(days=1)


def _check(outlet: Outlet, sections: list[str], *, oldest_first: bool) -> None:
    for slug in sections:
        outlet.section(slug)
    family = FAMILIES[outlet.family]
    pages = any(paging_of(outlet, section, family) for section in outlet.sections)
    if not (outlet.sitemap or family.day_archive or pages):
        raise UsageError(
            f"outlet {outlet.slug} has no way into the past: neither a sitemap in its file, nor"
            f" day archives or paging in its family {outlet.family}"
        )
    if sections and outlet.sitemap:
        note("note: sitemaps have no sections: the whole window is fetched")
    if oldest_first and not (outlet.sitemap or family.day_archive):
        note("note: --oldest-first has no effect: sections are paged newest first")


def _until_done(archive: Archive, config: Config, job: CrawlJob, *, hidden: bool) -> list[Run]:
    """Crawl until the window is complete or the budget used up; restart crawls that time out."""
    ended: list[Run] = []
    left = job.budget
    for _ in range(_MAX_CRAWLS):
        next_job = replace(job, run_id=new_run_id(), budget=left)
        [run] = do_crawls(archive, config, [[next_job]], hidden=hidden)
        ended.append(run)
        if run.outcome is not Outcome.TIMED_OUT or not run.counts.new + run.counts.revised:
            break
        if left is not None:
            left -= run.counts.requested
            if left < 2:  # robots.txt and a page
                break
    return ended
