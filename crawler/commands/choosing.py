"""Resolve the place name that a user typed to a place, and to the units to query for."""

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
    """A resolved place: units to query for, a line that names them, and the gazetteer's version.

    about: how surely articles must be about one of the units.
    """

    units: tuple[str, ...] = ()
    header: str = ""
    version: str = ""
    about: Confidence = "likely"


def choose(config: Config, given: options.Place) -> Choice:
    """Resolve the place options; the gazetteer is read only if a place is given.

    Raises what `one_place` and `load_gazetteer` raise, and UsageError for --with-successors or
    --about without a place.
    """
    place, reach = given.place, given.with_successors
    about = given.about if isinstance(given, options.AboutPlace) else "likely"
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
    """Print how a place was resolved, and warn of articles that are not tagged yet."""
    if choice.header:
        warn_untagged(archive, choice.version)
        console.print(escape(choice.header), soft_wrap=True)


def one_place(gazetteer: Gazetteer, text: str) -> Unit:
    """Return the unit that `text` names; of several units of one place, the last match.

    Raises UnknownPlaceError for an unknown name, and UsageError for the name of several places,
    after printing them on standard error.
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
    """Return the error for a name that no unit has, with similar names."""
    near = ", ".join(gazetteer.near(text))
    hint = (
        f"; names like it: {near}" if near else "; expected a name such as quận Đống Đa, or an id"
    )
    return UnknownPlaceError(f"no place is called {text!r}{hint}")


def _exact(unit: Unit, gazetteer: Gazetteer) -> str:
    """Return the shortest text that resolves to this place alone: its name, or else its id."""
    for name in (unit.full_name, f"{unit.full_name}, {above_text(unit, gazetteer)}"):
        lines = {gazetteer.line(found.id) for found in gazetteer.find(name)}
        if lines == {gazetteer.line(unit.id)}:
            return name
    return unit.id


def unit_table(found: Sequence[Unit], title: str, gazetteer: Gazetteer) -> Table:
    """Return a table of units."""
    columns: tuple[Column[Unit], ...] = (
        Column("ID", lambda unit: unit.id),
        Column("unit", lambda unit: unit.full_name),
        # "in" distinguishes namesakes.
        Column("in", lambda unit: above_text(unit, gazetteer), least=16),
        Column("valid", era_text, rank=1),
    )
    return table_of(title, columns, found)


def warn_untagged(archive: Archive, version: str) -> None:
    """Warn on standard error how many states queries by place miss for want of tags.

    version: the gazetteer's.
    """
    count = archive.places.count_untagged(version_of(version))
    if count:
        note(
            f"note: {counted(count, 'state of an article has', 'states of articles have')}"
            " no places of this gazetteer yet; `tinquan places retag` adds them"
        )
