"""Links found in listings, when links without an article are retried, and backfill progress."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

Period = Literal["day", "month"]


class LeftOut(StrEnum):
    """What a run found but did not read; counted with its refusals."""

    CUT = "cut"  # truncated documents
    LINKS = "links_over_bound"  # links over the limit for one document
    SITEMAPS = "sitemaps_over_bound"  # over the limit for one crawl, or nested too deep
    OUTSIDE = "sitemaps_outside_window"  # by their names or dates
    END = "end_in_doubt"  # listings with a page without articles right after one with new ones


@dataclass(frozen=True, slots=True)
class DiscoveredLink:
    """The URL of an article, found in a listing.

    url: canonical. article_id: the outlet's own id in it, if any. source: "feed", "listing", "api"
    or "sitemap". day: the day that a sitemap gives for it, "2026-09-14", or "2026-09" where only
    the sitemap's month is known, or "" where neither is; None if no sitemap named it.
    """

    url: str
    article_id: str | None
    source: str
    day: str | None = None


@dataclass(frozen=True, slots=True)
class Promised:
    """How many links sitemaps list for one day or month, and how many of them are done.

    period: "2026-09-14", "2026-09", or "" for links without a date. stored: articles in the
    archive. refused: pages that are not articles and will not be requested again.
    """

    period: str
    promised: int
    stored: int
    refused: int

    @property
    def missing(self) -> int:
        """The number of links that are neither stored nor refused."""
        return self.promised - self.stored - self.refused


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a backfill in one listing.

    listing: the URL of its first page. next_url: the next page to request; None when it is done.
    number: of that page. zone: the outlet's id of the section, where a page gives it.
    """

    listing: str
    next_url: str | None
    number: int = 1
    zone: int | None = None


SETTLED_AFTER = timedelta(days=1)
"""The least time between two attempts that, if they agree, stop further attempts."""

ASKED_FOR = timedelta(days=30)
"""How long a URL that no listing names any longer is retried, from the first attempt to the last.
After a long gap, as while a schedule is down, there is still one more attempt.
"""

_LONGEST = timedelta(days=3)
_EVERY_CRAWL = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Looks:
    """The times of the first and the last attempt to fetch an article from a URL without one."""

    first: datetime
    last: datetime

    def is_due(self, now: datetime) -> bool:
        """True if the URL is due for another attempt.

        Every crawl in the first hour retries it. After that the delay since the last attempt is
        the time between the first and the last one, at most three days: exponential backoff.
        """
        age = self.last - self.first
        return age < _EVERY_CRAWL or now - self.last >= min(age, _LONGEST)

    @property
    def is_spent(self) -> bool:
        """True if the attempts span so long that only a URL which a listing names is retried."""
        return self.last - self.first >= ASKED_FOR
