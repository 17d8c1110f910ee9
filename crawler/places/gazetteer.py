"""The gazetteer in memory: units with their parents, successions and names.

Pure; `crawler.places.files.load_gazetteer` reads it from the shipped tables.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from difflib import get_close_matches
from functools import cached_property

from storage.errors import NotFoundError
from storage.model.places import Reach, Succession, Unit
from storage.text.normalize import canonical_tone, fold, normalize

MERGER = date(2025, 7, 1)  # districts ended and today's communes began

_TYPE_WORDS = {
    "q": ("quận",), "quận": ("quận",), "h": ("huyện",), "huyện": ("huyện",),
    "tx": ("thị xã",), "thị xã": ("thị xã",), "tp": ("thành phố",), "thành phố": ("thành phố",),
    "p": ("phường",), "phường": ("phường",), "x": ("xã",), "xã": ("xã",),
    "tt": ("thị trấn",), "thị trấn": ("thị trấn",), "đặc khu": ("đặc khu",), "tỉnh": ("tỉnh",),
}  # fmt: skip
_FOLDED_TYPES = {fold(word): kinds for word, kinds in _TYPE_WORDS.items()}
_TYPED = re.compile(
    r"^(" + "|".join(sorted(_FOLDED_TYPES, key=len, reverse=True)) + r")(?:\.\s*|\s+|(?=\d))(?=\S)"
)


class Gazetteer:
    """All units and successions, indexed. It is immutable: build one and share it."""

    def __init__(
        self, units: Iterable[Unit], successions: Iterable[Succession], version: str
    ) -> None:
        self.version = version
        self.units = {unit.id: unit for unit in units}
        self.successions = tuple(successions)
        self._after: dict[str, list[Succession]] = defaultdict(list)
        self._before: dict[str, list[Succession]] = defaultdict(list)
        for item in self.successions:
            self._after[item.old].append(item)
            self._before[item.new].append(item)

    @cached_property
    def begins(self) -> date:
        """The day of the earliest change in the sources."""
        days = (day for unit in self.units.values() for day in (unit.valid_from, unit.valid_to))
        return min(day for day in days if day)

    def note(self, day: date, named: Iterable[str] = ()) -> str | None:
        """Return a warning for readers about results for `day`, or None.

        named: ids of the units in the result.
        """
        if day < self.begins:
            return (
                f"{day} is before {self.begins}, the first change that the gazetteer knows: "
                "units are those of later years"
            )
        units = [unit for unit in map(self.unit, sorted(set(named))) if unit.gone_by]
        ends = (f"{unit.full_name} ended on an unknown day before {unit.gone_by}" for unit in units)
        return "; ".join(ends) or None

    @cached_property
    def _children(self) -> dict[str, list[Unit]]:
        children: dict[str, list[Unit]] = defaultdict(list)
        for unit in self.units.values():
            if unit.parent:
                children[unit.parent].append(unit)
        return dict(children)

    @cached_property
    def _names(self) -> dict[str, list[Unit]]:
        names: dict[str, list[Unit]] = defaultdict(list)
        for unit in self.units.values():
            names[plain(unit.name)].append(unit)
        return dict(names)

    def unit(self, identity: str) -> Unit:
        """Return the unit with that id. Raises NotFoundError if there is none."""
        try:
            return self.units[identity]
        except KeyError:
            raise NotFoundError(
                f"no unit has the id {identity!r}; `tinquan places find NAME` lists ids"
            ) from None

    def province(self, identity: str) -> Unit:
        """Return the province of the unit; of a province, itself."""
        unit = self.unit(identity)
        return self.units[self._aboves[identity][-1]] if unit.parent else unit

    def district(self, identity: str) -> Unit | None:
        """Return the unit's district, a district itself; None for provinces and new communes."""
        unit = self.unit(identity)
        if unit.level == "district":
            return unit
        parent = self.units.get(unit.parent or "")
        return parent if parent and parent.level == "district" else None

    def above(self, identity: str) -> tuple[str, ...]:
        """Return the ids of the units above, the parent first."""
        return self._aboves[identity]

    @cached_property
    def _aboves(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for unit in self.units.values():
            chain: list[str] = []
            parent = unit.parent
            while parent:
                chain.append(parent)
                parent = self.units[parent].parent
            found[unit.id] = tuple(chain)
        return found

    def provinces(self, text: str) -> tuple[Unit, ...]:
        """Return the provinces with the code, id or name `text`; names as in `find`."""
        coded = [unit for unit in self.units.values() if not unit.parent and unit.code == text]
        return tuple(coded) or tuple(unit for unit in self.find(text) if unit.level == "province")

    def kin(self, identity: str) -> frozenset[str]:
        """Return the unit and its successors on its own level: a text that names quận 2 is
        evidence for what the lists have in thành phố Thủ Đức.
        """
        return self._kin.get(identity, frozenset((identity,)))

    @cached_property
    def _kin(self) -> dict[str, frozenset[str]]:
        successors: dict[str, list[str]] = defaultdict(list)
        for item in self.successions:
            level = self.unit(item.old).level
            if level != "ward" and self.unit(item.new).level == level:
                successors[item.old].append(item.new)

        def closure(identity: str) -> frozenset[str]:
            return frozenset((identity,)).union(*map(closure, successors.get(identity, ())))

        return {identity: closure(identity) for identity in successors}

    def children(self, identity: str) -> tuple[Unit, ...]:
        """Return the units directly below, of all eras."""
        return tuple(self._children.get(identity, ()))

    def successors(self, identity: str) -> tuple[Succession, ...]:
        """Return the recorded successions of the unit; for districts see `core` and `touched`."""
        return tuple(self._after.get(identity, ()))

    def predecessors(self, identity: str) -> tuple[Succession, ...]:
        """Return the successions from which the unit was formed."""
        return tuple(self._before.get(identity, ()))

    def line(self, identity: str) -> tuple[str, ...]:
        """Return the ids of the same place, oldest first: only type or parent changed."""
        return self._lines.get(identity, (identity,))

    @cached_property
    def _lines(self) -> dict[str, tuple[str, ...]]:
        later = {
            items[0].old: items[0].new
            for items in self._after.values()
            if len(items) == 1 and self._same_place(items[0])
        }
        found = {}
        for first in later.keys() - set(later.values()):
            rows = [first]
            while rows[-1] in later:
                rows.append(later[rows[-1]])
            found.update(dict.fromkeys(rows, tuple(rows)))
        return found

    def _same_place(self, item: Succession) -> bool:
        """True if nothing was merged, split or renamed; a resolution's commune is a new place."""
        old, new = self.unit(item.old), self.unit(item.new)
        is_only = len(self.predecessors(new.id)) == 1 and item.clause is None
        return is_only and old.level == new.level and plain(old.name) == plain(new.name)

    def core(self, identity: str) -> tuple[str, ...]:
        """Return the ids of the new units that continue the unit.

        For a district: the communes whose home it is, so that districts partition the new communes;
        for one that ended earlier, the district that took all of it, and that one's core if it took
        no other. For a commune: the one that took all of it or has its code. For a province: its
        successor.
        """
        last = self.unit(self.line(identity)[-1])
        links = self.successors(last.id)
        if last.level == "district" and last.valid_to == MERGER:
            return tuple(new for new, home in self._homes.items() if home == last.id)
        heirs = [
            item.new
            for item in links
            if item.share == "whole" or self.unit(item.new).code == last.code
        ]
        if last.level == "district" and len(heirs) == 1 == len(self.predecessors(heirs[0])):
            heirs += self.core(heirs[0])
        return tuple(heirs)

    def touched(self, identity: str) -> tuple[str, ...]:
        """Return the ids of the other new units that took any part of the unit."""
        last = self.unit(self.line(identity)[-1])
        core = self.core(last.id)
        if last.level == "district" and last.valid_to != MERGER:
            districts = [item.new for item in self.successors(last.id)]
            later = [new for id_ in districts for new in self.core(id_) + self.touched(id_)]
            return tuple(new for new in dict.fromkeys([*districts, *later]) if new not in core)
        rows = [last.id]
        if last.level == "district":
            rows += [unit.id for unit in self.children(last.id) if unit.valid_to == MERGER]
        news = {item.new for row in rows for item in self.successors(row)} - set(core)
        return tuple(sorted(news, key=lambda new: (self.unit(new).code or "", new)))

    @cached_property
    def _homes(self) -> dict[str, str]:
        """The old district that is the home of each commune of the merger, by id.

        A new commune has the code of an old one, whose district is its home. For the six communes
        with new codes it is the district of most of the units that they took whole.
        """
        old = {
            unit.code: unit.parent
            for unit in self.units.values()
            if unit.level == "ward" and unit.valid_to == MERGER
        }
        homes = {}
        for unit in self.units.values():
            if unit.level == "ward" and unit.valid_from == MERGER:
                whole = [item.old for item in self.predecessors(unit.id) if item.share == "whole"]
                districts = Counter(found.id for found in map(self.district, whole) if found)
                homes[unit.id] = old.get(unit.code) or districts.most_common(1)[0][0]
        return homes

    def scope(self, identity: str, reach: Reach = "none") -> tuple[str, ...]:
        """Return the ids that a query for the unit includes: its line and its successors' lines;
        for a province also all units in it, because articles are about those.
        """
        own = self.line(identity)
        last = own[-1]
        if self.unit(last).level == "province":
            line = frozenset(own)
            inside = (unit for unit in self.units if not line.isdisjoint(self._aboves[unit]))
            return (*own, *inside)
        core = self.core(last) if reach != "none" else ()
        touched = self.touched(last) if reach == "touched" else ()
        found = [*own, *(row for new in (*core, *touched) for row in self.line(new))]
        return tuple(dict.fromkeys(found))

    def near(self, text: str) -> tuple[str, ...]:
        """Return up to three names that are similar to the one in `text`, which no unit has."""
        folded = plain(text.partition(",")[0])
        kinds = [plain(kind) for kind in _TYPE_WORDS if len(kind) > 2]
        bare = {folded} | {folded[len(k) :] for k in kinds if folded.startswith(k)}
        found = [name for key in sorted(bare) for name in get_close_matches(key, self._names)]
        return tuple(dict.fromkeys(self._names[name][0].name for name in found))[:3]

    def find(self, text: str, on: date | None = None) -> tuple[Unit, ...]:
        """Return the units that `text` can mean, provinces first, then oldest first.

        text: an id; or a name with or without type word, diacritics and the units above it:
        "quận Đống Đa", "dong da", "phường Ba Đình, Thanh Hóa".
        on: only units that may have existed on that day.
        """
        if text in self.units:
            return (self.units[text],)
        first, *above = [part.strip() for part in text.split(",") if part.strip()] or [""]
        found = [unit for unit in self._named(first) if on is None or unit.valid_on(on)]
        for part in above:
            wanted = {unit.id for unit in self._named(part)}
            found = [unit for unit in found if wanted & set(self.above(unit.id))]
        return tuple(sorted(found, key=_order))

    def _named(self, text: str) -> Iterator[Unit]:
        """Yield the units that one name can mean, with or without its type word."""
        text = canonical_tone(normalize(text)).strip()
        typed = _TYPED.match(fold(text))
        kinds = _FOLDED_TYPES[typed[1]] if typed else ()
        names = {(text, ())} | ({(text[typed.end() :], kinds)} if typed else set())
        for name, wanted in names:
            for unit in self._names.get(plain(name), ()):
                is_marked = fold(name) != name.lower()
                is_same = not is_marked or _is_same_name(name, unit.name)
                if (not wanted or unit.type in wanted) and is_same:
                    yield unit


def plain(text: str) -> str:
    """Return the letters and digits of a name, folded; "01" becomes "1"."""
    letters = re.sub(r"[\W_]+", "", fold(text))
    return str(int(letters)) if letters.isdecimal() else letters


def _is_same_name(name: str, other: str) -> bool:
    return re.sub(r"[\W_]+", "", name).lower() == re.sub(r"[\W_]+", "", other).lower()


def _order(unit: Unit) -> tuple[int, date, str]:
    levels = {"province": 0, "district": 1, "ward": 2}
    return levels[unit.level], unit.valid_to or date.max, unit.id
