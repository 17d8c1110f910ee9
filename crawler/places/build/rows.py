"""Build the gazetteer's units and successions from four unit lists and 34 resolutions.

Pure; `crawler.places.files` reads and writes. What no source says stays None.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from crawler.places.build.history import EARLIER_SUCCESSIONS, EARLIER_UNITS, KNOWN_BEGINNINGS
from crawler.places.build.lists import Listed, loose, parse_list, reconcile
from crawler.places.build.resolutions import parse_resolution
from crawler.places.build.succession import Pair, resolve
from storage.errors import ConfigError
from storage.model.places import Succession, Unit
from storage.text.normalize import fold


@dataclass(frozen=True, slots=True)
class Era:
    """The time for which one unit list holds. `month` marks the ids of units it attests first."""

    file: str
    month: str
    since: date | None
    until: date | None


ERAS = (
    Era("units-before-2025-01-01.json", "2024-12", None, date(2025, 1, 1)),
    Era("units-before-2025-07-01.json", "2025-01", date(2025, 1, 1), date(2025, 7, 1)),
    Era("units-from-2025-07-01.json", "2025-07", date(2025, 7, 1), date(2026, 4, 30)),
    Era("units-from-2026-04-30.json", "2026-04", date(2026, 4, 30), None),
)
_MERGER = ERAS[2].month
_INITIALS = {
    "tỉnh": "t", "thành phố": "tp", "quận": "q", "huyện": "h", "thị xã": "tx",
    "phường": "p", "xã": "x", "thị trấn": "tt", "đặc khu": "dk",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GazetteerRows:
    """What the shipped tables hold, in their order."""

    units: tuple[Unit, ...]
    successions: tuple[Succession, ...]


def build(files: Mapping[str, str]) -> GazetteerRows:
    """Return the gazetteer's rows from the raw `files`, by name.

    files: the four lists named in ERAS and every "…_NQ-UBTVQH15.md".
    Raises ConfigError where a file is missing, or where lists and resolutions do not fit together.
    """
    missing = [era.file for era in ERAS if era.file not in files]
    names = sorted(name for name in files if name.endswith("_NQ-UBTVQH15.md"))
    if missing or not names:
        raise ConfigError(f"raw data: {', '.join(missing) or 'the resolutions'} not found")
    resolutions = [parse_resolution(files[name], name) for name in names]
    lists = [parse_list(files[era.file], era.file) for era in ERAS]
    lists[2:] = reconcile(lists[2], lists[3], resolutions)
    pairs = {item.number: resolve(item, lists[1], lists[2]) for item in resolutions}
    return _Builder(lists, pairs).rows()


class _Builder:
    """Walks through the eras and opens, keeps or closes a row for every listed unit."""

    def __init__(self, lists: list[dict[str, Listed]], pairs: Mapping[str, list[Pair]]) -> None:
        self.lists, self.pairs = lists, pairs
        self.units = {unit.id: unit for unit in EARLIER_UNITS}
        self.ids: list[dict[str, str]] = []  # code → id, one an era
        taken = Counter(new for _, new in _provinces(lists, pairs))
        self.merged = {province for province, olds in taken.items() if olds > 1}

    def rows(self) -> GazetteerRows:
        for era, listed in zip(ERAS, self.lists, strict=True):
            self.ids.append({})
            for unit in listed.values():
                self.ids[-1][unit.code] = self._row(era, unit)
        for identity, begun in KNOWN_BEGINNINGS.items():
            self.units[identity] = replace(self.units[identity], valid_from=begun)
        units = sorted(
            self.units.values(), key=lambda unit: (unit.id[-7:], unit.code or "", unit.id)
        )
        return GazetteerRows(tuple(units), tuple(self._successions()))

    def _row(self, era: Era, listed: Listed) -> str:
        """Return the id of the row that holds `listed` in `era`, opening one where needed."""
        parent = self.ids[-1][listed.parent] if listed.parent else None
        earlier = self.ids[-2].get(listed.code) if len(self.ids) > 1 else None
        if earlier and self._goes_on(self.units[earlier], listed, parent, era):
            self.units[earlier] = replace(self.units[earlier], name=listed.name, valid_to=era.until)
            return earlier
        identity = _identity(listed, era)
        if identity in self.units:
            raise ConfigError(f"{era.file}: {identity} would be the id of two units")
        self.units[identity] = Unit(
            identity, listed.code, listed.type, listed.name, parent, era.since, era.until, era.month
        )
        return identity

    def _goes_on(self, unit: Unit, listed: Listed, parent: str | None, era: Era) -> bool:
        """True where nothing but spelling differs; a province that took in others is new."""
        same = unit.type == listed.type and unit.parent == parent
        grown = era.month == _MERGER and listed.code in self.merged
        return same and not grown and loose(unit.name) == loose(listed.name)

    def _successions(self) -> Iterator[Succession]:
        yield from EARLIER_SUCCESSIONS
        yield from self._continued(0)
        before, after = self.ids[1], self.ids[2]
        for old, new in sorted(_provinces(self.lists, self.pairs)):
            if before[old] != after[new]:
                yield Succession(before[old], after[new], "whole")
        for number, pairs in self.pairs.items():
            for old, new, share, clause in self._with_communes(pairs):
                yield Succession(before[old], after[new], share, number, clause)
        yield from self._continued(2)

    def _continued(self, index: int) -> Iterator[Succession]:
        """Yield the units that the next list has under the same code and name, with a new row."""
        olds, news = self.ids[index], self.ids[index + 1]
        for code, old in olds.items():
            new = news.get(code)
            if new and new != old and loose(self.units[old].name) == loose(self.units[new].name):
                yield Succession(old, new, "whole")

    def _with_communes(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """Yield `pairs`, and where a whole district became one unit, its communes too."""
        for old, new, share, clause in pairs:
            yield old, new, share, clause
            for unit in self.lists[1].values():
                if unit.parent == old:
                    yield unit.code, new, share, clause


def _provinces(
    lists: list[dict[str, Listed]], pairs: Mapping[str, list[Pair]]
) -> set[tuple[str, str]]:
    """Return old and new code of every province, as its communes' successions show them."""
    return {
        (_province(old, lists[1]), _province(new, lists[2]))
        for found in pairs.values()
        for old, new, _, _ in found
    }


def _province(code: str, units: Mapping[str, Listed]) -> str:
    parent = units[code].parent
    return code if parent is None else _province(parent, units)


def _identity(listed: Listed, era: Era) -> str:
    """Return a readable id: type's initials, name, official code, month that first attests it."""
    slug = re.sub(r"[^a-z0-9]+", "-", fold(listed.name)).strip("-")
    return f"{_INITIALS[listed.type]}-{slug}.{listed.code}@{era.month}"
