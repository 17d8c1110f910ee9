"""Construction of the gazetteer's units and successions from dated unit lists, resolutions and a
hand-written table of earlier changes.

Pure; `crawler.places.files` reads and writes the files. Values that no source gives are None.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from crawler.places.build.changes import earlier_lists, parse_changes
from crawler.places.build.history import parse_history, with_history
from crawler.places.build.lists import Listed, identity, loose, parse_list, reconcile
from crawler.places.build.resolutions import parse_resolution
from crawler.places.build.succession import Pair, resolve
from storage.errors import ConfigError
from storage.model.places import Succession, Unit


@dataclass(frozen=True, slots=True)
class Era:
    """The period of one unit list. `month` is in the ids of the units that it attests first."""

    month: str
    since: date | None
    until: date | None


CHANGES = "unit-changes-2021-11-to-2024-11.jsonl"
HISTORY = "history.csv"
LISTS = {
    "units-before-2025-01-01.json": Era("2024-12", None, date(2025, 1, 1)),
    "units-before-2025-07-01.json": Era("2025-01", date(2025, 1, 1), date(2025, 7, 1)),
    "units-from-2025-07-01.json": Era("2025-07", date(2025, 7, 1), date(2026, 4, 30)),
    "units-from-2026-04-30.json": Era("2026-04", date(2026, 4, 30), None),
}
_BASE, _, _MERGER, _ = (era.month for era in LISTS.values())


@dataclass(frozen=True, slots=True)
class GazetteerRows:
    """The rows of the shipped tables, in order."""

    units: tuple[Unit, ...]
    successions: tuple[Succession, ...]


def build(files: Mapping[str, str]) -> GazetteerRows:
    """Build the gazetteer's rows from the raw `files`, by name.

    files: those named in LISTS, CHANGES and HISTORY, and every "…_NQ-UBTVQH15.md".
    Raises ConfigError if a file is missing, or if lists and resolutions are inconsistent.
    """
    missing = [name for name in (*LISTS, CHANGES, HISTORY) if name not in files]
    names = sorted(name for name in files if name.endswith("_NQ-UBTVQH15.md"))
    if missing or not names:
        raise ConfigError(f"raw data: {', '.join(missing) or 'the resolutions'} not found")
    resolutions = [parse_resolution(files[name], name) for name in names]
    whole, before, first, second = (parse_list(files[name], name) for name in LISTS)
    after = reconcile(first, second, resolutions)
    pairs = {item.number: resolve(item, before, after[0]) for item in resolutions}
    dated = earlier_lists(parse_changes(files[CHANGES], CHANGES), whole)
    eras = _eras([day for day, _ in dated])
    lists = [listed for _, listed in dated] + [before, *after]
    builder = _Builder(list(zip(eras, lists, strict=True)), pairs)
    units, earlier = with_history(builder.units, parse_history(files[HISTORY], HISTORY), HISTORY)
    order = sorted(units.values(), key=lambda unit: (unit.id[-7:], unit.code or "", unit.id))
    return GazetteerRows(tuple(order), (*earlier, *builder.successions()))


def _eras(days: list[date]) -> list[Era]:
    """Return the eras of all lists; `days`: first days of those up to the first complete list.

    The ids of its units have its month, although most of them are in earlier lists too.
    """
    base, *later = LISTS.values()
    months = [f"{day:%Y-%m}" for day in days[:-1]] + [base.month]
    since = [None, *days[1:]]
    until = [*days[1:], base.until]
    return [Era(*era) for era in zip(months, since, until, strict=True)] + later


class _Builder:
    """Goes through the eras and opens, continues or closes a row for every listed unit."""

    def __init__(
        self, lists: list[tuple[Era, dict[str, Listed]]], pairs: Mapping[str, list[Pair]]
    ) -> None:
        self.eras, self.lists = [era for era, _ in lists], [listed for _, listed in lists]
        self.pairs = pairs
        self.merger = next(i for i, era in enumerate(self.eras) if era.month == _MERGER)
        self.units: dict[str, Unit] = {}
        self.ids: list[dict[str, str]] = []  # code → id, one an era
        taken = Counter(new for _, new in self._provinces())
        self.merged = {province for province, olds in taken.items() if olds > 1}
        for era, listed in lists:
            self.ids.append({})
            for unit in listed.values():
                self.ids[-1][unit.code] = self._row(era, unit)
            if era.month == _BASE:
                self._rename(era)

    def _rename(self, era: Era) -> None:
        """Change the ids of the rows in the first complete list to its month.

        These are the ids that they had before earlier lists were added.
        """
        ids = {id_: f"{id_[:-7]}{era.month}" for id_ in self.ids[-1].values()}
        self.units = {
            ids.get(id_, id_): replace(
                unit,
                id=ids.get(id_, id_),
                parent=ids.get(unit.parent, unit.parent) if unit.parent else None,
            )
            for id_, unit in self.units.items()
        }
        self.ids = [{code: ids.get(id_, id_) for code, id_ in codes.items()} for codes in self.ids]

    def _row(self, era: Era, listed: Listed) -> str:
        """Return the id of the row of `listed` in `era`; opens a row if needed."""
        parent = self.ids[-1][listed.parent] if listed.parent else None
        earlier = self.ids[-2].get(listed.code) if len(self.ids) > 1 else None
        if earlier and self._continues(self.units[earlier], listed, parent, era):
            self.units[earlier] = replace(self.units[earlier], name=listed.name, valid_to=era.until)
            return earlier
        name = identity(listed.type, listed.name, listed.code, era.month)
        if name in self.units:
            raise ConfigError(f"the list of {era.month}: {name} would be the id of two units")
        self.units[name] = Unit(
            name, listed.code, listed.type, listed.name, parent, era.since, era.until, era.month
        )
        return name

    def _continues(self, unit: Unit, listed: Listed, parent: str | None, era: Era) -> bool:
        """True if only the spelling differs; a province that absorbed others is a new unit."""
        is_same = unit.type == listed.type and unit.parent == parent
        has_grown = era.month == _MERGER and listed.code in self.merged
        return is_same and not has_grown and loose(unit.name) == loose(listed.name)

    def successions(self) -> Iterator[Succession]:
        """Yield the successions before the merger, by its resolutions, and after it."""
        for index in range(self.merger - 1):
            yield from self._continued(index)
        before, after = self.ids[self.merger - 1], self.ids[self.merger]
        for old, new in sorted(self._provinces()):
            if before[old] != after[new]:
                yield Succession(before[old], after[new], "whole")
        for number, pairs in self.pairs.items():
            for old, new, share, clause in self._with_communes(pairs):
                yield Succession(before[old], after[new], share, number, clause)
        for index in range(self.merger, len(self.lists) - 1):
            yield from self._continued(index)

    def _continued(self, index: int) -> Iterator[Succession]:
        """Yield the successions of a list's rows to other rows of the next list.

        The successor has the same code; else it is the new row with the same name and parent, or,
        for a district, the only one that has communes of it.
        """
        olds, news = self.ids[index], self.ids[index + 1]
        added = {_name_key(self.units[id_]): id_ for id_ in set(news.values()) - set(olds.values())}
        for code, old in olds.items():
            same_name = added.get(_name_key(self.units[old]))
            new = news.get(code) or same_name or self._absorbing(index, code)
            if new and new != old:
                yield Succession(old, new, "whole")

    def _absorbing(self, index: int, code: str) -> str | None:
        """Return the one district of the next list with all remaining communes of a district."""
        olds, news = self.lists[index], self.lists[index + 1]
        parents = {
            news[unit.code].parent
            for unit in olds.values()
            if unit.parent == code and unit.code in news
        }
        return self.ids[index + 1][parents.pop() or ""] if len(parents) == 1 else None

    def _with_communes(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """Yield `pairs`, and for a district that became one unit, also pairs of its communes."""
        for old, new, share, clause in pairs:
            yield old, new, share, clause
            for unit in self.lists[self.merger - 1].values():
                if unit.parent == old:
                    yield unit.code, new, share, clause

    def _provinces(self) -> set[tuple[str, str]]:
        """Return the old and new code of every province, from the successions of its communes."""
        before, after = self.lists[self.merger - 1], self.lists[self.merger]
        return {
            (_province(old, before), _province(new, after))
            for pairs in self.pairs.values()
            for old, new, _, _ in pairs
        }


def _name_key(unit: Unit) -> tuple[str, str | None]:
    return loose(unit.full_name), unit.parent


def _province(code: str, units: Mapping[str, Listed]) -> str:
    parent = units[code].parent
    return code if parent is None else _province(parent, units)
