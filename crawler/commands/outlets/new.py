"""`tinquan outlets new`: propose an outlet file and a page fixture, for a person to confirm."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from selectolax.lexbor import LexborHTMLParser

from crawler.capture.reader import read_record
from crawler.capture.scan import scan
from crawler.commands import options
from crawler.commands.common import (
    archive_of,
    complain,
    out,
    outlets_of,
    say,
    short_path,
    write_new,
)
from crawler.commands.crawl.crawling import do_crawls
from crawler.commands.outlets.extract import page_at
from crawler.config.config import Config, require_contact
from crawler.extract import extract
from crawler.families import FAMILY_NAMES
from crawler.jobs.crawl_job import CrawlJob
from crawler.onboarding.fixture import (
    WARNING,
    fixtures,
    proposed_fixture,
    proposed_name,
    write_fixture,
)
from crawler.onboarding.propose import OutletProposal, propose, to_confirm, toml_of
from crawler.outlets.adhoc import outlet_of_site, slug_of_host
from crawler.outlets.model import Outlet, outlet_of_host, parse_outlet
from crawler.page.response import Page
from crawler.page.urls import host_of
from crawler.shipped import is_clone
from storage.errors import CaptureError, CrawlError, UsageError
from storage.model.articles import Article, Refusal


@dataclass(frozen=True, slots=True)
class _Pages:
    """The page that sections are read from, and an article's page, which may be the same."""

    front: Page
    article: Page


def new_outlet(
    *,
    url: Annotated[
        str | None, typer.Argument(help="The URL of an article, a section or the front page.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option("--page", metavar="FILE", help="A saved page instead.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--url", help="URL of the saved page, if it gives none."),
    ] = None,
    slug: Annotated[
        str | None, typer.Option(help="The outlet's permanent slug; by default from the host.")
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Where the file goes; by default the configured folder."
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            metavar="PATH",
            help="Where the test page goes; by default tests/pages for --into config/outlets of a "
            "clone, otherwise pages.",
        ),
    ] = None,
    setup: options.Setup,
) -> None:
    """Propose an outlet's file and a test page from its site, or from a saved page."""
    settings = setup.load()
    known = outlets_of(settings)
    address = _address(url, page, at)
    host = host_of(address) or ""
    if existing := outlet_of_host(known, host):
        raise UsageError(
            f"{host}: is outlet {existing.slug} already: {settings.outlet_file(existing.slug)}"
        )
    chosen = slug or slug_of_host(host, known)
    pages = _saved(page, address) if page else _fetched(address, settings, known)
    proposal = propose(pages.front, chosen)
    text = toml_of(proposal)
    file = (into.resolve() if into else settings.outlets) / f"{chosen}.toml"
    outlet = parse_outlet(text, str(file), FAMILY_NAMES)  # what is written must be valid
    result = extract(pages.article, outlet)
    if not write_new(file, text):
        raise UsageError(f"{file}: exists already; an outlet file is never replaced")
    confirm = to_confirm(proposal, short_path(file))
    written = _write_fixture(
        pages.article, outlet, result, confirm, folder or fixtures(file.parent)
    )
    _report(proposal, file, written, result, confirm)


def _address(url: str | None, page: Path | None, at: str | None) -> str:
    if (url is None) == (page is None):
        raise UsageError("expected either a URL or --page FILE")
    address = url or at or (_canonical_url(page) if page else None)
    if address is None:
        raise UsageError(f"{page}: does not give its own URL: give --url")
    outlet_of_site(address)  # raises if it is not an address of a site
    return address


def _canonical_url(page: Path) -> str | None:
    tree = LexborHTMLParser(page_at(page, "https://nowhere.example/", None).body)
    for selector, name in (("link[rel=canonical]", "href"), ("meta[property='og:url']", "content")):
        node = tree.css_first(selector)
        given = node.attributes.get(name) if node else None
        if given and given.startswith(("http://", "https://")):
            return given
    return None


def _saved(page: Path, address: str) -> _Pages:
    found = page_at(page, address, None)
    return _Pages(found, found)


def _fetched(url: str, settings: Config, known: dict[str, Outlet]) -> _Pages:
    """Fetch the page and one article that it links to by a crawl: address guard, robots, WARC."""
    require_contact(settings.contact, settings.file)
    adhoc = outlet_of_site(url, known)
    job = CrawlJob(adhoc.slug, limit=1, url=url, site=url, recrawl=True)
    with archive_of(settings, create=True) as opened:
        [run] = do_crawls(opened, settings, [[job]])
    pages = list(_recorded(settings.captures / adhoc.slug, run.id))
    if not pages:
        raise CrawlError(f"{url}: {run.error or 'nothing could be fetched'} (log: {run.log_file})")
    article = next((page for page in pages if isinstance(extract(page, None), Article)), pages[0])
    return _Pages(pages[0], article)


def _recorded(folder: Path, run_id: str) -> Iterator[Page]:
    """Yield the pages that a run captured, in chronological order."""
    for file in sorted(folder.glob(f"*/*-{run_id}-*.warc.gz")):
        for entry in scan(file).entries:
            if entry.status == 200 and not entry.url.endswith("/robots.txt"):
                try:
                    yield read_record(file, entry.offset)
                except CaptureError as error:
                    complain(error)


def _write_fixture(
    page: Page, outlet: Outlet, result: Article | Refusal, confirm: list[str], folder: Path
) -> Path:
    fixture = proposed_fixture(page, outlet.slug, result)
    fixture["to_confirm"] = confirm
    return write_fixture(folder, proposed_name(result), page.body, fixture)


def _report(
    proposal: OutletProposal,
    file: Path,
    written: Path,
    result: Article | Refusal,
    confirm: list[str],
) -> None:
    out.print(f"wrote {escape(short_path(file))}: family {proposal.family.name}", soft_wrap=True)
    out.print(f"  known by {escape(proposal.why)}", soft_wrap=True)
    for section in proposal.sections:
        out.print(f"  {escape(section.name)}: {escape(section.path)}", soft_wrap=True)
    what = (
        "article" if isinstance(result, Article) else f"refusal ({result.reason}: no article page)"
    )
    out.print(f"wrote {escape(short_path(written))}: {what}", soft_wrap=True)
    say("a person must confirm (in a clone, the test of the page fails until then):")
    for line in confirm:
        out.print(f"  - {escape(line)}", soft_wrap=True)
    if is_clone():
        complain(WARNING)
