"""Clusters of copies and updates, their members, and the query for clusters."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Member:
    """One article of a cluster.

    id: its short id. first_seen_at: time of its first capture. credit: the agency or outlet that
    it names as its source. similarity: the part of the shorter of its text and the source's that
    is in the other, 0 to 1; 1 for the source. is_update: True where it reports the same event
    later, with some other figures than the source.
    """

    id: int
    outlet: str
    url: str
    title: str
    published_at: datetime | None
    first_seen_at: datetime
    credit: str | None
    similarity: float
    is_source: bool
    is_update: bool = False

    @property
    def relation(self) -> str:
        """Its relation to the source: "copy of" or "updated from"; "source" for the source."""
        if self.is_source:
            return "source"
        return "updated from" if self.is_update else "copy of"


@dataclass(frozen=True, slots=True)
class Cluster:
    """The copies and updates of one story; an article without any is a cluster of its own.

    id: the source's short id; it changes when an earlier publication is found.
    members: the source first, then by time of publication.
    """

    id: int
    members: tuple[Member, ...]

    @property
    def source(self) -> Member:
        """The earliest known publication."""
        return self.members[0]

    @property
    def outlets(self) -> tuple[str, ...]:
        """The outlets that published it, in order of publication."""
        return tuple(dict.fromkeys(member.outlet for member in self.members))


@dataclass(frozen=True, slots=True)
class ClusterSize:
    """The size of an article's cluster. source: short id of its source."""

    source: int
    articles: int
    outlets: int


@dataclass(frozen=True, slots=True)
class ClusterQuery:
    """A query for clusters, most outlets first.

    `since` is inclusive, `until` exclusive, on the source's publication time. min_outlets: how many
    outlets published the story, at least. outlets: at least one of these did. places: ids of units;
    at least one member is about one of them (primary). offset: how many of the first to skip.
    """

    since: datetime | None = None
    until: datetime | None = None
    min_outlets: int = 1
    outlets: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    limit: int | None = None
    offset: int = 0
