"""`tinquan init`: set up a folder to crawl from."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from crawler.commands.common import given_path, out, short_path, write_new
from crawler.config.config import DEFAULT_CONFIG, checked_contact
from crawler.shipped import shipped
from storage.errors import UsageError

_CONTACT_LINE = '# contact = "newsroom@example.org"'


def init(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", parser=given_path, help="Created if it does not exist."),
    ] = Path(),
    contact: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="E-mail or web page where outlets can reach you."),
    ] = None,
) -> None:
    """Make a folder ready for crawls: write its tinquan.toml, and scrapy.cfg for Scrapy."""
    file = folder / DEFAULT_CONFIG
    text = shipped("tinquan.toml").read_text("utf-8")
    if contact is not None:
        line = f"contact = {json.dumps(checked_contact(contact))}"
        text = text.replace(_CONTACT_LINE, line)
    if not _wrote(file, text):
        raise UsageError(f"{short_path(file.resolve())}: exists already; nothing was changed")
    _wrote(file.with_name("scrapy.cfg"), shipped("scrapy.cfg").read_text("utf-8"))
    _say_next(file, folder, needs_contact=contact is None)


def _wrote(path: Path, text: str) -> bool:
    """Write a file, and say so, unless it exists; return whether it was written."""
    if not write_new(path, text):
        return False
    out.print(f"wrote {escape(str(path))}", soft_wrap=True)
    return True


def _say_next(file: Path, folder: Path, *, needs_contact: bool) -> None:
    steps = []
    if needs_contact:
        steps.append(f"set contact in {file} to an address where outlets can reach you")
    if folder.resolve() != Path.cwd():
        steps.append(f"cd {folder}")
    steps += [
        "tinquan outlets list                 what can be crawled",
        "tinquan crawl tienphong --limit 5    a first, polite crawl: a few minutes",
        "tinquan articles                     what it found",
        "tinquan schedule                     all outlets, day and night",
    ]
    out.print("next:")
    for step in steps:
        out.print(f"  {escape(step)}", soft_wrap=True)
