"""`tinquan crawl`: run one crawl process per outlet, and wait until all have ended."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from crawler.capture.objects.files import CaptureFiles
from crawler.capture.reader import Session, sessions
from crawler.commands import options
from crawler.commands.common import (
    archive_of,
    complain,
    note,
    outlets_of,
    print_json_array,
)
from crawler.commands.crawl.crawling import do_crawls, print_end
from crawler.config.config import require_contact
from crawler.jobs.crawl_job import CrawlJob, new_run_id
from crawler.outlets.adhoc import is_address, outlet_of_site
from crawler.outlets.model import Outlet, find_outlet, outlet_of_host
from crawler.page.urls import host_of
from crawler.places import load_gazetteer
from crawler.places.tag_articles import check_provinces
from crawler.render.base import run_json
from storage.errors import CaptureError, UsageError
from storage.model.runs import Outcome

WhichArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="OUTLET|URL",
        help="Outlets, or URLs of any site; by default all outlets that are not retired.",
    ),
]
SectionOption = Annotated[
    list[str] | None, typer.Option(help="Only this section; may be repeated.")
]
LimitOption = Annotated[int | None, typer.Option(min=1, help="At most N articles per outlet.")]
ReplayOption = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="PATH", help="Replay this WARC file, and those named after it, without a network."
    ),
]
RecrawlOption = Annotated[
    bool, typer.Option("--recrawl", help="Fetch known articles again, to see edits.")
]
SitemapsOption = Annotated[
    bool,
    typer.Option("--sitemaps", help="With --since: also all that the sitemaps list since then."),
]
JobsOption = Annotated[int, typer.Option(min=1, help="Outlets crawled at the same time.")]


def crawl(
    *,
    outlet: WhichArgument = None,
    section: SectionOption = None,
    window: options.Window,
    limit: LimitOption = None,
    replay: ReplayOption = None,
    recrawl: RecrawlOption = False,
    sitemaps: SitemapsOption = False,
    jobs: JobsOption = 4,
    setup: options.Setup,
    json: options.Json = False,
) -> None:
    """Crawl outlets into the archive, live or from recordings."""
    settings = setup.load()
    known = outlets_of(settings)
    if sitemaps and not window.since:
        raise UsageError("--sitemaps needs --since: sitemaps reach back to the first day")
    stored = CaptureFiles(settings.captures, settings.object_store)
    recordings = [stored.local(path) for path in replay or ()]
    named, files = _split_recordings(list(dict.fromkeys(outlet or ())), recordings, known)
    urls = [name for name in named if is_address(name)]
    chosen = [find_outlet(known, name) for name in named if not is_address(name)]
    for item in chosen or ([] if urls else _not_retired(known)):
        for slug in section or ():
            item.section(slug)
    start, end = window.bounds()
    template = CrawlJob(
        outlet="",
        sections=tuple(section or ()),
        since=start,
        until=end,
        limit=limit,
        recrawl=recrawl,
        sitemaps=sitemaps,
    )
    check_provinces(chosen or known.values(), load_gazetteer(settings.gazetteer))
    recorded = sessions([path.resolve() for path in files])
    if not recorded:
        require_contact(settings.contact, settings.file)
    if urls and recorded:
        raise UsageError("--replay needs outlets, not URLs: outlet files say what to request")
    rounds = [[_url_job(template, url, known)] for url in urls]
    if chosen or not urls:
        rounds += _rounds(chosen, known, template, recorded)
    with archive_of(settings, create=True) as opened:
        ended = list(do_crawls(opened, settings, rounds, at_once=jobs, hidden=json))
    if json:
        print_json_array(run_json(run) for run in ended)
    else:
        print_end(ended, settings)
    torn = _report_gaps(recorded)
    if torn or any(run.outcome is not Outcome.DONE for run in ended):
        raise typer.Exit(1)


def _split_recordings(
    arguments: list[str], replay: list[Path], known: dict[str, Outlet]
) -> tuple[list[str], list[Path]]:
    """Return the outlets and URLs among the arguments, and all recordings.

    A shell expands `--replay *.gz` to several words: all but the first become arguments. Raises
    UsageError for a missing recording.
    """
    if not replay:
        return arguments, []
    missing = next((path for path in replay if not path.exists()), None)
    if missing is not None:
        raise UsageError(f"--replay {missing}: no such file; expected a WARC file")
    more = [name for name in arguments if name not in known and Path(name).is_file()]
    return [name for name in arguments if name not in more], [*replay, *map(Path, more)]


def _report_gaps(recorded: list[Session]) -> bool:
    """Print the gaps of the recordings; return whether there are any."""
    gaps = [gap for session in recorded for gap in session.gaps]
    for gap in gaps:
        complain(gap)
    return bool(gaps)


def _url_job(template: CrawlJob, url: str, known: dict[str, Outlet]) -> CrawlJob:
    """Return the job for one URL; a host without an outlet file becomes an ad hoc outlet."""
    outlet = outlet_of_host(known, host_of(url) or "")
    if outlet is None:
        outlet = outlet_of_site(url, known)
        note(
            f"note: no outlet file names {outlet.host}: its pages are read with the generic family"
            f" and kept as outlet {outlet.slug}; `tinquan outlets new {url}` writes a file",
        )
        template = replace(template, site=url)
    return replace(template, outlet=outlet.slug, run_id=new_run_id(), url=url)


def _not_retired(known: dict[str, Outlet]) -> list[Outlet]:
    return [item for item in known.values() if item.status != "retired"]


def _rounds(
    chosen: list[Outlet], known: dict[str, Outlet], template: CrawlJob, recorded: list[Session]
) -> list[list[CrawlJob]]:
    """Return rounds of jobs; the jobs of a round run at the same time, the rounds in order.

    Recordings are replayed session by session in chronological order, so that an edit follows
    the state that it edited; a session's outlets are those whose hosts it holds.
    """
    if not recorded:
        wanted = chosen or _not_retired(known)
        if not wanted:
            raise UsageError("no outlet is active; name one: tinquan outlets list shows them")
        return [[_job(template, item, ()) for item in wanted]]
    rounds = [
        [_job(template, item, session.files) for item in _recorded(chosen, known, session)]
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


def _job(template: CrawlJob, outlet: Outlet, files: tuple[Path, ...]) -> CrawlJob:
    sections = template.sections or tuple(item.slug for item in outlet.sections if item.crawl)
    return replace(
        template,
        outlet=outlet.slug,
        run_id=new_run_id(),
        sections=sections,
        recrawl=template.recrawl or bool(files),  # a replay costs the outlet no requests
        replay=files,
    )
