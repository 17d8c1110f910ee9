"""The nouns of places: administrative units in an era, and what an article says of them."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Level = Literal["province", "district", "ward"]
Share = Literal["whole", "part"]
Field = Literal["title", "sapo", "body"]
Confidence = Literal["certain", "likely"]
Reach = Literal["none", "core", "touched"]
"""How far a question about a place goes into what the place became."""

WARD_TYPES = frozenset({"phường", "xã", "thị trấn", "đặc khu"})


@dataclass(frozen=True, slots=True)
class Unit:
    """One administrative unit during one era: a new row wherever type, name or parent changed.

    id: ours, such as "q-dong-da.006@2024-12"; official codes are reused and are no ids. An id
    keeps its meaning from one version of the gazetteer to the next.
    code: the official code in that era; None where no source of ours gives it.
    type: "tỉnh", "thành phố", "quận", "huyện", "thị xã", "phường", "xã", "thị trấn", "đặc khu".
    name: without the type word, tones in the older place ("Hòa"); "1" for "Quận 1".
    parent: id of the unit above; None for provinces.
    valid_from, valid_to: first day, and the day after the last; None means unknown, or still valid.
    source: key of the source that attests it, explained in the file's header.
    gone_by: where the unit ended on a day that no source of ours gives (`valid_to` is None), the
    first day on which it certainly no longer existed.
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
        """Its tier; a "thành phố" under a province is a district."""
        if self.parent is None:
            return "province"
        return "ward" if self.type in WARD_TYPES else "district"

    @property
    def full_name(self) -> str:
        """Type and name, such as "quận Đống Đa"."""
        return f"{self.type} {self.name}"

    def valid_on(self, day: date) -> bool:
        """True where nothing known says that the unit did not exist on `day`."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and not self.ended_by(day)

    def ended_by(self, day: date) -> bool:
        """True where the unit certainly no longer existed on `day`."""
        end = self.valid_to or self.gone_by
        return end is not None and end <= day


@dataclass(frozen=True, slots=True)
class Succession:
    """`old` became `new`, or a part of it did.

    resolution: number of the resolution such as "1656"; None where the unit lists show that the
    unit went on (same code and name) or where communes' successions show it (provinces).
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

    confidence: how sure it is that the article is about it ("certain" where title or lead say so,
    "likely" where the body does); None where it is not (not primary).
    """

    unit: str
    score: float
    confidence: Confidence | None = None

    @property
    def primary(self) -> bool:
        """True where the unit is one of those that the article is about."""
        return self.confidence is not None


@dataclass(frozen=True, slots=True)
class Tags:
    """What an article says of places: mentions in reading order, a score for every unit named.

    version: of the gazetteer (and of the rules, if they count) that the tags were made with.
    note: what a reader must know, such as that the day lies before the gazetteer begins.
    """

    version: str
    mentions: tuple[Mention, ...]
    scores: tuple[Score, ...]
    note: str | None = None

    @property
    def primary(self) -> tuple[str, ...]:
        """Ids of the units that the text is about, in the order of `scores`."""
        return tuple(score.unit for score in self.scores if score.primary)
