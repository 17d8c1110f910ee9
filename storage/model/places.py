"""Administrative units, each in one era, and the units that an article names."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Level = Literal["province", "district", "ward"]
Share = Literal["whole", "part"]
Field = Literal["title", "sapo", "body"]
Confidence = Literal["certain", "likely"]
Reach = Literal["none", "core", "touched"]
"""Which successors of a place a query for it includes."""

WARD_TYPES = frozenset({"phường", "xã", "thị trấn", "đặc khu"})


@dataclass(frozen=True, slots=True)
class Unit:
    """One administrative unit during one era: a new row wherever type, name or parent changed.

    id: the gazetteer's own, such as "q-dong-da.006@2024-12", because official codes are reused. An
    id keeps its meaning in every version of the gazetteer.
    code: the official code in that era; None where no source gives it.
    type: "tỉnh", "thành phố", "quận", "huyện", "thị xã", "phường", "xã", "thị trấn", "đặc khu".
    name: without the type word, in the older tone placement ("Hòa"); "1" for "Quận 1".
    parent: id of the unit above; None for provinces.
    valid_from, valid_to: first day, and the day after the last; None means unknown, or still valid.
    source: key of the source that attests it, explained in the file's header.
    gone_by: if no source gives the day on which the unit ended (`valid_to` is None), the first day
    on which it certainly no longer existed.
    """

    id: str
    code: str | None
    type: str
    name: str
    parent: str | None
    valid_from: date | None
    valid_to: date | None
    source: str
    gone_by: date | None = None

    @property
    def level(self) -> Level:
        """Its administrative level; a "thành phố" under a province is a district."""
        if self.parent is None:
            return "province"
        return "ward" if self.type in WARD_TYPES else "district"

    @property
    def full_name(self) -> str:
        """Type and name, such as "quận Đống Đa"."""
        return f"{self.type} {self.name}"

    def valid_on(self, day: date) -> bool:
        """True unless the unit is known not to exist on `day`."""
        has_begun = self.valid_from is None or self.valid_from <= day
        return has_begun and not self.ended_by(day)

    def ended_by(self, day: date) -> bool:
        """True if the unit is known to have ended by `day`."""
        end = self.valid_to or self.gone_by
        return end is not None and end <= day


@dataclass(frozen=True, slots=True)
class Succession:
    """The unit `old`, or a part of it, became (part of) the unit `new`.

    resolution: its number, such as "1656"; None where the unit lists show that the unit continued
    (same code and name), or where it follows from the successions of communes (provinces).
    clause: number of the clause of article 1.
    """

    old: str
    new: str
    share: Share
    resolution: str | None = None
    clause: int | None = None


@dataclass(frozen=True, slots=True)
class MonthCount:
    """How many articles an outlet published in a month of Việt Nam's time, "2026-03"."""

    month: str
    outlet: str
    articles: int


@dataclass(frozen=True, slots=True)
class Mention:
    """A unit named in a field: `text` is the characters [start, end) of the field as given.

    field: "title" and "sapo" are the article's, "body" its blocks joined by one newline
    (`Article.body`). unit: id of the unit.
    """

    field: Field
    start: int
    end: int
    text: str
    unit: str


@dataclass(frozen=True, slots=True)
class Score:
    """How much an article is about a unit.

    confidence: that the article is about it: "certain" where title or lead show it, "likely" where
    only the body does; None if the article is not about it (not primary).
    """

    unit: str
    score: float
    confidence: Confidence | None = None

    @property
    def primary(self) -> bool:
        """True if the article is about the unit."""
        return self.confidence is not None


@dataclass(frozen=True, slots=True)
class Tags:
    """The places of an article: mentions in reading order, and a score for every unit named.

    version: of the gazetteer, and of the tagging rules if included, that made the tags.
    note: a warning for readers, such as that the article is older than the gazetteer.
    """

    version: str
    mentions: tuple[Mention, ...]
    scores: tuple[Score, ...]
    note: str | None = None

    @property
    def primary(self) -> tuple[str, ...]:
        """Ids of the units that the article is about, in the order of `scores`."""
        return tuple(score.unit for score in self.scores if score.primary)
