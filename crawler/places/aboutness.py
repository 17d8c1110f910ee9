"""Scores for the units that an article mentions, and the choice of those it is about. Pure.

score = 5 if the title names the unit + 3 if the sapo does + 2·log2(1 + times in the body). A
"quận" or "trên địa bàn huyện" without a name counts as half a time for the district before it, and
the score of a commune in a district is multiplied by 0.7.

If title or sapo name a unit, the units with a score of at least 3, and of 0.6 of the best, are
primary. They are certain if the title names them, or the sapo other than as somebody's residence.

If only the body names units, a district also gets half a time for each mention of a commune in it.
The first unit named, unless late or a residence, gets 2 more, and the first scene of an event 1
more, each with the units listed next to it and their districts. Units with at least 4.5 (4 if no
other unit is named), and 0.8 of the best, are primary and likely. A list of more than three is a
survey of the country and gets no bonus; more than three primary units are none.

A commune is not primary if its own district is. The numbers were tuned on texts without their
lead; `docs/places.md` gives the results.
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
ALONE_THRESHOLD = 4.0  # if the body names no other unit
EARLY = 1500  # characters of the body in which the first name is significant
MOST = 3  # units of one list that a text can be about
_GAP = 16  # characters between two names of one list or address


@dataclass(frozen=True, slots=True)
class Named:
    """A mention at [start, end) of a field's normalized text, with its role."""

    unit: str
    field: Field
    start: int
    end: int
    role: Role


def score_units(
    mentions: Sequence[Named], echoes: Mapping[str, int], gazetteer: Gazetteer
) -> tuple[Score, ...]:
    """Return a score for every unit mentioned, highest first.

    mentions: in order. echoes: by id, how often the body refers to a district without its name.
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
        in_district = gazetteer.unit(unit).level == "ward" and gazetteer.district(unit) is not None
        scores[unit] = round(score * (WARD_FACTOR if in_district else 1.0), 3)
    is_alone = sum(not above for above in districts.values()) == 1
    primary = _primary(scores, bool(title or sapo), is_alone, gazetteer)
    scenes = title | {
        item.unit for item in mentions if item.field == "sapo" and item.role != "home"
    }
    order = sorted(scores, key=lambda unit: (-scores[unit], unit))
    return tuple(
        Score(unit, scores[unit], _confidence(unit in scenes) if unit in primary else None)
        for unit in order
    )


def _confidence(in_lead: bool) -> Confidence:
    return "certain" if in_lead else "likely"


def _districts(named: Collection[str], gazetteer: Gazetteer) -> dict[str, set[str]]:
    """Return for each of `named` which of the others contain it, in any era."""
    by_kin: dict[str, set[str]] = defaultdict(set)
    for unit in named:
        for kin in gazetteer.kin(unit):
            by_kin[kin].add(unit)
    return {
        unit: {other for above in gazetteer.above(unit) for other in by_kin.get(above, ())}
        for unit in named
    }


def _within(times: Mapping[str, int], districts: Mapping[str, set[str]]) -> Counter[str]:
    """Count how often the communes of each district are named."""
    counts: Counter[str] = Counter()
    for unit, count in times.items():
        counts.update(dict.fromkeys(districts[unit], count))
    return counts


def _primary(
    scores: Mapping[str, float], in_lead: bool, is_alone: bool, gazetteer: Gazetteer
) -> set[str]:
    threshold, keep = (THRESHOLD, KEEP) if in_lead else (BODY_THRESHOLD, BODY_KEEP)
    if is_alone and not in_lead:
        threshold = ALONE_THRESHOLD
    best = max(scores.values(), default=0.0)
    chosen = {unit for unit, score in scores.items() if score >= max(threshold, keep * best)}
    above = {kin for unit in chosen for kin in gazetteer.kin(unit)}
    chosen = {unit for unit in chosen if not set(gazetteer.above(unit)) & above}
    return chosen if in_lead or len(chosen) <= MOST else set()


def _bonus(
    body: Sequence[Named], districts: Mapping[str, set[str]], gazetteer: Gazetteer
) -> dict[str, float]:
    """Return the bonus of units for the first mention, and for the first scene."""
    bonus: dict[str, float] = defaultdict(float)
    for points, roles in ((FIRST, ("scene", "plain")), (SCENE, ("scene",))):
        first = next((index for index, item in enumerate(body) if item.role in roles), None)
        if first is not None and body[first].start < EARLY:
            together = _together(body, first, gazetteer)
            for unit in together.union(*(districts[unit] for unit in together)):
                bonus[unit] += points
    return bonus


def _together(body: Sequence[Named], first: int, gazetteer: Gazetteer) -> set[str]:
    """Return the units of the list or address that begins at `first`; none for a long list."""
    units = [body[first].unit]
    for before, item in zip(body[first:], body[first + 1 :], strict=False):
        if item.start - before.end > _GAP:
            break
        units.append(item.unit)
    levels = Counter(gazetteer.unit(unit).level for unit in set(units))
    return set(units) if max(levels.values()) <= MOST else set()
