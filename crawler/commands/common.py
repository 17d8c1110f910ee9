"""Helpers that all commands share: the console, and functions that open things."""

# `tinquan --help` needs only the console: what reads files is imported inside functions.
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

MAX_COUNT = 1_000_000_000
"""The largest value of an option that becomes a LIMIT, OFFSET or count in a query."""


def _width(stream: TextIO | None) -> int | None:
    """Return 120 for pipes and logs; None for a terminal, which knows its own width."""
    return None if stream is None or stream.isatty() or "COLUMNS" in os.environ else 120


out = PlainConsole(highlight=False, width=_width(sys.stdout))
err = PlainConsole(stderr=True, highlight=False, width=_width(sys.stderr))


def say(text: str) -> None:
    """Print a text verbatim, without markup; long lines are left to the terminal to wrap."""
    out.print(text, markup=False, soft_wrap=True)


def note(text: str) -> None:
    """Print a notice on standard error."""
    err.print(text, markup=False, soft_wrap=True)


def complain(fault: object) -> None:
    """Print an error on standard error."""
    note(f"tinquan: {fault}")


def print_facts(facts: Mapping[str, str], width: int) -> None:
    """Print `name  value` lines. width: of the column of names, in cells."""
    for name, value in facts.items():
        out.print(f"[dim]{name:>{width}}[/dim]  {escape(value)}", soft_wrap=True)


def print_table(table: Table, console: Console = out) -> None:
    """Print a table as wide as the terminal; into a pipe or a file, tab-separated values.

    If COLUMNS is set in the environment, the output is always a table of that width.
    """
    if console.is_terminal or "COLUMNS" in os.environ:
        for line in table.lines(console.width):
            console.print(line, soft_wrap=True)
    else:
        console.file.writelines(f"{shown(line)}\n" for line in table.plain_lines())


def load_settings(config_file: Path | None, archive: str | None) -> "Config":
    """Return the configuration; the archive that the options name overrides the file's."""
    from crawler.config.config import absolute_archive, load_config

    config = load_config(config_file)
    archive = archive or os.environ.get(ARCHIVE_VARIABLE)
    if archive:
        config = config.model_copy(update={"archive": absolute_archive(archive, Path.cwd())})
    return config


def outlets_of(config: "Config") -> "dict[str, Outlet]":
    """Return the outlets that have files: the shipped ones and those of the configuration."""
    from crawler.families import FAMILY_NAMES
    from crawler.outlets.model import load_outlet_folders

    return load_outlet_folders(config.outlet_folders, FAMILY_NAMES)


def slugs_of(named: Iterable[str], config: "Config", archive: "Archive") -> tuple[str, ...]:
    """Return the named outlets, each of which has runs in the archive or an outlet file.

    Outlet files are read only for a name that the archive does not know. Raises
    UnknownOutletError for a name that has neither.
    """
    from crawler.outlets.model import find_outlet

    return tuple(
        slug if archive.runs.find(slug, limit=1) else find_outlet(outlets_of(config), slug).slug
        for slug in named
    )


def place_names(config: "Config") -> "Gazetteer":
    """Return the gazetteer for showing names; an empty one, with a note, if it is unreadable.

    The archive stores the ids of places, which can be shown without the gazetteer.
    """
    from crawler.places import Gazetteer, load_gazetteer

    try:
        return load_gazetteer(config.gazetteer)
    except ConfigError as error:
        note(f"note: places are shown by their ids: {error}")
        return Gazetteer((), (), "")


def archive_of(config: "Config", *, create: bool = False) -> "Archive":
    """Open the configuration's archive for writing; without `create` it must exist."""
    from storage.archive import open_archive

    return open_archive(config.archive, create=create)


def reading_of(config: "Config") -> "Archive":
    """Open the configuration's archive read-only."""
    from storage.archive import open_archive

    return open_archive(config.archive, create=False, read_only=True)


def moment(option: str, text: str | None) -> datetime | None:
    """Return an option's time (`parse_when`, in Hà Nội) as UTC. Raises UsageError."""
    return parse_when(option, text, LOCAL, utc_now()) if text is not None else None


def given_path(text: str | Path) -> Path:
    """Return the path of an argument or of its default.

    Raises UsageError for an empty one, such as `"$UNSET"`: `Path("")` is the current folder.
    """
    if isinstance(text, str) and not text.strip():
        raise UsageError("a path is empty; expected a file's or folder's name (. is this folder)")
    return Path(text)


def day_of(option: str, text: str) -> date:
    """Return the day of an option or key; for a time, its day in Hà Nội. Raises UsageError."""
    return parse_moment(option, text, LOCAL).astimezone(LOCAL).date()


def write_new(path: Path, text: str) -> bool:
    """Write a file unless it exists; return whether it was written.

    Raises UsageError if it cannot be written.
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
    """Return a path relative to the current folder if it is below it, as it is otherwise."""
    folder = Path.cwd()
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def print_json(value: Any) -> None:
    """Print one JSON value."""
    sys.stdout.write(json_text(value, indent=2) + "\n")


def print_json_array(values: Iterable[Any]) -> None:
    """Print a JSON array, one element per line, as the elements arrive."""
    separator = "["
    for value in values:
        sys.stdout.write(f"{separator}\n{json_text(value)}")
        separator = ","
    sys.stdout.write("[]\n" if separator == "[" else "\n]\n")
