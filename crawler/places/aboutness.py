"""Which units an article is about: a score for every unit it mentions, and those on top. Pure.

score = 5 if the title names it + 3 if the sapo does + 2·log2(1 + times in the body), where
"quận", "trên địa bàn huyện" without a name count as half a time for the district before them, and
the score of a commune that lies in a district is multiplied by 0.7.

Where title or sapo name a unit, primary are those with a score of at least 3 and of 0.6 of the
best; certain, unless the sapo says it of somebody's residence only. Where the body alone names
units, a district counts half a time for each commune of it; the first that it names (residences
aside, and early) get 2 more and the first scene of something that happened 1 more, with what is
named beside it and the district it lies in; primary, and likely, are those with at least 4.5 (4
where nothing else is named) and 0.8 of the best. A list of more than three is a survey of the
country: no bonus, no primary.
A commune is not primary beside its own district. The numbers were found on texts whose lead was
taken away; `docs/places.md` says how well they do.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from crawler.places.events import Role
from crawler.places.gazetteer import Gazetteer
from storage.model.places import Confidence, Field, Score

TITLE, SAPO, BODY, FIRST, SCENE = 5.0, 3.0, 2.0, 2.0, 1.0
WARD_FACTOR = 0.7
THRESHOLD, KEEP = 3.0, 0.6  # with a unit in title or sapo
BODY_THRESHOLD, BODY_KEEP = 4.5, 0.8
ALONE_THRESHOLD = 4.0  # where the body names nothing else
EARLY = 1500  # characters into the body within which the first name tells
MOST = 3  # units of one list that a text can still be about
_GAP = 16  # characters between two names of one list or address


@dataclass(frozen=True, slots=True)
class Named:
    """A mention in normalised text, [start, end) of its field, and what it says."""

    unit: str
    field: Field
    start: int
    end: int
    role: Role


def score_units(
    mentions: Sequence[Named], echoes: Mapping[str, int], gazetteer: Gazetteer
) -> tuple[Score, ...]:
    """Return a score for every unit mentioned, highest first.

    mentions: in order; echoes: times that the body speaks of a district without its name, by id.
    """
    title = {item.unit for item in mentions if item.field == "title"}
    sapo = {item.unit for item in mentions if item.field == "sapo"}
    body = [item for item in mentions if item.field == "body"]
    times = Counter(item.unit for item in body)
    districts = _districts(times, gazetteer)
    bonus = {} if title or sapo else _bonus(body, districts, gazetteer)
    within = {} if title or sapo else _within(times, districts)
    scores = {}
    for unit in {*title, *sapo, *times}:
        count = times[unit] + 0.5 * (echoes.get(unit, 0) + within.get(unit, 0))
        score = TITLE * (unit in title) + SAPO * (unit in sapo) + BODY * math.log2(1 + count)
        score += bonus.get(unit, 0.0)
        below = gazetteer.unit(unit).level == "ward" and gazetteer.district(unit) is not None
        scores[unit] = round(score * (WARD_FACTOR if below else 1.0), 3)
    alone = sum(not above for above in districts.values()) == 1
    primary = _primary(scores, bool(title or sapo), alone, gazetteer)
    scenes = title | {
        item.unit for item in mentions if item.field == "sapo" and item.role != "home"
    }
    order = sorted(scores, key=lambda unit: (-scores[unit], unit))
    return tuple(
        Score(unit, scores[unit], _confidence(unit in scenes) if unit in primary else None)
        for unit in order
    )


def _confidence(said: bool) -> Confidence:
    return "certain" if said else "likely"


def _districts(named: Collection[str], gazetteer: Gazetteer) -> dict[str, set[str]]:
    """Return for each of `named` which others are its district, in any era."""
    became: dict[str, set[str]] = defaultdict(set)
    for unit in named:
        for kin in gazetteer.kin(unit):
            became[kin].add(unit)
    return {
        unit: {other for above in gazetteer.above(unit) for other in became.get(above, ())}
        for unit in named
    }


def _within(times: Mapping[str, int], districts: Mapping[str, set[str]]) -> Counter[str]:
    """Count for districts how often their communes are named."""
    found: Counter[str] = Counter()
    for unit, count in times.items():
        found.update(dict.fromkeys(districts[unit], count))
    return found


def _primary(
    scores: Mapping[str, float], leads: bool, alone: bool, gazetteer: Gazetteer
) -> set[str]:
    threshold, keep = (THRESHOLD, KEEP) if leads else (BODY_THRESHOLD, BODY_KEEP)
    if alone and not leads:
        threshold = ALONE_THRESHOLD
    best = max(scores.values(), default=0.0)
    chosen = {unit for unit, score in scores.items() if score >= max(threshold, keep * best)}
    above = {kin for unit in chosen for kin in gazetteer.kin(unit)}
    chosen = {unit for unit in chosen if not set(gazetteer.above(unit)) & above}
    return chosen if leads or len(chosen) <= MOST else set()


def _bonus(
    body: Sequence[Named], districts: Mapping[str, set[str]], gazetteer: Gazetteer
) -> dict[str, float]:
    """Return what units get for being named first, and for the first scene."""
    bonus: dict[str, float] = defaultdict(float)
    for points, fits in ((FIRST, ("scene", "plain")), (SCENE, ("scene",))):
        first = next((at for at, item in enumerate(body) if item.role in fits), None)
        if first is not None and body[first].start < EARLY:
            together = _together(body, first, gazetteer)
            for unit in together.union(*(districts[unit] for unit in together)):
                bonus[unit] += points
    return bonus


def _together(body: Sequence[Named], first: int, gazetteer: Gazetteer) -> set[str]:
    """Return the units of the list or address that begins there; none of a long list."""
    found = [body[first].unit]
    for before, item in zip(body[first:], body[first + 1 :], strict=False):
        if item.start - before.end > _GAP:
            break
        found.append(item.unit)
    levels = Counter(gazetteer.unit(unit).level for unit in set(found))
    return set(found) if max(levels.values()) <= MOST else set()
