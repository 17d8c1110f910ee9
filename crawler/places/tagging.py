"""From an article's fields and day to the units it mentions. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from crawler.places.aboutness import Score, score_units
from crawler.places.context import Context
from crawler.places.deciding import decide
from crawler.places.gazetteer import Gazetteer
from crawler.places.linking import Link, make_links
from crawler.places.offsets import normal
from crawler.places.spots import Scanner, Trigger


@dataclass(frozen=True, slots=True)
class Mention:
    """A unit named in a field: characters [start, end) of the field as given."""

    field: str
    start: int
    end: int
    text: str
    unit: str


@dataclass(frozen=True, slots=True)
class Tags:
    """All mentions in reading order, and a score for every unit mentioned, highest first.

    note: what a reader must know, such as that the day lies before the gazetteer begins.
    """

    mentions: tuple[Mention, ...]
    scores: tuple[Score, ...]
    note: str | None = None

    @property
    def primary(self) -> tuple[str, ...]:
        """Ids of the units that the text is about, highest score first."""
        return tuple(score.unit for score in self.scores if score.primary)


class Tagger:
    """A gazetteer with its automaton. Build one and share it between articles."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self.scanner = Scanner(gazetteer.units)

    def tag(self, fields: Mapping[str, str], day: date, outlet_province: str | None = None) -> Tags:
        """Return the mentions in `fields` and what they are about.

        fields: texts by name, in reading order: "title", "sapo", "body".
        day: of publication, in Viet Nam.
        outlet_province: code, name or id of the province that the outlet is about, if any.
        """
        outlet = self._province(outlet_province) if outlet_province else frozenset[str]()
        context = Context(self.gazetteer, day, outlet)
        links: list[Link] = []
        triggers: list[tuple[int, Trigger]] = []
        for where, text in enumerate(fields.values()):
            normalized = normal(text)
            spots, found = self.scanner.scan(normalized)
            links += make_links(where, normalized, spots, context)
            triggers += [(where, trigger) for trigger in found]
        decide(links, context)
        named = {
            name: [link.unit.id for link in links if link.unit and link.where == where]
            for where, name in enumerate(fields)
        }
        echoes = _echoes(links, triggers)
        note = None
        if day < self.gazetteer.begins:
            note = (
                f"{day} is before {self.gazetteer.begins}, the first change that the gazetteer "
                "knows: units are those of later years"
            )
        scores = score_units(named, echoes, self.gazetteer)
        return Tags(tuple(_mentions(links, list(fields.items()))), scores, note)

    def _province(self, text: str) -> frozenset[str]:
        found = [
            unit.id
            for unit in self.gazetteer.units.values()
            if unit.level == "province" and text in (unit.code, unit.name, unit.id, unit.full_name)
        ]
        return frozenset(kin for identity in found for kin in self.gazetteer.kin(identity))


def _echoes(links: Sequence[Link], triggers: Sequence[tuple[int, Trigger]]) -> Counter[str]:
    """Count, for the district named last before it, every "quận" or "huyện" without a name."""
    own = {(link.where, link.spot.trigger.start) for link in links if link.spot.trigger}
    districts = [link for link in links if link.unit and link.unit.level == "district"]
    counts: Counter[str] = Counter()
    for where, trigger in triggers:
        if (where, trigger.start) in own or trigger.plural or where < 2:
            continue
        before = [
            link
            for link in districts
            if (link.where, link.spot.start) < (where, trigger.start)
            and link.unit
            and link.unit.type in trigger.types
        ]
        if before and before[-1].unit:
            counts[before[-1].unit.id] += 1
    return counts


def _mentions(links: Sequence[Link], fields: Sequence[tuple[str, str]]) -> list[Mention]:
    found = []
    for link in links:
        if link.unit:
            name, text = fields[link.where]
            plural = link.spot.trigger is not None and link.spot.trigger.plural
            begin = link.spot.start if plural else link.spot.begin
            start, end = link.text.span(begin, link.end)
            found.append(Mention(name, start, end, text[start:end], link.unit.id))
    return found
