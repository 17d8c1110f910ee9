"""Tagging of an article, by its fields and day, with the units that it mentions. Pure."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import cache

from crawler.places.aboutness import Named, score_units
from crawler.places.context import PlaceContext
from crawler.places.deciding import decide
from crawler.places.events import Role, role
from crawler.places.gazetteer import Gazetteer
from crawler.places.linking import PlaceLink, make_links
from crawler.places.offsets import normal
from crawler.places.spots import Scanner, Trigger
from storage.errors import UsageError
from storage.model.places import Field, Mention, Tags, Unit

RULES = 3
"""Version of the rules of this package. Increment it with every change of results, so that
`tinquan places retag` finds outdated tags; tests/places/test_places_rules.py checks it."""

_FIELDS: tuple[Field, ...] = ("title", "sapo", "body")
_BODY = 2  # title and sapo are short: an unnamed "quận" in them adds nothing


class Tagger:
    """A gazetteer with its automaton. Build one and use it for all articles."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self._scanner = Scanner(gazetteer.units)
        self._province_ids = cache(self._find_province)  # searches all units; a crawl has only one

    @property
    def version(self) -> str:
        """The version of the tags: that of the gazetteer and of the rules."""
        return version_of(self.gazetteer.version)

    def tag(
        self,
        day: date,
        *,
        title: str = "",
        sapo: str = "",
        body: str = "",
        outlet_province: str | None = None,
    ) -> Tags:
        """Return the units that an article mentions, with their scores.

        day: of publication, in Viet Nam.
        outlet_province: code, name or id of the province that the outlet is about, if any.
        Raises UsageError if there is no such province.
        """
        fields: dict[Field, str] = dict(zip(_FIELDS, (title, sapo, body), strict=True))
        context = PlaceContext(self.gazetteer, day, self._province_ids(outlet_province))
        links: list[PlaceLink] = []
        triggers: list[tuple[int, Trigger]] = []
        for where, text in enumerate(fields.values()):
            normalized = normal(text)
            spots, found = self._scanner.scan(normalized)
            links += make_links(where, normalized, spots, context)
            triggers += [(where, trigger) for trigger in found]
        decide(links, context)
        mentions = _mentions(links, list(fields.items()))
        named = [_named(link, link.unit) for link in links if link.unit]
        scores = score_units(named, _echoes(links, triggers), self.gazetteer)
        note = self.gazetteer.note(day, (item.unit for item in mentions))
        return Tags(self.version, tuple(mentions), scores, note)

    def _find_province(self, text: str | None) -> frozenset[str]:
        provinces = self.gazetteer.provinces(text) if text else ()
        if text and not provinces:
            raise UsageError(
                f"no province is called {text!r}; expected a name such as Hà Nội, or a code"
            )
        return frozenset(kin for unit in provinces for kin in self.gazetteer.kin(unit.id))


def version_of(gazetteer_version: str) -> str:
    """Return the version of tags made by the current rules with a version of the gazetteer."""
    return f"{gazetteer_version}.{RULES}"


def _echoes(links: Sequence[PlaceLink], triggers: Sequence[tuple[int, Trigger]]) -> Counter[str]:
    """Count every "quận" or "huyện" without a name, for the last district named before it."""
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


def _named(link: PlaceLink, unit: Unit) -> Named:
    link_role: Role = "plain" if link.where == 0 else role(link.text.lower, link.spot.begin)
    return Named(unit.id, _FIELDS[link.where], link.spot.begin, link.end, link_role)


def _mentions(links: Sequence[PlaceLink], fields: Sequence[tuple[Field, str]]) -> list[Mention]:
    mentions = []
    for link in links:
        if link.unit:
            name, text = fields[link.where]
            is_plural = link.spot.trigger is not None and link.spot.trigger.plural
            begin = link.spot.start if is_plural else link.spot.begin
            start, end = link.text.span(begin, link.end)
            mentions.append(Mention(name, start, end, text[start:end], link.unit.id))
    return mentions
