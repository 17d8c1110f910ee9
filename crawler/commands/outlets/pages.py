"""`tinquan pages add`: a page fixture with a proposed expectation, for developers in a clone."""

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from crawler.commands.common import ConfigOption, err, load_settings, out, outlets_of
from crawler.commands.outlets.extract import page_at, publisher_of
from crawler.extract import extract
from crawler.onboarding.fixture import proposed_fixture
from crawler.shipped import is_clone, shipped
from storage.errors import UsageError
from storage.model.articles import Article, Refusal

FixturesOption = Annotated[
    Path | None,
    typer.Option(
        "--folder", metavar="PATH", help="Where fixtures go: tests/pages in a clone, else pages."
    ),
]
WARNING = (
    "real articles must not enter the repository: keep the markup, and write every sentence, name "
    "and caption again, about an invented event, before you commit"
)

pages_app = typer.Typer(help="Page fixtures of the tests.", no_args_is_help=True)


def fixtures() -> Path:
    """Return the folder of a clone's page fixtures; elsewhere one in the current folder, made."""
    if is_clone():
        return shipped("outlets").parent.parent / "tests" / "pages"
    pages = Path("pages").resolve()
    with suppress(OSError):  # the fixture's own error says more
        pages.mkdir(exist_ok=True)
    return pages


@pages_app.callback()
def _group() -> None:
    """Keep `add` a command of its own, though it is the only one."""


@pages_app.command("add")
def add_page(
    file: Annotated[Path, typer.Argument(help="A saved HTML page; - reads standard input.")],
    url: Annotated[str, typer.Option(help="The address the page came from.")],
    outlet: Annotated[
        str | None, typer.Option(metavar="SLUG", help="The outlet, if the address does not tell.")
    ] = None,
    fetched_at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When the page was fetched; now if not given."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Of the fixture; from outlet and id if not given.")
    ] = None,
    folder: FixturesOption = None,
    config: ConfigOption = None,
) -> None:
    """Write a page and what the code makes of it, for a person to confirm."""
    page = page_at(file, url, fetched_at)
    publisher = publisher_of(url, outlet, outlets_of(load_settings(config, None)))
    result = extract(page, publisher)
    chosen = name or proposed_name(result)
    if not re.fullmatch(r"[\w-]+", chosen, re.ASCII):
        raise UsageError(f"--name {chosen!r}: expected letters, digits, - and _ only")
    fixture = proposed_fixture(page, publisher.slug if publisher else None, result)
    text = json.dumps(fixture, ensure_ascii=False, indent=2) + "\n"
    written = write_new(folder or fixtures(), chosen, page.body, text)
    what = "article" if isinstance(result, Article) else f"refusal ({result.reason})"
    out.print(f"wrote {escape(str(written))}: {what}", soft_wrap=True)
    out.print(
        'its test fails until you have read the page, corrected "expect", and taken out the line '
        '"confirmed": false',
        soft_wrap=True,
    )
    err.print(f"tinquan: {WARNING}", soft_wrap=True)


def proposed_name(result: Article | Refusal) -> str:
    """Return a fixture's name: the outlet with the article's id, or with what refused it."""
    mark = result.article_id or "page" if isinstance(result, Article) else result.reason.value
    return re.sub(r"[^\w-]+", "_", f"{result.outlet}_{mark}", flags=re.ASCII)


def write_new(folder: Path, name: str, body: bytes, text: str) -> Path:
    """Write a fixture's two files; return the second. Raises UsageError where one is there."""
    page, expected = folder / f"{name}.html", folder / f"{name}.json"
    there = next((path for path in (page, expected) if path.exists()), None)
    if there:
        raise UsageError(f"{there}: is there already; a fixture is never replaced: give --name")
    try:
        with page.open("xb") as stream:
            stream.write(body)
        with expected.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(
            f"{folder}: cannot be written: {error.strerror}; expected the folder tests/pages of a "
            "clone, or --folder"
        ) from None
    return expected
