"""From an article's fields and day to the units it mentions and is about. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from crawler.places.aboutness import Score, score_units
from crawler.places.context import Context
from crawler.places.deciding import decide
from crawler.places.gazetteer import Gazetteer
from crawler.places.linking import Link, make_links
from crawler.places.offsets import normal
from crawler.places.spots import Scanner, Trigger
from crawler.places.units import Unit

_BODY = 2  # title and sapo are short: an unnamed "quận" in them adds nothing


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
        self._scanner = Scanner(gazetteer.units)
        self._provinces = [unit for unit in gazetteer.units.values() if unit.level == "province"]

    def tag(
        self,
        day: date,
        *,
        title: str = "",
        sapo: str = "",
        body: str = "",
        outlet_province: str | None = None,
    ) -> Tags:
        """Return what an article mentions and is about.

        day: of publication, in Viet Nam.
        outlet_province: code, name or id of the province that the outlet is about, if any.
        """
        fields = {"title": title, "sapo": sapo, "body": body}
        context = Context(self.gazetteer, day, self._outlet(outlet_province))
        links: list[Link] = []
        triggers: list[tuple[int, Trigger]] = []
        for where, text in enumerate(fields.values()):
            normalized = normal(text)
            spots, found = self._scanner.scan(normalized)
            links += make_links(where, normalized, spots, context)
            triggers += [(where, trigger) for trigger in found]
        decide(links, context)
        mentions = _mentions(links, list(fields.items()))
        named = {name: [item.unit for item in mentions if item.field == name] for name in fields}
        scores = score_units(named, _echoes(links, triggers), self.gazetteer)
        return Tags(tuple(mentions), scores, self._note(day))

    def _outlet(self, text: str | None) -> frozenset[str]:
        named = [
            unit.id
            for unit in self._provinces
            if text and text in (unit.code, unit.name, unit.id, unit.full_name)
        ]
        return frozenset(kin for identity in named for kin in self.gazetteer.kin(identity))

    def _note(self, day: date) -> str | None:
        if day >= self.gazetteer.begins:
            return None
        return (
            f"{day} is before {self.gazetteer.begins}, the first change that the gazetteer knows: "
            "units are those of later years"
        )


def _echoes(links: Sequence[Link], triggers: Sequence[tuple[int, Trigger]]) -> Counter[str]:
    """Count, for the district named last before it, every "quận" or "huyện" without a name."""
    own = {(link.where, link.spot.trigger.start) for link in links if link.spot.trigger}
    events: list[tuple[int, int, Unit | Trigger]] = [
        (link.where, link.spot.start, link.unit) for link in links if link.unit
    ]
    events += [(where, item.start, item) for where, item in triggers if not item.plural]
    last: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for where, start, item in sorted(events, key=lambda event: event[:2]):
        if not isinstance(item, Trigger):
            if item.level == "district":
                last[item.type] = item.id
        elif where >= _BODY and (where, start) not in own:
            counts.update(last[kind] for kind in item.types if kind in last)
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
