"""`tinquan extract`: one page's article or refusal, without an archive."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from crawler.commands.common import ConfigOption, moment, outlets_of, print_json, settle
from crawler.extract import extract as extract_page
from crawler.outlets import find_outlet, outlet_of_host
from crawler.page import Page
from crawler.render import article_json, refusal_json
from storage.errors import UsageError
from storage.model import Article


def extract(
    file: Annotated[Path, typer.Argument(help="A saved HTML page; - reads standard input.")],
    url: Annotated[str, typer.Option(help="The address the page came from.")],
    outlet: Annotated[
        str | None, typer.Option(metavar="SLUG", help="The outlet, if the address does not tell.")
    ] = None,
    fetched_at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When the page was fetched; now if not given."),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Print the article, or the refusal, that a saved page holds, as JSON."""
    host = urlsplit(url).hostname
    if not host or not url.startswith(("http://", "https://")):
        raise UsageError(f"--url {url!r}: expected an address such as https://tienphong.vn/…")
    known = outlets_of(settle(config, None))
    page = Page(
        url=url,
        body=_read(file),
        fetched_at=moment("--fetched-at", fetched_at) or datetime.now(UTC),
    )
    result = extract_page(
        page, find_outlet(known, outlet) if outlet else outlet_of_host(known, host)
    )
    print_json(article_json(result) if isinstance(result, Article) else refusal_json(result))


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{file}: cannot be read: {error.strerror}; expected a saved page"
        ) from None
