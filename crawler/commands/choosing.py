"""From the name that a user typed to one place, and to the units that a query for it means."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape

from crawler.commands import options
from crawler.commands.common import err, note, print_table
from crawler.config.config import Config
from crawler.places import Gazetteer, load_gazetteer, version_of
from crawler.render.base import counted
from crawler.render.places import above_text, era_text, units_text
from crawler.render.table import Column, Table, table_of
from storage.archive import Archive
from storage.errors import UnknownPlaceError, UsageError
from storage.model.places import Confidence, Unit


@dataclass(frozen=True, slots=True)
class Choice:
    """The units that a query means, how surely, the line that says so, the gazetteer's version."""

    units: tuple[str, ...] = ()
    header: str = ""
    version: str = ""
    about: Confidence = "likely"


def choose(config: Config, asked: options.Place) -> Choice:
    """Return what a query for a place means, if it names one; only then is the gazetteer read.

    Raises as `one_place` and `load_gazetteer` do, and UsageError for successors of no place, or
    for how sure an article is about none.
    """
    place, reach = asked.place, asked.with_successors
    about = asked.about if isinstance(asked, options.AboutPlace) else "likely"
    if place is None:
        if reach != "none":
            raise UsageError("--with-successors needs a --place whose successors are wanted")
        if about != "likely":
            raise UsageError("--about needs a --place that articles are about")
        return Choice()
    gazetteer = load_gazetteer(config.gazetteer)
    unit = one_place(gazetteer, place)
    own = gazetteer.line(unit.id)
    found = gazetteer.scope(unit.id, reach)
    if unit.level == "province":
        header = f"taken for all places in {units_text(own, gazetteer)}"
        return Choice(found, header, gazetteer.version, about)
    header = f"taken for {units_text(own, gazetteer)}, {above_text(unit, gazetteer)}"
    if reach != "none":
        kind = "core" if reach == "core" else "core and touched"
        added = units_text(found[len(own) :], gazetteer)
        header += f"; with its {kind} successors: {added}" if added else "; it has no successors"
    return Choice(found, header, gazetteer.version, about)


def announce(choice: Choice, archive: Archive, console: Console) -> None:
    """Say what a query for a place was taken for, and what of the archive it cannot see."""
    if choice.header:
        warn_untagged(archive, choice.version)
        console.print(escape(choice.header), soft_wrap=True)


def one_place(gazetteer: Gazetteer, text: str) -> Unit:
    """Return the unit that `text` means; of a place with several rows, the last that fits.

    Raises UnknownPlaceError; and UsageError where several places are called so, after it has
    printed them on standard error.
    """
    found = gazetteer.find(text)
    if not found:
        raise unknown(gazetteer, text)
    lines = {gazetteer.line(unit.id): unit for unit in found}
    if len(lines) > 1:
        title = f"{text!r} can mean {len(lines)} places"
        print_table(unit_table(list(lines.values()), title, gazetteer), err)
        exact = " or ".join(repr(_exact(unit, gazetteer)) for unit in list(lines.values())[:3])
        raise UsageError(f"{text!r} can mean {len(lines)} places: ask for one, such as {exact}")
    return next(iter(lines.values()))


def unknown(gazetteer: Gazetteer, text: str) -> UnknownPlaceError:
    """Return the error for a name that no unit bears."""
    near = ", ".join(gazetteer.near(text))
    hint = (
        f"; names like it: {near}" if near else "; expected a name such as quận Đống Đa, or an id"
    )
    return UnknownPlaceError(f"no place is called {text!r}{hint}")


def _exact(unit: Unit, gazetteer: Gazetteer) -> str:
    """Return the shortest words that mean this place alone: at last its id."""
    for name in (unit.full_name, f"{unit.full_name}, {above_text(unit, gazetteer)}"):
        if {gazetteer.line(one.id) for one in gazetteer.find(name)} == {gazetteer.line(unit.id)}:
            return name
    return unit.id


def unit_table(found: Sequence[Unit], title: str, gazetteer: Gazetteer) -> Table:
    """Return units as a table, one row each."""
    columns: tuple[Column[Unit], ...] = (
        Column("ID", lambda unit: unit.id),
        Column("unit", lambda unit: unit.full_name),
        # "in" distinguishes namesakes.
        Column("in", lambda unit: above_text(unit, gazetteer), least=16),
        Column("valid", era_text, rank=1),
    )
    return table_of(title, columns, found)


def warn_untagged(archive: Archive, version: str) -> None:
    """Say on standard error how much of the archive a question about places cannot see.

    version: the gazetteer's.
    """
    count = archive.places.count_untagged(version_of(version))
    if count:
        note(
            f"note: {counted(count, 'state of an article has', 'states of articles have')}"
            " no places of this gazetteer yet; `tinquan places retag` adds them"
        )
