"""Decide which spots are mentions of a unit, and of which. Pure.

Five rules, in this order:
1. A type word before the name, or before an enumeration that the name stands in, makes it one.
2. A name beside the unit above it ("Cao Viên, Thanh Oai, Hà Nội") is one, and so is that unit.
3. An office, a placing word or the head of a title before a bare district makes it one, if the
   text or the outlet speaks of its province.
4. A bare name is one where the same unit is named by rules 1 to 3 elsewhere in the text.
5. What is left is none; neither is a bare name after a street, a lake, a school, a person ….
Which unit is meant: by the unit beside it, the provinces and districts that the text names,
the day, and the type word. Where two remain, none is taken.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from crawler.places import words
from crawler.places.context import Context
from crawler.places.gazetteer import MERGER
from crawler.places.offsets import Normal
from crawler.places.spots import Spot
from crawler.places.units import Unit

_CHAIN = re.compile(r" ?(?:,|\(|-|(?:,? ?thuộc|của)) ?\(?$")
_AFTER_NAME = re.compile(r"(?P<name>\b[^\W\d_a-zà-ỹ]\w*)(?:,? và |, | ?- ?)$")
_WORDS_BEFORE = 4


@dataclass(slots=True)
class Link:
    """A spot on its way to a unit: `units` are those still possible."""

    where: int
    text: Normal
    spot: Spot
    end: int
    units: list[Unit]
    chained: bool = False
    blocked: bool = False
    unit: Unit | None = field(default=None)

    @property
    def is_province(self) -> bool:
        """True where the name can only be read as a province's here."""
        return bool(self.units) and all(unit.level == "province" for unit in self.units)


def make_links(where: int, text: Normal, spots: Iterable[Spot], context: Context) -> list[Link]:
    """Return a field's spots with the units that type word and day leave possible."""
    links = []
    for spot in spots:
        for end, units in spot.readings:
            fitting = _fitting(spot, [unit for unit in units if _possible(unit, context)])
            if fitting and not _runs_on(text, spot, end):
                links.append(Link(where, text, spot, end, fitting))
                break
        else:
            links.append(Link(where, text, spot, spot.readings[0][0], []))
    for link in links:
        link.blocked = _is_other(link)
    return links


def _possible(unit: Unit, context: Context) -> bool:
    begun = unit.valid_from
    return begun is None or begun <= context.day or begun == MERGER


def _fitting(spot: Spot, units: list[Unit]) -> list[Unit]:
    """Return the units that the type word allows; a bare name of a province means the province."""
    if spot.trigger is None:
        provinces = [unit for unit in units if unit.level == "province"]
        return provinces or units
    types = spot.trigger.types
    exact = [unit for unit in units if unit.type in types]
    if exact:
        return exact
    # an earlier or later type of the same unit: "huyện Dĩ An" of what is now a city
    levels = {words.LEVELS[kind] for kind in types}
    return [unit for unit in units if unit.level in levels and unit.level == "district"]


def _runs_on(text: Normal, spot: Spot, end: int) -> bool:
    """True where the name goes on to a longer one that we do not know: "Tây Hồ Tây"."""
    following = re.match(r" ([^\W\d_]+)", text.text[end : end + 24])
    if not following or not following[1][0].isupper() or following[1].isupper():
        return False
    if spot.role == "bare":
        return True
    person = following[1].lower() in words.SURNAMES
    return not person and words.LEVELS.get(min(spot.trigger.types)) == "ward" if spot.trigger else False


def _is_other(link: Link) -> bool:
    """True where the words before a bare name say that it names something else."""
    if link.spot.role != "bare":
        return bool(words.FOREIGN.match(link.text.lower, link.end))
    before = link.text.text[max(0, link.spot.start - 40) : link.spot.start]
    if not before.endswith(" "):
        return False
    tail = before.split("\n")[-1].split()[-_WORDS_BEFORE:]
    if _said(tail, words.OTHERS):
        return True
    last = tail[-1] if tail else ""
    named = last[:1].isupper() and not last.isupper() and last[-1:].isalpha()
    return named and not _said(tail, words.OFFICES + words.PLACING)


def _said(tail: Sequence[str], wanted: Sequence[str]) -> bool:
    lower = [word.lower().strip("\"'“”‘’(") for word in tail]
    return any(" ".join(lower[-count:]) in wanted for count in range(1, len(lower) + 1))


def follows_other(link: Link, before: Link | None) -> bool:
    """True where a name that is no unit leads up to this one: "A, B", "A và B", "A - B"."""
    match = _AFTER_NAME.search(link.text.text, max(0, link.spot.start - 40), link.spot.start)
    if not match:
        return False
    same = before is not None and before.where == link.where and before.end == match.end("name")
    return not (same and before is not None and (before.unit or before.is_province))


def chain(links: Sequence[Link], context: Context) -> None:
    """Let neighbours settle each other: a commune beside its district, a district beside its
    province. From the right, so that "Cao Viên, Thanh Oai, Hà Nội" is settled from its end.
    """
    for left, right in reversed(list(zip(links, links[1:], strict=False))):
        if left.where != right.where or not _adjacent(left, right):
            continue
        if not _pair(left, right, context):
            _pair(right, left, context)


def _adjacent(left: Link, right: Link) -> bool:
    gap = left.text.lower[left.end : right.spot.begin]
    return len(gap) < 12 and _CHAIN.fullmatch(gap) is not None


def _pair(low: Link, high: Link, context: Context) -> bool:
    """Settle `low` as lying in `high`, if it can. An enumeration may turn out to be a chain."""
    if low.blocked or high.blocked:
        return False
    highs = high.units
    if high.spot.role == "listed" and high.spot.trigger and not high.spot.trigger.plural:
        highs = [unit for _, units in high.spot.readings for unit in units if _possible(unit, context)]
    ids = {kin for unit in highs for kin in _with_kin(unit, context)}
    lows = [unit for unit in low.units if ids & set(context.gazetteer.above(unit.id))]
    if not lows:
        return False
    # "Ba Vì, Hà Nội" is the district, not a commune of that name somewhere in it
    lows = [unit for unit in lows if unit.parent in ids] or lows
    above = {identity for unit in lows for identity in context.gazetteer.above(unit.id)}
    low.units, low.chained = lows, True
    high.units = [unit for unit in highs if above & set(_with_kin(unit, context))]
    high.chained = True
    return True


def _with_kin(unit: Unit, context: Context) -> frozenset[str]:
    return context.gazetteer.kin(unit.id) if unit.level == "province" else frozenset((unit.id,))


def accept(link: Link, context: Context) -> bool:
    """Return whether rules 1 to 3 make the link a mention; a bare one keeps its big units only."""
    if link.blocked or not link.units or link.is_province:
        return False
    if link.spot.role != "bare" or link.chained:
        return True
    return bool(context.provinces or context.outlet) and _pointed_at(link) and keep_big(link, context)


def keep_big(link: Link, context: Context) -> bool:
    """Leave the link only the units that a bare name means; return whether there are any."""
    big = [unit for unit in link.units if _is_big(unit, context)]
    link.units = big or link.units
    return bool(big)


def _pointed_at(link: Link) -> bool:
    """True after an office or a placing word, and for "Tây Hồ: …" at the head of a field."""
    if link.spot.start == 0 and link.text.text[link.end : link.end + 2] == ": ":
        return True
    before = link.text.text[max(0, link.spot.start - 40) : link.spot.start]
    tail = before.split("\n")[-1].split()[-_WORDS_BEFORE:]
    return before.endswith(" ") and _said(tail, words.OFFICES + words.PLACING)


def continues(link: Link, before: Link | None) -> bool:
    """True for the second name of "ở Thanh Trì và Thường Tín", where the first is a mention."""
    if before is None or before.where != link.where or before.unit is None:
        return False
    gap = link.text.lower[before.end : link.spot.start]
    return before.spot.role == "bare" and gap in (", ", " và ", ", và ")


def _is_big(unit: Unit, context: Context) -> bool:
    """True for what a bare name means: districts, and since the merger the new communes."""
    if context.day < MERGER:
        return unit.level == "district"
    return unit.valid_from is not None and unit.valid_from >= MERGER


def choose(link: Link, context: Context) -> Unit | None:
    """Return the unit that is meant, None where nothing settles it."""
    scored = [(score, unit) for unit in link.units if (score := _score(link, unit, context)) is not None]
    if not scored:
        return None
    best = max(score for score, _ in scored)
    top = [unit for score, unit in scored if score == best]
    places = {context.gazetteer.province(unit.id).id for _, unit in scored}
    spoken = any(_province(link, unit, context) for unit in top)
    if len(top) > 1 or (not spoken and not link.chained and (len(places) > 1 or link.spot.role == "bare")):
        return None
    return top[0]


def _province(link: Link, unit: Unit, context: Context) -> float:
    return context.province_weight(unit, link.where, link.spot.start)


def _score(link: Link, unit: Unit, context: Context) -> float | None:
    if unit.level == "province":
        return None
    era = context.era_weight(unit, link.text, link.spot.begin, link.end)
    if era is None:
        return None
    return era + _province(link, unit, context) + context.district_weight(unit)
