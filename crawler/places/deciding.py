"""Decide which spots are mentions of a unit, and of which. Pure.

Five rules, in this order:
1. A type word before the name, or before an enumeration that has the name, makes it one.
2. A name beside the unit above it ("Cao Viên, Thanh Oai, Hà Nội") is one, and so is that unit.
3. An office, a placing word, a bracket of its own or the head of a title makes a bare district
   one, if the text or the outlet speaks of its province; a name joined to such a one goes along.
4. A bare name is one where the same unit is named by rules 1 to 3 elsewhere in the text.
5. What is left is none; neither is a bare name after a street, a lake, a school, a person ….
Which unit is meant: by the unit beside it, the provinces and districts that the text names,
the day, and the type word. Where two remain, none is taken.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from crawler.places import words
from crawler.places.chains import chain
from crawler.places.context import PlaceContext
from crawler.places.gazetteer import MERGER
from crawler.places.linking import PlaceLink, said, words_before
from storage.model.places import Unit

_AFTER_NAME = re.compile(r"(?P<name>\b[^\W\d_a-zà-ỹ]\w*)(?:,? và |, | ?- ?)$")


def decide(links: Sequence[PlaceLink], context: PlaceContext) -> None:
    """Set the unit of every link that is a mention; `links` are a text's, in order."""
    for link in links:
        if link.is_province and not link.blocked and not _is_person(link):
            context.add_province(link.where, link.spot.start, link.units)
    chain(links, context)
    accepted = [link for link in links if _accept(link, context)]
    for link in accepted:
        context.add_vote(link.units)
    for link in accepted:
        link.unit = _choose(link, context)
    _join(pairwise(links), context)
    _join(((after, before) for before, after in reversed(list(pairwise(links)))), context)
    _repeat(links, context)


def _is_person(link: PlaceLink) -> bool:
    return link.spot.role == "bare" and link.text.lower.startswith("hồ chí minh", link.spot.start)


def _accept(link: PlaceLink, context: PlaceContext) -> bool:
    """Return whether rules 1 to 3 make the link a mention; a bare one keeps its big units only."""
    if link.blocked or not link.units or link.is_province:
        return False
    if link.spot.role != "bare" or link.chained:
        return True
    return (
        bool(context.provinces or context.outlet) and _pointed_at(link) and _keep_big(link, context)
    )


def _pointed_at(link: PlaceLink) -> bool:
    text = link.text.text
    if link.spot.start == 0:
        return text[link.end : link.end + 2] == ": "
    if text[link.spot.start - 1] == "(":
        return text[link.end : link.end + 1] == ")"
    return said(words_before(link), words.OFFICES | words.PLACING) or _after_street(link)


def _after_street(link: PlaceLink) -> bool:
    """True for the district of a street; since the merger, for what bears a district's name."""
    district = any(unit.level == "district" for _, units in link.spot.readings for unit in units)
    lower, start = link.text.lower, link.spot.start
    ends = words.ADDRESS_END.match(lower, link.end) is not None
    return district and ends and words.STREET.search(lower, max(0, start - 60), start) is not None


def _keep_big(link: PlaceLink, context: PlaceContext) -> bool:
    """Leave the link only the units that a bare name means; return whether there are any."""
    big = [unit for unit in link.units if _is_big(unit, context)]
    link.units = big or link.units
    return bool(big)


def _is_big(unit: Unit, context: PlaceContext) -> bool:
    """True for what a bare name means: districts, and since the merger the new communes."""
    if context.day < MERGER:
        return unit.level == "district"
    return unit.valid_from is not None and unit.valid_from >= MERGER


def _choose(link: PlaceLink, context: PlaceContext) -> Unit | None:
    """Return the unit that is meant, None where nothing settles it."""
    scores = {
        unit.id: _score(link, unit, context) for unit in link.units if unit.level != "province"
    }
    best = max(scores.values(), default=0.0)
    top = [unit for unit in link.units if scores.get(unit.id) == best]
    if len(top) != 1:
        return None
    spoken = link.chained or context.province_weight(top[0], link.where, link.spot.start) > 0
    sure = len(scores) == 1 and link.spot.role != "bare"
    return top[0] if spoken or sure else None


def _score(link: PlaceLink, unit: Unit, context: PlaceContext) -> float:
    era = context.era_weight(unit, link.text, link.spot.begin, link.end)
    place = context.province_weight(unit, link.where, link.spot.start)
    return era + place + context.district_weight(unit)


def _join(pairs: Iterable[tuple[PlaceLink, PlaceLink]], context: PlaceContext) -> None:
    """Take the other name of "ở Thanh Trì và Thường Tín" where one is a mention (rule 3)."""
    for known, link in pairs:
        if known.unit is None or known.spot.role != "bare" or not link.is_open:
            continue
        first, second = sorted((known, link), key=lambda item: (item.where, item.spot.start))
        joined = first.text.lower[first.end : second.spot.start] in (", ", " và ", ", và ")
        if joined and known.where == link.where and _keep_big(link, context):
            link.unit = _choose(link, context)


def _repeat(links: Sequence[PlaceLink], context: PlaceContext) -> None:
    """Take bare names of units that the text names plainly elsewhere (rule 4)."""
    known: dict[str, list[Unit]] = defaultdict(list)
    for link in links:
        if link.unit:
            known[link.unit.name].append(link.unit)
    before: PlaceLink | None = None
    for link in links:
        if link.is_open and not _follows_other(link, before):
            names = {unit.name for unit in link.units}
            units = [unit for name in sorted(names) for unit in known.get(name, ())]
            units.sort(
                key=lambda unit: (not _is_big(unit, context), not unit.valid_on(context.day))
            )
            link.unit = units[0] if units else None
        before = link


def _follows_other(link: PlaceLink, before: PlaceLink | None) -> bool:
    """True where a name that is no unit leads up to this one: "đường Nguyễn Trãi, Giảng Võ"."""
    match = _AFTER_NAME.search(link.text.text, max(0, link.spot.start - 40), link.spot.start)
    if not match:
        return False
    if before is None or before.where != link.where or before.end != match.end("name"):
        return True
    return not (before.unit or before.is_province)
