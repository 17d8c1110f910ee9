"""What discovery finds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from storage.model.articles import RefusalReason

LinkSource = Literal["feed", "listing", "api", "sitemap"]

MAX_LINKS = 5_000  # of one response; an honest listing has under 600, a sitemap child under 5,000
MAX_TITLE = 500  # characters
MAX_COPIES = 10  # addresses of one article that are remembered


@dataclass(frozen=True, slots=True)
class Link:
    """One article's address, as a listing gives it.

    published_at: UTC once it is collected; None where the listing gives none, or a future one.
    source: how it was found. copies: other addresses of the same article in the same response.
    """

    url: str
    source: LinkSource
    published_at: datetime | None = None
    title: str | None = None
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Child:
    """One sitemap that a sitemap index names. `modified_at` is its lastmod, UTC."""

    url: str
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DiscoveryResult:
    """What one response led to.

    reason, evidence: set where the response is not what was asked for, or brings nothing at all.
    foreign: addresses on other hosts, which were left out.
    dropped: links over the bound of one response.
    zone: the section's own number, where its page tells it.
    """

    links: tuple[Link, ...] = ()
    children: tuple[Child, ...] = ()
    reason: RefusalReason | None = None
    evidence: str = ""
    foreign: int = 0
    dropped: int = 0
    zone: int | None = None


def refused(reason: RefusalReason, evidence: str) -> DiscoveryResult:
    """Return the finding of a response that is refused."""
    return DiscoveryResult(reason=reason, evidence=evidence)
