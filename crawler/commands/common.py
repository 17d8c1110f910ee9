"""What all commands share: their console, and the way they open things."""

# `tinquan --help` needs the console alone: what reads files is imported where it is called.
# ruff: noqa: PLC0415
import os
import sys
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.markup import escape

from crawler.config.variables import ARCHIVE_VARIABLE
from crawler.page.times import parse_moment, parse_when, utc_now
from crawler.render.base import LOCAL
from crawler.render.table import Table
from crawler.render.terminal import PlainConsole, json_text, shown
from storage.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from crawler.config.config import Config
    from crawler.outlets.model import Outlet
    from crawler.places import Gazetteer
    from storage.archive import Archive

MOST = 1_000_000_000
"""The largest number that an option takes which the database counts up to."""


def _width(stream: TextIO | None) -> int | None:
    """Return the width in pipes and logs; a terminal's own otherwise."""
    return None if stream is None or stream.isatty() or "COLUMNS" in os.environ else 120


out = PlainConsole(highlight=False, width=_width(sys.stdout))
err = PlainConsole(stderr=True, highlight=False, width=_width(sys.stderr))


def say(text: str) -> None:
    """Print a text as it is; a line that is too long is the terminal's to break."""
    out.print(text, markup=False, soft_wrap=True)


def note(text: str) -> None:
    """Print on standard error what a user should know."""
    err.print(text, markup=False, soft_wrap=True)


def complain(fault: object) -> None:
    """Print on standard error what is wrong."""
    note(f"tinquan: {fault}")


def print_facts(facts: Mapping[str, str], width: int) -> None:
    """Print values under their names, one a line. width: of the names, in cells."""
    for name, value in facts.items():
        out.print(f"[dim]{name:>{width}}[/dim]  {escape(value)}", soft_wrap=True)


def print_table(table: Table, console: Console = out) -> None:
    """Print a table as wide as the terminal; into a pipe or a file, values between tabs.

    COLUMNS in the environment asks for a table of that width wherever it goes.
    """
    if console.is_terminal or "COLUMNS" in os.environ:
        for line in table.lines(console.width):
            console.print(line, soft_wrap=True)
    else:
        console.file.writelines(f"{shown(line)}\n" for line in table.plain_lines())


def load_settings(config_file: Path | None, archive: str | None) -> "Config":
    """Return the configuration with the options' word over the file's."""
    from crawler.config.config import absolute_archive, load_config

    config = load_config(config_file)
    archive = archive or os.environ.get(ARCHIVE_VARIABLE)
    if archive:
        config = config.model_copy(update={"archive": absolute_archive(archive, Path.cwd())})
    return config


def outlets_of(config: "Config") -> "dict[str, Outlet]":
    """Return the outlets that have files, the shipped ones and those of the configuration."""
    from crawler.families import FAMILY_NAMES
    from crawler.outlets.model import load_outlet_folders

    return load_outlet_folders(config.outlet_folders, FAMILY_NAMES)


def slugs_of(named: Iterable[str], config: "Config", archive: "Archive") -> tuple[str, ...]:
    """Return the outlets that were named: those that the archive knows, or that have a file.

    Outlet files are read only for a name that the archive does not know. Raises
    UnknownOutletError for a name that is neither.
    """
    from crawler.outlets.model import find_outlet

    return tuple(
        slug if archive.runs.find(slug, limit=1) else find_outlet(outlets_of(config), slug).slug
        for slug in named
    )


def place_names(config: "Config") -> "Gazetteer":
    """Return the gazetteer for showing names; an empty one, with a note, if it is unreadable.

    What the archive says of places is their ids: those can be shown without it.
    """
    from crawler.places import Gazetteer, load_gazetteer

    try:
        return load_gazetteer(config.gazetteer)
    except ConfigError as error:
        note(f"note: places are shown by their ids: {error}")
        return Gazetteer((), (), "")


def archive_of(config: "Config", *, create: bool = False) -> "Archive":
    """Open the configuration's archive; without `create` a missing one is an error."""
    from storage.archive import open_archive

    return open_archive(config.archive, create=create)


def reading_of(config: "Config") -> "Archive":
    """Open the configuration's archive to ask it questions; it is never written."""
    from storage.archive import open_archive

    return open_archive(config.archive, create=False, read_only=True)


def moment(option: str, text: str | None) -> datetime | None:
    """Return what an option says (`parse_when`, in Hà Nội) as UTC. Raises UsageError."""
    return parse_when(option, text, LOCAL, utc_now()) if text is not None else None


def given_path(text: str | Path) -> Path:
    """Return the path that an argument, or its default, names.

    Raises UsageError for an empty one, such as `"$UNSET"`: `Path` takes it for this folder.
    """
    if isinstance(text, str) and not text.strip():
        raise UsageError("a path is empty; expected a file's or folder's name (. is this folder)")
    return Path(text)


def day_of(option: str, text: str) -> date:
    """Return an option's or key's day; of a time, the day in Hà Nội. Raises UsageError."""
    return parse_moment(option, text, LOCAL).astimezone(LOCAL).date()


def write_new(path: Path, text: str) -> bool:
    """Write a file, unless one is there, and return whether it was written.

    Raises UsageError where it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        return False
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None
    return True


def short_path(path: Path) -> str:
    """Return a path as short as it is clear from here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def print_json(value: Any) -> None:
    """Print one JSON value."""
    sys.stdout.write(json_text(value, indent=2) + "\n")


def print_json_array(values: Iterable[Any]) -> None:
    """Print a JSON array, one element a line, as the elements come."""
    separator = "["
    for value in values:
        sys.stdout.write(f"{separator}\n{json_text(value)}")
        separator = ","
    sys.stdout.write("[]\n" if separator == "[" else "\n]\n")
