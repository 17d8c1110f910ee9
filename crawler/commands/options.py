"""The options that several commands have: one alone, or a class of those that go together.

A command names a class as the type of a parameter, and has its options (`crawler.commands.app`).
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from crawler.commands.common import MOST, archive_of, load_settings, moment, reading_of
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
        help="From then on: 2026-09-14, 14/9/2026, 2026-09, yesterday, monday, 7d, 12h.",
        metavar="TIME",
    ),
]
Outlets = Annotated[
    list[str] | None, typer.Option("--outlet", help="Only this outlet; may be repeated.")
]
Removed = Annotated[bool, typer.Option("--removed", help="Only articles whose page is gone.")]
Fold = Annotated[bool, typer.Option("--fold", help="Diacritics do not count, in no word.")]
Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="QUERY",
        help='Words, "phrases", -not, OR, prefix*. Without diacritics finds with; put -- first'
        " where a word to exclude comes first.",
    ),
]
Ref = Annotated[str, typer.Argument(metavar="ID", help="The short id, or a URL.")]
Limit = Annotated[int, typer.Option(min=1, max=MOST, help="At most so many.")]
Offset = Annotated[int, typer.Option(min=0, max=MOST, help="Leave out the first so many.")]


@dataclass(frozen=True, slots=True)
class Setup:
    """Which configuration, and which archive in place of the one that it names."""

    config: Config = None
    archive: Archive = None

    def load(self) -> "Settings":
        """Return the configuration. Raises ConfigError."""
        return load_settings(self.config, self.archive)

    def reading(self) -> "OpenArchive":
        """Open the archive to ask it questions. Raises ConfigError and ArchiveError."""
        return reading_of(self.load())

    def writing(self) -> "OpenArchive":
        """Open the archive, which must be there. Raises ConfigError and ArchiveError."""
        return archive_of(self.load())


@dataclass(frozen=True, slots=True)
class Window:
    """A window of time; of what, the command says."""

    since: Since = None
    until: Annotated[
        str | None, typer.Option("--until", help="Before then; as --since.", metavar="TIME")
    ] = None

    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """Return the bounds as UTC.

        Raises UsageError where one is no time, or nothing can lie between them.
        """
        start, end = moment("--since", self.since), moment("--until", self.until)
        if start and end and start >= end:
            raise UsageError(f"--since {self.since} is not before --until {self.until}")
        return start, end


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a long list."""

    limit: Limit = 20
    offset: Offset = 0


@dataclass(frozen=True, slots=True)
class Output:
    """How a list is printed: as a table, if nothing else is asked for."""

    json: Json = False
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print JSON, one object a line.")] = False
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV for spreadsheets.")] = False

    def form(self) -> Form | None:
        """Return the form that was asked for; None for a table. Raises UsageError for several."""
        forms: tuple[tuple[Form, bool], ...] = (
            ("json", self.json),
            ("jsonl", self.jsonl),
            ("csv", self.csv),
        )
        asked = [form for form, is_asked in forms if is_asked]
        if len(asked) > 1:
            raise UsageError(f"{' and '.join(f'--{form}' for form in asked)}: expected one of them")
        return asked[0] if asked else None


@dataclass(frozen=True, slots=True)
class Place:
    """A place, and how far it goes; `crawler.commands.choosing` finds its units."""

    place: Annotated[
        str | None,
        typer.Option("--place", metavar="NAME", help="About this place: a name, or a unit's id."),
    ] = None
    with_successors: Annotated[
        Reach,
        typer.Option("--with-successors", help="Also what the place became: core, or all touched."),
    ] = "none"


About = Annotated[
    Confidence,
    typer.Option(
        "--about", help="How sure that it is about the place: certain, or likely ones too."
    ),
]


@dataclass(frozen=True, slots=True)
class AboutPlace(Place):
    """A place, how far it goes, and how sure an article is about it."""

    about: About = "likely"
