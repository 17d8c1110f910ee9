"""Resolution of the names in a resolution's clauses to listed units, which gives the successions.

Lists and resolutions spell some 130 names of the highlands differently ("Đăk"/"Đắk"), so a name
is matched exactly, then without diacritics, then by similarity within the clause's districts.
Pure, standard library only.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from crawler.places.build.lists import Listed, loose, split_name
from crawler.places.build.resolutions import Clause, Member, Resolution
from storage.errors import ConfigError
from storage.model.places import Share

Pair = tuple[str, str, Share, int]  # old code, new code, share, clause
_ARABIC = {"IV": "4"}  # the only ward that a resolution and the lists number differently
ClauseKey = tuple[Clause, Member]
Resolved = dict[ClauseKey, Listed]


def resolve(
    resolution: Resolution, before: Mapping[str, Listed], after: Mapping[str, Listed]
) -> list[Pair]:
    """Return the pairs of old and new codes that `resolution` decides, in its order.

    before, after: the unit lists by code, before and from 2025-07-01.
    Raises ConfigError if a name in a clause matches no listed unit, or several.
    """
    pairs = list(_Finder(resolution, before, after).pairs())
    times = Counter(old for old, _, _, _ in pairs)
    # a unit in several clauses is split (one moves the land of Kỳ Lợi, others its people)
    return [
        (old, new, "whole" if times[old] == 1 else "part", clause) for old, new, _, clause in pairs
    ]


class _Finder:
    """Finds the listed units that a resolution names."""

    def __init__(
        self, resolution: Resolution, before: Mapping[str, Listed], after: Mapping[str, Listed]
    ) -> None:
        self.before, self.number = before, resolution.number
        province = _province(resolution, after)
        new = [unit for unit in after.values() if unit.parent == province]
        provinces = {_top(unit.code, before) for unit in new if unit.code in before}
        self.old = [
            unit for unit in before.values() if unit.parent and _top(unit.code, before) in provinces
        ]
        self.new_named, self.old_named = _by_name(new), _by_name(self.old)
        self.clauses = [*resolution.clauses, *_kept(resolution)]

    def pairs(self) -> Iterator[Pair]:
        """Yield every pair; unambiguous names are resolved first."""
        members = [(clause, member) for clause in self.clauses for member in clause.members]
        named = {key: self._same_name(key[1]) for key in members}
        resolved = {
            key: units[0]
            for key, units in named.items()
            if len(units) == 1 and _exact(units[0], key[1])
        }
        for choose in (self._in_district, self._remaining):
            for key, units in sorted(named.items(), key=lambda item: len(item[1])):
                if key not in resolved:
                    resolved |= choose(key, units, resolved)
        for key in members:
            if key not in resolved:
                resolved[key] = self._most_similar(key, resolved)
            yield self._pair(key, resolved[key])

    def _pair(self, key: ClauseKey, old: Listed) -> Pair:
        clause, member = key
        news = self.new_named.get(_key(clause.type, clause.name), [])
        if len(news) > 1:
            news = [new for new in news if new.name == split_name(f"{new.type} {clause.name}")[1]]
        if len(news) != 1:
            raise self._error(key, f"{len(news)} new units")
        return old.code, news[0].code, member.share, clause.number

    def _same_name(self, member: Member) -> list[Listed]:
        """Return the units with that name, without diacritics, in the given district if any."""
        found = self.old_named.get(_key(member.type, member.name), [])
        within = loose(member.within or "")
        inside = [unit for unit in found if self._district(unit) in within]
        return inside or found

    def _in_district(self, key: ClauseKey, units: list[Listed], resolved: Resolved) -> Resolved:
        """Resolve a name to its only unit in a district of its clause, or of clauses nearby.

        Consecutive clauses are about the same district.
        """
        free = _free(key, units, resolved)
        for reach in range(4):
            districts = self._districts(key[0], resolved, reach)
            candidates = [unit for unit in free if unit.parent in districts]
            exact = [unit for unit in candidates if _exact(unit, key[1])]
            for found in (candidates, exact):
                if len(found) == 1:
                    return {key: found[0]}
        return {}

    def _remaining(self, key: ClauseKey, units: list[Listed], resolved: Resolved) -> Resolved:
        """Resolve a name to its only unit that is split elsewhere, is spelled so, or is free."""
        free = _free(key, units, resolved)
        parts = [unit for (_, member), unit in resolved.items() if member.share == "part"]
        split = [unit for unit in free if key[1].share == "part" and unit in parts]
        exact = [unit for unit in free if _exact(unit, key[1])]
        found = split or exact or free
        return {key: found[0]} if len(found) == 1 else {}

    def _districts(self, clause: Clause, resolved: Resolved, reach: int) -> set[str | None]:
        return {
            unit.parent
            for (other, _), unit in resolved.items()
            if abs(other.number - clause.number) <= reach
        }

    def _most_similar(self, key: ClauseKey, resolved: Resolved) -> Listed:
        """Return the free unit in the clause's districts with the most similar name."""
        free = [unit for unit in self.old if unit not in resolved.values()]
        for reach, threshold in ((0, 0.6), (3, 0.75), (len(self.clauses), 0.8)):
            districts = self._districts(key[0], resolved, reach)
            candidates = [unit for unit in free if unit.parent in districts]
            scored = [(_similarity(unit.name, key[1].name), unit) for unit in candidates]
            best = max((score for score, _ in scored), default=0.0)
            found = [unit for score, unit in scored if score == best >= threshold]
            if len(found) == 1:
                return found[0]
        raise self._error(key, "no old unit")

    def _error(self, key: ClauseKey, fits: str) -> ConfigError:
        clause, member = key
        return ConfigError(
            f"resolution {self.number}, clause {clause.number}: {member.type} {member.name} → "
            f"{clause.type} {clause.name} fits {fits} of the lists"
        )

    def _district(self, unit: Listed) -> str:
        district = self.before[unit.parent or unit.code]
        return loose(f"{district.type} {district.name}")


def _kept(resolution: Resolution) -> Iterator[Clause]:
    """Yield a clause for each unit in the last clause, which continues as itself."""
    for unit in resolution.kept:
        yield Clause(resolution.kept_clause, unit.type, unit.name, (unit,))


def _province(resolution: Resolution, after: Mapping[str, Listed]) -> str:
    wanted = loose(resolution.province)
    for unit in after.values():
        if unit.parent is None and loose(unit.name) == wanted:
            return unit.code
    raise ConfigError(f"resolution {resolution.number}: no province is named {resolution.province}")


def _by_name(units: Sequence[Listed]) -> dict[tuple[str, str], list[Listed]]:
    named: dict[tuple[str, str], list[Listed]] = defaultdict(list)
    for unit in units:
        named[_key(unit.type, unit.name)].append(unit)
    return dict(named)


def _key(kind: str, name: str) -> tuple[str, str]:
    """Return a key that is equal for names that differ only in diacritics and spaces."""
    return kind, loose(_ARABIC.get(name, split_name(f"{kind} {name}")[1]))


def _free(key: ClauseKey, units: list[Listed], resolved: Resolved) -> list[Listed]:
    """Return the `units` that no other clause has; for a part of a unit, all of them."""
    taken = resolved.values() if key[1].share == "whole" else ()
    return [unit for unit in units if unit not in taken]


def _exact(unit: Listed, member: Member) -> bool:
    return unit.name == split_name(f"{member.type} {member.name}")[1]


def _similarity(name: str, other: str) -> float:
    return SequenceMatcher(None, loose(name), loose(other)).ratio()


def _top(code: str, units: Mapping[str, Listed]) -> str:
    parent = units[code].parent
    return code if parent is None else _top(parent, units)
