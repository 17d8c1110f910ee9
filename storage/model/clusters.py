"""The nouns of copies: a cluster, its members, and the query for clusters."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Member:
    """One article of a cluster.

    id: its short id. first_seen_at: when we first captured it. credit: the agency or outlet that
    it says it is taken from. similarity: which part of the shorter of its text and the source's
    is in the other, 0 to 1; 1 for the source. is_update: it says some other figures than the
    source, the same event told later.
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
        """What it is to the source: "copy of" or "updated from"; "source" for the source."""
        if self.is_source:
            return "source"
        return "updated from" if self.is_update else "copy of"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Articles that tell one story, copies and updates; one that is alone has its own cluster.

    id: the source's short id; it changes where an earlier publication comes to be known.
    members: the source first, then by time of publication.
    """

    id: int
    members: tuple[Member, ...]

    @property
    def source(self) -> Member:
        """The earliest publication that is known."""
        return self.members[0]

    @property
    def outlets(self) -> tuple[str, ...]:
        """The outlets that carried it, in order of publication."""
        return tuple(dict.fromkeys(member.outlet for member in self.members))


@dataclass(frozen=True, slots=True)
class ClusterSize:
    """How large the cluster of an article is. source: short id of its source."""

    source: int
    articles: int
    outlets: int


@dataclass(frozen=True, slots=True)
class ClusterQuery:
    """Which clusters are wanted, most outlets first.

    since is inclusive, until exclusive, on the source's publication. min_outlets: outlets that
    carried the story, at least. outlets: any of these must be among them. places: ids of units; a
    copy at least must be about any of them (primary). offset: so many of the first are left out.
    """

    since: datetime | None = None
    until: datetime | None = None
    min_outlets: int = 1
    outlets: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    limit: int | None = None
    offset: int = 0
