"""The ways in: which links an outlet's listings named, and how far a backfill has come.

Pure, standard library only. All times are aware datetimes in UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

Period = Literal["day", "month"]


@dataclass(frozen=True, slots=True)
class MetLink:
    """One article's address, as a listing named it.

    url: canonical. article_id: the outlet's own id in it, if any. way: "feed", "listing", "api"
    or "sitemap". day: what a sitemap promises it for, "2026-09-14", or "2026-09" where only the
    sitemap's month is known, or "" where nothing is; None for what no sitemap named.
    """

    url: str
    article_id: str | None
    way: str
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
    number: of that page. zone: the section's own number, where a page told it.
    """

    listing: str
    next_url: str | None
    number: int = 1
    zone: int | None = None


class Ways(Protocol):
    """What listings named, and what became of it."""

    def seen_ids(self, outlet: str, ids: list[str]) -> set[str]:
        """Return those of the outlet's own ids under which an article is stored."""
        ...

    def note_links(self, outlet: str, links: Sequence[MetLink], now: datetime) -> None:
        """Remember links with the ways on which they were met; a link is one, however found."""
        ...

    def ways_to(self, outlet: str, url: str, article_id: str | None) -> tuple[str, ...]:
        """Return the ways on which a link was met, in the order of their first time."""
        ...

    def promises(
        self, outlet: str, since: date | None, until: date | None, by: Period
    ) -> list[Promised]:
        """Return what sitemaps promised for the days in [since, until), oldest first.

        What only a month is known of counts with every window that touches the month.
        """
        ...

    def missing(
        self, outlet: str, since: date | None, until: date | None, limit: int
    ) -> list[tuple[str, str]]:
        """Return up to `limit` promised links that are neither stored nor refused: (day, URL)."""
        ...

    def progress(self, outlet: str, window: str) -> dict[str, Progress]:
        """Return how far the backfill of a window has come, by listing."""
        ...

    def save_progress(self, outlet: str, window: str, progress: Progress) -> None:
        """Note how far a backfill has come; all that the listing linked to so far is stored."""
        ...

    def end_progress(self, outlet: str, window: str) -> None:
        """Forget a backfill's progress: it is done, or is to begin anew."""
        ...
