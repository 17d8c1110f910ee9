"""Links that listings named, when those without an article are asked again, backfills' progress."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

Period = Literal["day", "month"]


class LeftOut(StrEnum):
    """What a run knows of and did not read; counted beside its refusals."""

    CUT = "cut"  # documents that end before their end
    LINKS = "links_over_bound"  # addresses in one document
    SITEMAPS = "sitemaps_over_bound"  # of one crawl, or too deep in indexes
    OUTSIDE = "sitemaps_outside_window"  # by their names or dates
    END = "end_in_doubt"  # listings whose next page said nothing after one with news


@dataclass(frozen=True, slots=True)
class DiscoveredLink:
    """One article's address, as a listing named it.

    url: canonical. article_id: the outlet's own id in it, if any. source: "feed", "listing", "api"
    or "sitemap". day: what a sitemap promises it for, "2026-09-14", or "2026-09" where only the
    sitemap's month is known, or "" where nothing is; None for what no sitemap named.
    """

    url: str
    article_id: str | None
    source: str
    day: str | None = None


@dataclass(frozen=True, slots=True)
class Promised:
    """What the sitemaps promised for one day or month, against what became of it.

    period: "2026-09-14", "2026-09", or "" for what has no date. stored: articles in the archive.
    refused: pages that are no articles, and will not be asked again.
    """

    period: str
    promised: int
    stored: int
    refused: int

    @property
    def missing(self) -> int:
        """How many promised links are neither stored nor refused."""
        return self.promised - self.stored - self.refused


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a backfill has come with one listing.

    listing: the address it begins with. next_url: the page to ask next; None when it is done.
    number: of that page. zone: the section's own number, where a page gave it.
    """

    listing: str
    next_url: str | None
    number: int = 1
    zone: int | None = None


SETTLED_AFTER = timedelta(days=1)
"""How far apart the looks lie that, where they agree, give an address up."""

ASKED_FOR = timedelta(days=30)
"""How far apart first and last look may lie where no listing names an address any more: after
a long silence, as while a schedule is down, it is looked at once more at least.
"""

_LONGEST = timedelta(days=3)
_EVERY_CRAWL = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Looks:
    """When an address without an article was first looked at, and when last."""

    first: datetime
    last: datetime

    def is_due(self, now: datetime) -> bool:
        """True where it is time to look again.

        Every crawl of the first hour looks; then the time between two looks doubles: as much has
        to pass since the last look as lay between the first and the last, but no more than three
        days.
        """
        age = self.last - self.first
        return age < _EVERY_CRAWL or now - self.last >= min(age, _LONGEST)

    @property
    def is_spent(self) -> bool:
        """True where the looks lie so far apart that only a listing can have it asked again."""
        return self.last - self.first >= ASKED_FOR
