"""Watches: what the archive stored after a cursor, and the digests and deliveries of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from storage.model.articles import ArchivedArticle
from storage.model.clusters import Cluster
from storage.model.edits import Edit
from storage.model.search import Mark, SearchQuery

Topic = Literal["new", "edits", "removed", "copies"]
TOPICS: tuple[Topic, ...] = ("new", "copies", "edits", "removed")
"""What a watch can report, in the order of a digest."""


@dataclass(frozen=True, slots=True)
class ArrivalCursor:
    """A position in the archive: the row numbers of the last capture and the last article.

    Rows are numbered in the order in which they are stored, so rows after the cursor were stored
    later, whatever their publication or capture times are.
    """

    capture: int = 0
    article: int = 0


@dataclass(frozen=True, slots=True)
class Arrivals:
    """New rows that match a watch, by short ids, in the order of arrival.

    copies: new articles whose story was known before. edits: article ids with the number of the
    new state. Articles that are taken down or merged later are skipped when they are loaded.
    """

    new: tuple[int, ...] = ()
    copies: tuple[int, ...] = ()
    edits: tuple[tuple[int, int], ...] = ()
    removed: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.copies or self.edits or self.removed)


@dataclass(frozen=True, slots=True)
class ArrivalQuery:
    """A query for arrivals after a cursor, by topic.

    query: only its words, places, outlets, sections, authors, tags and kinds are used.
    """

    query: SearchQuery
    after: ArrivalCursor
    topics: frozenset[Topic] = frozenset({"new"})


@dataclass(frozen=True, slots=True)
class Story:
    """New articles of one cluster, represented by one of them.

    article: the source if it is new, else the earliest of the new articles. cluster: all known
    members, new or not. marks: the query's matches in it. learned_at: when the archive stored it.
    """

    article: ArchivedArticle
    cluster: Cluster
    marks: tuple[Mark, ...]
    learned_at: datetime


@dataclass(frozen=True, slots=True)
class ArrivedEdit:
    """An edit, and when the archive stored it."""

    edit: Edit
    learned_at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """Arrivals with their articles: a limited number of each topic, and the counts of all.

    new_count, copies_count: stories. Removed articles that have reappeared are left out.
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
    """The cursor of a watch, and when it last ran."""

    name: str
    cursor: ArrivalCursor
    looked_at: datetime


@dataclass(frozen=True, slots=True)
class Digest:
    """What one run of a watch found, the content of its messages. since: the previous run."""

    id: int
    watch: str
    since: datetime
    made_at: datetime
    arrivals: Arrivals


@dataclass(frozen=True, slots=True)
class Delivery:
    """The delivery of a digest to a channel.

    attempts: so far. tried_at: the last. due_at: the next; None when it was sent or given up.
    unconfirmed: True if an attempt was interrupted, so that it is unknown whether it arrived.
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
    """The result of running a watch: its new cursor, and the arrivals to deliver to `channels`.

    always: make a digest even without arrivals.
    """

    watch: str
    since: datetime
    at: datetime
    cursor: ArrivalCursor
    arrivals: Arrivals = field(default_factory=Arrivals)
    channels: tuple[str, ...] = ()
    always: bool = False
