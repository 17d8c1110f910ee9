"""The nouns of watches: what an archive learned since a moment, and which messages tell it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from storage.model.articles import ArchivedArticle
from storage.model.clusters import Cluster
from storage.model.edits import Edit
from storage.model.search import Mark, SearchQuery

Topic = Literal["new", "edits", "removed", "copies"]
TOPICS: tuple[Topic, ...] = ("new", "copies", "edits", "removed")
"""What a watch can tell of, in the order of a digest."""


@dataclass(frozen=True, slots=True)
class ArrivalCursor:
    """How far somebody was told: the last capture and the last article of that moment, by row.

    Rows are numbered as they are stored, so what comes later is what the archive learned later,
    whatever its publication or capture says.
    """

    capture: int = 0
    article: int = 0


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What arrived and matches a watch, by short ids, each in the order of arrival.

    copies: new articles whose story was told before. edits: an article with the number of its new
    state. Taken down or joined since, an article is left out when it is looked up.
    """

    new: tuple[int, ...] = ()
    copies: tuple[int, ...] = ()
    edits: tuple[tuple[int, int], ...] = ()
    removed: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.copies or self.edits or self.removed)


@dataclass(frozen=True, slots=True)
class ArrivalQuery:
    """What a watch asks: which articles, of which topics, and since where.

    query: its words, places, outlets, sections, authors, tags and kinds count, and nothing else.
    """

    query: SearchQuery
    after: ArrivalCursor
    topics: frozenset[Topic] = frozenset({"new"})


@dataclass(frozen=True, slots=True)
class Story:
    """New articles that are copies of one another, by the one that stands for them.

    article: the source where it is among the new ones, else the earliest of these. cluster: all
    of its copies that are known, told before or not. marks: where it says what was asked for.
    learned_at: when the archive learned of it.
    """

    article: ArchivedArticle
    cluster: Cluster
    marks: tuple[Mark, ...]
    learned_at: datetime


@dataclass(frozen=True, slots=True)
class ArrivedEdit:
    """An edit, and when the archive learned of it."""

    edit: Edit
    learned_at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """Arrivals in full: at most so many of each topic; the rest is counted.

    new_count, copies_count: stories. Removed articles that are back by now are left out.
    """

    new: tuple[Story, ...] = ()
    copies: tuple[Story, ...] = ()
    edits: tuple[ArrivedEdit, ...] = ()
    removed: tuple[ArchivedArticle, ...] = ()
    new_count: int = 0
    copies_count: int = 0
    edits_count: int = 0
    removed_count: int = 0

    def __bool__(self) -> bool:
        return bool(self.new or self.copies or self.edits or self.removed)


@dataclass(frozen=True, slots=True)
class WatchState:
    """How far a watch was told, and when it was looked at last."""

    name: str
    cursor: ArrivalCursor
    looked_at: datetime


@dataclass(frozen=True, slots=True)
class Digest:
    """What one look of a watch found; its messages are made from this. since: the look before."""

    id: int
    watch: str
    since: datetime
    made_at: datetime
    arrivals: Arrivals


@dataclass(frozen=True, slots=True)
class Delivery:
    """A digest on its way to a channel.

    attempts: so far. tried_at: the last. due_at: the next; None where it was sent or given up.
    unconfirmed: True where an attempt was cut off, so that nobody knows whether it arrived.
    """

    digest: Digest
    channel: str
    attempts: int = 0
    tried_at: datetime | None = None
    due_at: datetime | None = None
    sent_at: datetime | None = None
    unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a watch leaves: the cursor moves, and messages are owed to its channels."""

    watch: str
    since: datetime
    at: datetime
    cursor: ArrivalCursor
    arrivals: Arrivals = field(default_factory=Arrivals)
    channels: tuple[str, ...] = ()
    always: bool = False
