"""The options that several commands have: single options, and dataclasses of related ones.

A command that has a dataclass as the type of a parameter gets an option for each of its fields
(`crawler.commands.app.spread`).
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from crawler.commands.common import MAX_COUNT, archive_of, load_settings, moment, reading_of
from crawler.config.variables import CONFIG_VARIABLE
from storage.errors import UsageError
from storage.model.places import Confidence, Reach

if TYPE_CHECKING:  # `tinquan --help` reads neither a configuration nor an archive
    from crawler.config.config import Config as Settings
    from storage.archive import Archive as OpenArchive

Form = Literal["json", "jsonl", "csv"]

Config = Annotated[
    Path | None,
    typer.Option("--config", help=f"Configuration file [{CONFIG_VARIABLE}].", metavar="FILE"),
]
Archive = Annotated[
    str | None, typer.Option("--archive", help="Database URL or SQLite file.", metavar="URL")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        help="From this time on: 2026-09-14, 14/9/2026, 2026-09, yesterday, monday, 7d, 12h.",
        metavar="TIME",
    ),
]
Outlets = Annotated[
    list[str] | None, typer.Option("--outlet", help="Only this outlet; may be repeated.")
]
Removed = Annotated[bool, typer.Option("--removed", help="Only articles whose page is gone.")]
Fold = Annotated[bool, typer.Option("--fold", help="Ignore diacritics in all words.")]
Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="QUERY",
        help='Words, "phrases", -not, OR, prefix*. Words without diacritics also match those with'
        " them; put -- before a query that begins with an excluded word.",
    ),
]
Ref = Annotated[str, typer.Argument(metavar="ID", help="The short id, or a URL.")]
Limit = Annotated[int, typer.Option(min=1, max=MAX_COUNT, help="Show at most N.")]
Offset = Annotated[int, typer.Option(min=0, max=MAX_COUNT, help="Skip the first N.")]


@dataclass(frozen=True, slots=True)
class Setup:
    """The configuration, and an archive that overrides the configuration's."""

    config: Config = None
    archive: Archive = None

    def load(self) -> "Settings":
        """Return the configuration. Raises ConfigError."""
        return load_settings(self.config, self.archive)

    def reading(self) -> "OpenArchive":
        """Open the archive read-only. Raises ConfigError and ArchiveError."""
        return reading_of(self.load())

    def writing(self) -> "OpenArchive":
        """Open the archive, which must exist, for writing. Raises ConfigError and ArchiveError."""
        return archive_of(self.load())


@dataclass(frozen=True, slots=True)
class Window:
    """A window of time; what it bounds depends on the command."""

    since: Since = None
    until: Annotated[
        str | None, typer.Option("--until", help="Before this time; as --since.", metavar="TIME")
    ] = None

    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """Return the bounds as UTC.

        Raises UsageError if one is not a time, or the window is empty.
        """
        start, end = moment("--since", self.since), moment("--until", self.until)
        if start and end and start >= end:
            raise UsageError(f"--since {self.since} is not before --until {self.until}")
        return start, end


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a long list to show."""

    limit: Limit = 20
    offset: Offset = 0


@dataclass(frozen=True, slots=True)
class Output:
    """The form of a printed list: a table by default."""

    json: Json = False
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print JSON, one object per line.")] = False
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV for spreadsheets.")] = False

    def form(self) -> Form | None:
        """Return the requested form; None for a table. Raises UsageError for several forms."""
        forms: tuple[tuple[Form, bool], ...] = (
            ("json", self.json),
            ("jsonl", self.jsonl),
            ("csv", self.csv),
        )
        chosen = [form for form, is_set in forms if is_set]
        if len(chosen) > 1:
            names = " and ".join(f"--{form}" for form in chosen)
            raise UsageError(f"{names}: expected one of them")
        return chosen[0] if chosen else None


@dataclass(frozen=True, slots=True)
class Place:
    """A place, and its reach; `crawler.commands.choosing` finds the units."""

    place: Annotated[
        str | None,
        typer.Option("--place", metavar="NAME", help="About this place: a name, or a unit's id."),
    ] = None
    with_successors: Annotated[
        Reach,
        typer.Option(
            "--with-successors", help="Also the units that the place became: core, or all touched."
        ),
    ] = "none"


About = Annotated[
    Confidence,
    typer.Option(
        "--about", help="How surely articles are about the place: certain, or also likely."
    ),
]


@dataclass(frozen=True, slots=True)
class AboutPlace(Place):
    """A place, its reach, and how surely articles are about it."""

    about: About = "likely"
