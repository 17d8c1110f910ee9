"""The decision which spots are mentions of a unit, and of which unit. Pure.

Five rules, in this order:
1. A type word before the name, or before an enumeration with the name, makes it a mention.
2. A name next to its parent ("Cao Viên, Thanh Oai, Hà Nội") is a mention, and so is the parent.
3. A bare district is a mention after an office or a preposition of place, alone in parentheses or
   at the head of a title, if the text or the outlet is about its province; so is a name joined to
   such a mention.
4. A bare name is a mention if rules 1 to 3 find the same unit elsewhere in the text.
5. No other spot is a mention, nor is a bare name after a street, a lake, a school, a person ….
The unit is chosen by the adjacent unit, the provinces and districts that the text names, the day
and the type word. If two remain, none is chosen.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from itertools import pairwise

from crawler.places import words
from crawler.places.chains import chain
from crawler.places.context import PlaceContext
from crawler.places.gazetteer import MERGER
from crawler.places.linking import PlaceLink, said, words_before
from storage.model.places import Unit

_LOOSE = 2.0  # less than the difference between a unit of the day and an ended one
_AFTER_NAME = re.compile(r"(?P<name>\b[^\W\d_a-zà-ỹ]\w*)(?:,? và |, | ?- ?)$")


def decide(links: Sequence[PlaceLink], context: PlaceContext) -> None:
    """Set the unit of every link that is a mention; `links` are those of a text, in order."""
    for link in links:
        if link.is_province and not link.blocked and not _is_person(link):
            context.add_province(link.where, link.spot.start, link.units)
        elif (
            link.spot.role == "bare"
            and not link.blocked
            and said(words_before(link), words.OFFICES)
        ):
            context.add_office(link.units)
    chain(links, context)
    accepted = [link for link in links if _accept(link, context)]
    named = frozenset(context.provinces) | context.outlet
    for link in accepted:
        if not _loose(link, context) and not _is_disputed(link, named, context):
            context.add_vote(link.units)
    for link in accepted:
        link.unit = _choose(link, context)
    _agree(accepted, context)
    _join(pairwise(links), context)
    _join(((after, before) for before, after in reversed(list(pairwise(links)))), context)
    _repeat(links, context)


def _is_person(link: PlaceLink) -> bool:
    return link.spot.role == "bare" and link.text.lower.startswith("hồ chí minh", link.spot.start)


def _accept(link: PlaceLink, context: PlaceContext) -> bool:
    """Return whether rules 1 to 3 make the link a mention; a bare one keeps only its big units."""
    if link.blocked or link.is_province or not (link.units or _loose(link, context)):
        return False
    if link.spot.role != "bare" or link.chained:
        return True
    known = context.provinces or context.outlet
    return bool(known) and _pointed_at(link) and _keep_big(link, context)


def _is_disputed(link: PlaceLink, named: Set[str], context: PlaceContext) -> bool:
    """True for a bare name of an ended unit in a province that the text names, if its remaining
    units are elsewhere: "Ở Hà Nội, người dân Nam Hồng …" is not about Nam Hồng in Ninh Bình.
    """
    if link.spot.role != "bare" or link.chained:
        return False
    province = context.gazetteer.province
    bearing = {province(unit.id).id for _, units in link.spot.readings for unit in units}
    return bool(bearing & named) and not {province(unit.id).id for unit in link.units} & named


def _agree(accepted: Sequence[PlaceLink], context: PlaceContext) -> None:
    """Choose units of one era in an enumeration: if one is a future unit, so are the others, if
    all can be ("4 xã: Gia Lâm, Bát Tràng" in June 2025).
    """
    lists: dict[int, list[PlaceLink]] = defaultdict(list)
    for link in accepted:
        if link.spot.trigger and context.day < MERGER:
            lists[id(link.spot.trigger)].append(link)
    for links in lists.values():
        chosen = [link.unit for link in links if link.unit and link.unit.valid_from == MERGER]
        if chosen:
            future = [_of_merger(link, chosen[0].parent) for link in links]
            for link, unit in zip(links, future, strict=True):
                link.unit = unit if all(future) else link.unit


def _of_merger(link: PlaceLink, province: str | None) -> Unit | None:
    units = [unit for unit in link.units if unit.valid_from == MERGER and unit.parent == province]
    return units[0] if len(units) == 1 else None


def _pointed_at(link: PlaceLink) -> bool:
    text = link.text.text
    if words.FORMER.match(link.text.lower, link.end) or words.IS_A.match(link.text.lower, link.end):
        return True
    if link.spot.start == 0:
        return text[link.end : link.end + 2] == ": "
    if text[link.spot.start - 1] == "(":
        return text[link.end : link.end + 1] == ")"
    return said(words_before(link), words.OFFICES | words.PLACING) or _after_street(link)


def _after_street(link: PlaceLink) -> bool:
    """True for the district after a street; since the merger, for any unit with such a name."""
    is_district = any(unit.level == "district" for _, units in link.spot.readings for unit in units)
    lower, start = link.text.lower, link.spot.start
    if not is_district or words.ADDRESS_END.match(lower, link.end) is None:
        return False
    return words.STREET.search(lower, max(0, start - 60), start) is not None


def _keep_big(link: PlaceLink, context: PlaceContext) -> bool:
    """Keep only the units that a bare name can mean; return whether there are any."""
    is_a = words.IS_A.match(link.text.lower, link.end)
    if is_a:
        big = [unit for unit in link.units if unit.type == is_a["type"]]
    elif words.FORMER.match(link.text.lower, link.end):
        big = [unit for unit in link.units if unit.level == "district"]
    else:
        big = [unit for unit in link.units if _is_big(unit, context)]
    link.units = big or link.units
    return bool(big)


def _is_big(unit: Unit, context: PlaceContext) -> bool:
    """True for units that a bare name can mean: districts, since the merger the new communes."""
    if context.day < MERGER:
        return unit.level == "district"
    return unit.valid_from is not None and unit.valid_from >= MERGER


def _loose(link: PlaceLink, context: PlaceContext) -> list[Unit]:
    """Return the communes of another type that an enumeration can mean: those of the day in a
    province with evidence.
    """
    if link.chained or context.day < MERGER or not (link.spot.trigger and link.spot.trigger.plural):
        return []
    start = link.spot.start
    return [
        unit
        for unit in link.hints
        if unit.valid_on(context.day) and context.province_weight(unit, link.where, start) > 0
    ]


def _choose(link: PlaceLink, context: PlaceContext) -> Unit | None:
    """Return the unit that is meant, or None if that is ambiguous."""
    loose = _loose(link, context)
    units = [unit for unit in link.units if unit.level != "province"]
    scores = {unit.id: _score(link, unit, context) for unit in units}
    scores |= {unit.id: _score(link, unit, context) - _LOOSE for unit in loose}
    best = max(scores.values(), default=0.0)
    top = [unit for unit in units + loose if scores.get(unit.id) == best]
    if len(top) != 1:
        return None
    has_evidence = link.chained or context.province_weight(top[0], link.where, link.spot.start) > 0
    return top[0] if has_evidence or _is_alone(link, top[0], context) else None


def _is_alone(link: PlaceLink, unit: Unit, context: PlaceContext) -> bool:
    """True if the type word leaves only that unit, or no other one of the day and the text names
    no province.
    """
    if link.spot.role == "bare":
        return False
    valid = [other for other in link.units if other.valid_on(context.day)]
    return len(link.units) == 1 or (valid == [unit] and not context.provinces)


def _score(link: PlaceLink, unit: Unit, context: PlaceContext) -> float:
    era = context.era_weight(unit, link.text, link.spot.begin, link.end)
    place = context.province_weight(unit, link.where, link.spot.start)
    return era + place + context.district_weight(unit)


def _join(pairs: Iterable[tuple[PlaceLink, PlaceLink]], context: PlaceContext) -> None:
    """Accept the other name of "ở Thanh Trì và Thường Tín" if one is a mention (rule 3)."""
    for known, link in pairs:
        if known.unit is None or known.spot.role != "bare" or not link.is_open:
            continue
        first, second = sorted((known, link), key=lambda item: (item.where, item.spot.start))
        is_joined = first.text.lower[first.end : second.spot.start] in (", ", " và ", ", và ")
        if is_joined and known.where == link.where and _keep_big(link, context):
            link.unit = _choose(link, context)


def _repeat(links: Sequence[PlaceLink], context: PlaceContext) -> None:
    """Accept bare names of units that are mentions elsewhere in the text (rule 4)."""
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
    """True if a name that is not a unit precedes this one: "đường Nguyễn Trãi, Giảng Võ"."""
    match = _AFTER_NAME.search(link.text.text, max(0, link.spot.start - 40), link.spot.start)
    if not match:
        return False
    if before is None or before.where != link.where or before.end != match.end("name"):
        return True
    return not (before.unit or before.is_province)
