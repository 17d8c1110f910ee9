"""The results of discovery: links, and sitemaps of an index."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from storage.model.articles import RefusalReason

LinkSource = Literal["feed", "listing", "api", "sitemap"]

MAX_LINKS = 5_000  # of one response; real listings have fewer than 600
MAX_SITEMAP_LINKS = 50_000  # the sitemap protocol's own limit
MAX_TITLE = 500  # characters
MAX_COPIES = 10  # further addresses kept for one article


@dataclass(frozen=True, slots=True)
class Link:
    """One article's address, as a listing gives it.

    published_at: in UTC after `collect`; None if the listing gives none, or one in the future.
    is_day: True if only the day is known; published_at is then the start of that day.
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
        """The latest possible publication time, UTC."""
        return latest(self.published_at, is_day=self.is_day)


@dataclass(frozen=True, slots=True)
class Child:
    """One sitemap of a sitemap index. modified_at: lastmod, UTC. is_day: only the day is known."""

    url: str
    modified_at: datetime | None = None
    is_day: bool = False

    @property
    def modified_before(self) -> datetime | None:
        """The latest possible time of its last change, UTC."""
        return latest(self.modified_at, is_day=self.is_day)


def latest(moment: datetime | None, *, is_day: bool) -> datetime | None:
    """Return the latest time that a printed date can mean."""
    return moment + timedelta(days=1) if moment is not None and is_day else moment


@dataclass(frozen=True, slots=True)
class DiscoveryResult:
    """The links of one response.

    reason, evidence: set if the response is not of the requested form, or has no links at all.
    foreign: the number of links to other hosts, which were left out.
    dropped: the number of links over the limit of one response.
    is_cut: the document is truncated; the links before that point are kept.
    zone: the section's number in the CMS, if its page gives it.
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
    """Return the result of a refused response."""
    return DiscoveryResult(reason=reason, evidence=evidence)
