"""Links from spots to the units that type word, position in a list and day allow. Pure."""

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field

from crawler.places import words
from crawler.places.context import PlaceContext
from crawler.places.offsets import Normal
from crawler.places.spots import Spot
from storage.model.places import Unit

_STOP = re.compile(r"[.,;:()!?\n]|(?<= )-(?= )")
_WORDS_BEFORE = 6


@dataclass(slots=True)
class PlaceLink:
    """A spot with its candidate units.

    units: the candidates. hints: communes of another type, which are possible next to their
    district, or if the type word applies to a whole enumeration. chained: an adjacent link resolved
    it. blocked: the words before it show that it is something else. unit: the one chosen.
    """

    where: int
    text: Normal
    spot: Spot
    end: int
    units: list[Unit]
    hints: list[Unit] = field(default_factory=list)
    chained: bool = False
    blocked: bool = False
    unit: Unit | None = None

    @property
    def is_province(self) -> bool:
        """True if all candidates are provinces."""
        return bool(self.units) and all(unit.level == "province" for unit in self.units)

    @property
    def is_open(self) -> bool:
        """True for a bare name without a unit that may still be a mention."""
        is_free = self.unit is None and not self.blocked and not self.is_province
        return is_free and self.spot.role == "bare"


def make_links(
    where: int, text: Normal, spots: Iterable[Spot], context: PlaceContext
) -> list[PlaceLink]:
    """Return the links of a field, in order."""
    links: list[PlaceLink] = []
    for spot in spots:
        if spot.role == "listed" and _of_provinces(spot, links):
            spot.role, spot.trigger = "bare", None
        links.append(_make_link(where, text, spot, context))
    return links


def _of_provinces(spot: Spot, links: Sequence[PlaceLink]) -> bool:
    """True in "TP HCM, Đồng Nai, Tây Ninh": a list that begins with a province has no districts."""
    for link in reversed(links):
        if spot.trigger is None or link.spot.start < spot.trigger.start:
            break
        if link.spot.trigger is spot.trigger and link.spot.role == "typed":
            return link.is_province
    return False


def _make_link(where: int, text: Normal, spot: Spot, context: PlaceContext) -> PlaceLink:
    """Return the link of a spot, with the longest reading that fits its type word."""
    link = PlaceLink(where, text, spot, spot.readings[0][0], [])
    for end, units in spot.readings:
        if _runs_on(text, spot, end):
            continue
        possible = [unit for unit in units if context.possible(unit)]
        fitting = _fitting(spot, possible, context)
        hints = _of_level(spot, possible, context)
        if fitting:
            link.end, link.units, link.hints = end, fitting, hints
            break
        if hints and not link.hints:
            link.end, link.hints = end, hints
    link.blocked = _is_other(link)
    return link


def _fitting(spot: Spot, units: list[Unit], context: PlaceContext) -> list[Unit]:
    """Return the units that the type word allows; a bare name of a province means the province."""
    if spot.trigger is None:
        provinces = [unit for unit in units if unit.level == "province"]
        return provinces or context.of_the_day(units)
    exact = [unit for unit in units if unit.type in spot.trigger.types]
    cities = [unit for unit in exact if unit.level == "province" and unit.valid_on(context.day)]
    if exact:
        return cities or context.of_the_day(exact)
    # an earlier or later type of the same unit: "huyện Dĩ An" of what is now a city
    return [unit for unit in _of_level(spot, units, context) if unit.level == "district"]


def _of_level(spot: Spot, units: list[Unit], context: PlaceContext) -> list[Unit]:
    """Return the units of another type of the level that the type word names."""
    if spot.trigger is None:
        return []
    types = spot.trigger.types
    levels = {words.LEVELS[kind] for kind in types}
    other = [unit for unit in units if unit.level in levels and unit.type not in types]
    return context.of_the_day(other)


def _runs_on(text: Normal, spot: Spot, end: int) -> bool:
    """True if the name is the beginning of a longer, unknown one: "Tây Hồ Tây".

    After a type word, a person's name may follow ("quận Tây Hồ Nguyễn Văn A"); for districts it is
    always false, because all of them are known.
    """
    following = re.match(r" ([^\W\d_]+)", text.text[end : end + 24])
    if not following or not following[1][0].isupper() or following[1].isupper():
        return False
    if spot.trigger is None:
        return True
    is_person = following[1].lower() in words.SURNAMES
    return not is_person and all(words.LEVELS[kind] == "ward" for kind in spot.trigger.types)


def _is_other(link: PlaceLink) -> bool:
    """True if the words before a bare name show that it names something else."""
    if link.spot.role != "bare":
        return _is_foreign(link)
    tail = words_before(link)
    if link.is_province:
        return _is_elsewhere(link, tail)
    if _is_landmark(link):
        return True
    if not tail or said(tail, words.OFFICES | words.PLACING):
        return False
    named = tail[-1][:1].isupper() and not tail[-1].isupper() and tail[-1][-1:].isalpha()
    return named or said(tail, words.OTHERS) or _holds(tail, words.FACILITIES)


def _is_elsewhere(link: PlaceLink, tail: Sequence[str]) -> bool:
    """True for a province's name that is not about its location: "CLB Hà Nội"."""
    if not tail or said(tail, words.OFFICES | words.PLACING):
        return False
    lower, start = link.text.lower, link.spot.start
    if said(tail, words.ELSEWHERE):
        return words.STREETS.search(lower, max(0, start - 20), start) is None
    named = tail[-1][:1].isupper() and not tail[-1].isupper() and tail[-1][-1:].isalpha()
    return named and tail[-1].lower() not in words.COMPASS and not said(tail, words.OTHERS)


def _is_landmark(link: PlaceLink) -> bool:
    """True for a hospital, a monument, or one end of a railway."""
    lower, start = link.text.lower, link.spot.start
    before = max(0, start - 60)
    if lower[start : link.end] in words.LANDMARKS:
        return True
    if words.TREATED.search(lower, before, start) or words.ROUTE_TO.search(lower, before, start):
        return True
    has_dash = lower[link.end : link.end + 3] in (" - ", "- ")
    return has_dash and words.ROUTE_FROM.search(lower, before, start) is not None


def _is_foreign(link: PlaceLink) -> bool:
    """True for "quận 7, Paris", not for "quận 7, Mỹ Tho" or "quận 7, anh Nam"."""
    match = words.FOREIGN.match(link.text.lower, link.end)
    if not match or not link.text.text[match.start("name")].isupper():
        return False
    following = link.text.text[match.end() : match.end() + 2]
    return not following.strip().isupper()


def words_before(link: PlaceLink) -> list[str]:
    """Return the words before the name, back to the last punctuation mark."""
    before = link.text.text[max(0, link.spot.start - 60) : link.spot.start]
    if not before.endswith(" "):
        return []
    return _STOP.split(before)[-1].split()[-_WORDS_BEFORE:]


def said(tail: Sequence[str], wanted: Set[str]) -> bool:
    """True if `tail` ends with one of the `wanted` phrases."""
    lower = [word.lower().strip("\"'“”‘’") for word in tail]
    return any(" ".join(lower[-count:]) in wanted for count in range(1, min(4, len(lower)) + 1))


def _holds(tail: Sequence[str], wanted: Set[str]) -> bool:
    return any(said(tail[:count], wanted) for count in range(1, len(tail)))
