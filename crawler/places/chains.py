"""Resolution of adjacent names by one another: "Cao Viên, Thanh Oai, Hà Nội". Pure."""

import re
from collections.abc import Sequence

from crawler.places import words
from crawler.places.context import PlaceContext
from crawler.places.gazetteer import MERGER
from crawler.places.linking import PlaceLink
from storage.model.places import Unit

_BETWEEN = re.compile(r" ?(?:,|\(|-|(?:,? ?thuộc|của)) ?\(?$")

_JOINED = re.compile(r"(?:(?: cũ)?,? ?(?:và |, ?))")


def chain(links: Sequence[PlaceLink], context: PlaceContext) -> None:
    """Resolve communes next to their district, and districts next to their province.

    It goes from right to left, so that an address is resolved from its end.
    """
    for index in range(len(links) - 2, -1, -1):
        left, right = links[index], links[index + 1]
        if left.where != right.where or not _adjacent(left, right):
            continue
        bracket = _bracket(links, index + 1)
        if _pair_any(left, bracket, context):
            _share(links, index, bracket[1:] and bracket, context)
        elif not _pair(right, left, context) and _contradicts(left, right):
            left.units = []
            _share(links, index, (), context)


def _pair_any(low: PlaceLink, highs: Sequence[PlaceLink], context: PlaceContext) -> bool:
    """Resolve `low` with each of `highs` that can contain it; return whether there was one."""
    return sum(_pair(low, high, context) for high in highs) > 0


def _bracket(links: Sequence[PlaceLink], index: int) -> Sequence[PlaceLink]:
    """Return a link and those joined to it in its parentheses: "(TP.Thủ Đức và quận 12 cũ)"."""
    text, last = links[index].text.lower, index
    if text[: links[index].spot.begin].endswith("("):
        while last + 1 < len(links) and links[last + 1].where == links[index].where:
            gap = text[links[last].end : links[last + 1].spot.begin]
            if not _JOINED.fullmatch(gap):
                break
            last += 1
    return links[index : last + 1]


def _adjacent(left: PlaceLink, right: PlaceLink) -> bool:
    gap = left.text.lower[left.end : right.spot.begin]
    return len(gap) < 12 and _BETWEEN.fullmatch(gap) is not None


def _pair(low: PlaceLink, high: PlaceLink, context: PlaceContext) -> bool:
    """Resolve `low` as a unit in `high`, if possible. An enumeration may turn out to be a chain.

    A school named after a commune is no mention of it, but shows which district `high` is.
    """
    if high.blocked:
        return False
    highs = high.units
    if high.spot.role == "listed" and high.spot.trigger and not high.spot.trigger.plural:
        named = [unit for _, units in high.spot.readings for unit in units]
        highs = [unit for unit in named if context.possible(unit)]
    # an ambiguous name means the province: "phường Tam Thanh, Lạng Sơn"
    provinces = [unit for unit in highs if unit.level == "province"]
    return _resolve(low, high, provinces, context) or _resolve(low, high, highs, context)


def _resolve(low: PlaceLink, high: PlaceLink, highs: list[Unit], context: PlaceContext) -> bool:
    ids = {kin for unit in highs for kin in context.gazetteer.kin(unit.id)}
    inside = (
        [unit for unit in units if ids & set(context.gazetteer.above(unit.id))]
        for units in (low.units, low.hints)
    )
    lows = next(filter(None, inside), [])
    # "Ba Vì, Hà Nội" is the district, not a commune of that name in another district
    lows = [unit for unit in lows if unit.parent in ids] or lows
    heirs = [unit for unit in low.units if _took_from(unit, ids, context)]
    if heirs and (not lows or words.FORMER.match(high.text.lower, high.end)):
        low.units, low.chained, high.chained = heirs, True, True
        return True
    if not lows:
        return False
    above = {identity for unit in lows for identity in context.gazetteer.above(unit.id)}
    low.units, low.chained = lows, True
    high.units = [unit for unit in highs if above & context.gazetteer.kin(unit.id)]
    high.chained = True
    return True


def _took_from(unit: Unit, districts: set[str], context: PlaceContext) -> bool:
    """True for a new commune with a part of an old district: "phường Láng (Đống Đa cũ)"."""
    if unit.valid_from is None or unit.valid_from < MERGER or unit.level != "ward":
        return False
    olds = (context.gazetteer.unit(item.old) for item in context.gazetteer.predecessors(unit.id))
    return any(old.parent in districts and old.level == "ward" for old in olds)


def _share(
    links: Sequence[PlaceLink], index: int, highs: Sequence[PlaceLink], context: PlaceContext
) -> None:
    """Resolve the communes before a resolved one in the same enumeration, by its parent or by the
    districts in parentheses.
    """
    link = links[index]
    parents = {unit.parent for unit in link.units}
    while index > 0 and link.spot.trigger and links[index - 1].spot.trigger is link.spot.trigger:
        index -= 1
        other = links[index]
        if highs:
            _pair_any(other, highs, context)
            continue
        siblings = [unit for unit in other.units if unit.parent in parents]
        siblings = siblings or [unit for unit in other.hints if unit.parent in parents]
        if siblings or not parents:
            other.units, other.chained = siblings, bool(siblings)


def _contradicts(low: PlaceLink, high: PlaceLink) -> bool:
    """True for a commune next to a district, with its type word, that has no such commune."""
    if high.spot.trigger is None or high.spot.role != "typed" or high.is_province:
        return False
    communes = any(unit.level == "ward" for unit in low.units) and low.spot.role != "bare"
    return communes and any(words.LEVELS[kind] == "district" for kind in high.spot.trigger.types)
