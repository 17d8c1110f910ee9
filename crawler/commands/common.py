"""What all commands share: their options, their console, and the way they open things."""

import json
import os
import sys
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from crawler.config import CONFIG_VARIABLE, Config, absolute_archive, load_config
from crawler.families import FAMILY_NAMES
from crawler.outlets import Outlet, load_outlets
from crawler.render import LOCAL
from storage.archive import Archive, open_archive
from storage.errors import UsageError

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help=f"Configuration file [{CONFIG_VARIABLE}].", metavar="FILE"),
]
ArchiveOption = Annotated[
    str | None,
    typer.Option("--archive", help="Database URL or SQLite file.", metavar="URL"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", help="From this day or time on.", metavar="TIME")
]
UntilOption = Annotated[
    str | None, typer.Option("--until", help="Before this day or time.", metavar="TIME")
]

_WIDTH = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 120  # in pipes and logs

out = Console(highlight=False, width=_WIDTH)
err = Console(stderr=True, highlight=False)


def table(title: str, *columns: str, right: Collection[str] = (), wide: str = "") -> Table:
    """Return an empty table. right: columns of numbers; wide: the one that takes what is left."""
    made = Table(title=title, title_justify="left", box=SIMPLE_HEAD, expand=bool(wide))
    for name in columns:
        made.add_column(
            name,
            justify="right" if name in right else "left",
            ratio=1 if name == wide else None,
            no_wrap=True,
            overflow="ellipsis",
        )
    return made


def settle(config_file: Path | None, archive: str | None) -> Config:
    """Return the configuration with the options' word over the file's."""
    config = load_config(config_file)
    if archive:
        config = config.model_copy(update={"archive": absolute_archive(archive, Path.cwd())})
    return config


def outlets_of(config: Config) -> dict[str, Outlet]:
    """Return the outlets that the configuration names."""
    return load_outlets(config.outlets, FAMILY_NAMES)


def archive_of(config: Config, *, create: bool = False) -> Archive:
    """Open the configuration's archive; without `create` a missing one is an error."""
    return open_archive(config.archive, create=create)


def moment(option: str, text: str | None) -> datetime | None:
    """Return an option's day (its midnight in Hà Nội) or time as UTC. Raises UsageError."""
    if text is None:
        return None
    try:
        given = datetime.fromisoformat(text)
        return (given if given.tzinfo else given.replace(tzinfo=LOCAL)).astimezone(UTC)
    except (ValueError, OverflowError):  # year 1, at midnight in Hà Nội, is none in UTC
        raise UsageError(
            f"{option} {text!r}: expected a day (2026-07-01) or a time (2026-07-01T06:00)"
        ) from None


def day_of(option: str, text: str) -> date:
    """Return an option's or key's day; of a time, the day in Hà Nội. Raises UsageError."""
    try:
        given = datetime.fromisoformat(text)
        return (given.astimezone(LOCAL) if given.tzinfo else given).date()
    except (ValueError, OverflowError):
        raise UsageError(f"{option} {text!r}: expected a day such as 2025-07-01") from None


def print_json(value: Any) -> None:
    """Print one JSON value."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def print_json_array(values: Iterable[Any]) -> None:
    """Print a JSON array, one element a line, as the elements come."""
    separator = "["
    for value in values:
        sys.stdout.write(f"{separator}\n{json.dumps(value, ensure_ascii=False)}")
        separator = ","
    sys.stdout.write("[]\n" if separator == "[" else "\n]\n")
