"""What discovery finds."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from storage.model.articles import RefusalReason

LinkSource = Literal["feed", "listing", "api", "sitemap"]

MAX_LINKS = 5_000  # of one response; an honest listing has under 600
MAX_SITEMAP_LINKS = 50_000  # the sitemap protocol's own bound
MAX_TITLE = 500  # characters
MAX_COPIES = 10  # addresses of one article that are remembered


@dataclass(frozen=True, slots=True)
class Link:
    """One article's address, as a listing gives it.

    published_at: UTC once it is collected; None where the listing gives none, or a future one.
    is_day: of published_at only the day is known: it is the first moment of that day.
    source: how it was found. copies: other addresses of the same article in the same response.
    """

    url: str
    source: LinkSource
    published_at: datetime | None = None
    title: str | None = None
    copies: tuple[str, ...] = ()
    is_day: bool = False

    @property
    def published_before(self) -> datetime | None:
        """The latest moment at which it can have been published, UTC."""
        return latest(self.published_at, is_day=self.is_day)


@dataclass(frozen=True, slots=True)
class Child:
    """One sitemap that a sitemap index names. `modified_at` is its lastmod, UTC; is_day: of it
    only the day is known.
    """

    url: str
    modified_at: datetime | None = None
    is_day: bool = False

    @property
    def modified_before(self) -> datetime | None:
        """The latest moment at which it can have been changed, UTC."""
        return latest(self.modified_at, is_day=self.is_day)


def latest(moment: datetime | None, *, is_day: bool) -> datetime | None:
    """Return the last moment that a printed date can mean."""
    return moment + timedelta(days=1) if moment is not None and is_day else moment


@dataclass(frozen=True, slots=True)
class DiscoveryResult:
    """What one response led to.

    reason, evidence: set where the response is not what was asked for, or brings nothing at all.
    foreign: addresses on other hosts, which were left out.
    dropped: links over the bound of one response.
    is_cut: the document ends before its end; what came until then is read.
    zone: the section's own number, where its page tells it.
    """

    links: tuple[Link, ...] = ()
    children: tuple[Child, ...] = ()
    reason: RefusalReason | None = None
    evidence: str = ""
    foreign: int = 0
    dropped: int = 0
    zone: int | None = None
    is_cut: bool = False


def refused(reason: RefusalReason, evidence: str) -> DiscoveryResult:
    """Return the finding of a response that is refused."""
    return DiscoveryResult(reason=reason, evidence=evidence)
