"""`tinquan extract`: extract a saved page, without an archive."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from crawler.commands import options
from crawler.commands.common import load_settings, moment, outlets_of, print_json
from crawler.extract import extract as extract_page
from crawler.outlets.model import Outlet, find_outlet, outlet_of_host
from crawler.page.response import Page
from crawler.render.base import article_json, refusal_json
from storage.errors import UsageError
from storage.model.articles import Article


def extract(
    *,
    file: Annotated[Path, typer.Argument(help="A saved HTML page; - reads standard input.")],
    url: Annotated[str, typer.Option(help="The page's address.")],
    outlet: Annotated[
        str | None, typer.Option(metavar="SLUG", help="By default the outlet of the address.")
    ] = None,
    fetched_at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When the page was fetched; by default now."),
    ] = None,
    config: options.Config = None,
) -> None:
    """Print the article of a saved page, or the refusal, as JSON."""
    page, known = page_at(file, url, fetched_at), outlets_of(load_settings(config, None))
    result = extract_page(page, publisher_of(url, outlet, known))
    print_json(article_json(result) if isinstance(result, Article) else refusal_json(result))


def page_at(file: Path, url: str, fetched_at: str | None) -> Page:
    """Return a saved page. Raises UsageError for an invalid option or an unreadable file."""
    if not urlsplit(url).hostname or not url.startswith(("http://", "https://")):
        raise UsageError(f"--url {url!r}: expected an address such as https://tienphong.vn/…")
    at = moment("--fetched-at", fetched_at) or datetime.now(UTC)
    return Page(url=url, body=_read(file), fetched_at=at)


def publisher_of(url: str, slug: str | None, known: dict[str, Outlet]) -> Outlet | None:
    """Return the named outlet, or else the outlet of the URL's host; None if it has no file."""
    return find_outlet(known, slug) if slug else outlet_of_host(known, urlsplit(url).hostname or "")


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{file}: cannot be read: {error.strerror}; expected a saved page"
        ) from None
