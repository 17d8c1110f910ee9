"""Build the gazetteer's units and successions from dated unit lists, resolutions and a hand-made
table of earlier changes.

Pure; `crawler.places.files` reads and writes. What no source says stays None.
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
    """The time for which one unit list holds. `month` marks the ids of units it attests first."""

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
    """What the shipped tables hold, in their order."""

    units: tuple[Unit, ...]
    successions: tuple[Succession, ...]


def build(files: Mapping[str, str]) -> GazetteerRows:
    """Return the gazetteer's rows from the raw `files`, by name.

    files: those named in LISTS, CHANGES and HISTORY, and every "…_NQ-UBTVQH15.md".
    Raises ConfigError where a file is missing, or where lists and resolutions do not fit together.
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
    """Return the eras of all lists; `days`: first days of those up to the first whole list.

    That one's ids keep its month, although most of its units are in earlier lists too.
    """
    base, *later = LISTS.values()
    months = [f"{day:%Y-%m}" for day in days[:-1]] + [base.month]
    since = [None, *days[1:]]
    until = [*days[1:], base.until]
    return [Era(*era) for era in zip(months, since, until, strict=True)] + later


class _Builder:
    """Walks through the eras and opens, keeps or closes a row for every listed unit."""

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
        """Give the rows of the first whole list the ids that they had before earlier ones came."""
        held = {id_: f"{id_[:-7]}{era.month}" for id_ in self.ids[-1].values()}
        self.units = {
            held.get(id_, id_): replace(
                unit,
                id=held.get(id_, id_),
                parent=held.get(unit.parent, unit.parent) if unit.parent else None,
            )
            for id_, unit in self.units.items()
        }
        self.ids = [{code: held.get(id_, id_) for code, id_ in codes.items()} for codes in self.ids]

    def _row(self, era: Era, listed: Listed) -> str:
        """Return the id of the row that holds `listed` in `era`, opening one where needed."""
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
        """True where nothing but spelling differs; a province that took in others is new."""
        same = unit.type == listed.type and unit.parent == parent
        grown = era.month == _MERGER and listed.code in self.merged
        return same and not grown and loose(unit.name) == loose(listed.name)

    def successions(self) -> Iterator[Succession]:
        """Yield what became of what: before the merger, by its resolutions, after it."""
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
        """Yield the rows of a list that went on as other rows of the next one.

        As the one with their code; without it as the new one that bears their name in their
        district, or, for a district, as the only one that has communes of it.
        """
        olds, news = self.ids[index], self.ids[index + 1]
        begun = {_bearing(self.units[id_]): id_ for id_ in set(news.values()) - set(olds.values())}
        for code, old in olds.items():
            new = news.get(code) or begun.get(_bearing(self.units[old])) or self._taker(index, code)
            if new and new != old:
                yield Succession(old, new, "whole")

    def _taker(self, index: int, code: str) -> str | None:
        """Return the district of the next list that has what is left of a district's communes."""
        olds, news = self.lists[index], self.lists[index + 1]
        left = {
            news[unit.code].parent
            for unit in olds.values()
            if unit.parent == code and unit.code in news
        }
        return self.ids[index + 1][left.pop() or ""] if len(left) == 1 else None

    def _with_communes(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """Yield `pairs`, and where a whole district became one unit, its communes too."""
        for old, new, share, clause in pairs:
            yield old, new, share, clause
            for unit in self.lists[self.merger - 1].values():
                if unit.parent == old:
                    yield unit.code, new, share, clause

    def _provinces(self) -> set[tuple[str, str]]:
        """Return old and new code of every province, as its communes' successions show them."""
        before, after = self.lists[self.merger - 1], self.lists[self.merger]
        return {
            (_province(old, before), _province(new, after))
            for found in self.pairs.values()
            for old, new, _, _ in found
        }


def _bearing(unit: Unit) -> tuple[str, str | None]:
    return loose(unit.full_name), unit.parent


def _province(code: str, units: Mapping[str, Listed]) -> str:
    parent = units[code].parent
    return code if parent is None else _province(parent, units)
