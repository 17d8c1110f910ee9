"""The articles that a run has met, and which of them it requests. No network, no clock."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from crawler.discover import Link
from crawler.families.base import Family
from crawler.fetch.spiders.plan import Plan
from crawler.page.urls import article_id, article_key, canonical_url
from storage.model.links import Looks

_KNOWN_IN_A_ROW = 5  # one or two known articles are pinned stories, not the end of the news
_OLD_IN_A_ROW = 5


class LinkState(Enum):
    """What becomes of a link."""

    REQUEST = auto()  # to be requested
    DUPLICATE = auto()  # this run has met it before, from this or another link source
    KNOWN = auto()  # in the archive, no request needed
    WAITING = auto()  # brought no article before, and no retry is due yet
    OLD = auto()  # published before the window
    LATE = auto()  # published after the window
    OVER_LIMIT = auto()  # the limit is reached


@dataclass(frozen=True, slots=True)
class ScheduledLink:
    """A link with its article's key, and what becomes of it."""

    link: Link
    key: str
    state: LinkState


@dataclass
class Frontier:
    """The articles that a run has met.

    seen: returns the canonical URLs that need no request; in a recrawl, those that may not have
    one. seen_ids: returns the outlet's own ids of stored articles: a changed slug or a copy needs
    no request either. A recrawl does not use it.
    looks: returns the earlier requests of canonical URLs that brought no article.
    is_due: whether such an address is due for a retry.
    retried: the keys of articles that earlier runs requested in vain.
    sources: the link sources of each requested or adopted article, by key.
    addresses: the canonical URLs of each article, by key.
    """

    family: Family
    plan: Plan
    seen: Callable[[list[str]], set[str]]
    seen_ids: Callable[[list[str]], set[str]]
    looks: Callable[[list[str]], dict[str, Looks]] = lambda _: {}
    is_due: Callable[[Looks], bool] = lambda _: True
    retried: set[str] = field(default_factory=set)
    sources: dict[str, list[str]] = field(default_factory=dict)
    requested: int = 0
    addresses: dict[str, set[str]] = field(default_factory=dict)

    @property
    def discovered(self) -> int:
        """The number of different articles met, known ones included."""
        return len(self.addresses)

    @property
    def is_full(self) -> bool:
        """True if the limit allows no further requests."""
        return self.plan.limit is not None and self.requested >= self.plan.limit

    def schedule(self, links: tuple[Link, ...]) -> list[ScheduledLink]:
        """Decide what becomes of each link, and remember its source."""
        urls = [canonical_url(link.url) for link in links]
        known, looks = self.seen(urls), self.looks(urls)
        self.retried.update(article_key(url, self.family) for url in looks)
        if not self.plan.recrawl:
            ids = (article_id(link.url, self.family) for link in links)
            known |= self.seen_ids([id_ for id_ in ids if id_])
        waiting = {url for url, earlier in looks.items() if not self.is_due(earlier)}
        return [self._schedule(link, known, waiting) for link in links]

    def adopt(self, key: str, url: str) -> bool:
        """Add an article that needs no request; False if it was met before."""
        if key in self.sources:
            return False
        self.sources[key] = ["listing"]
        self.addresses.setdefault(key, set()).add(canonical_url(url))
        return True

    def retry(self, urls: Iterable[str]) -> list[ScheduledLink]:
        """Decide what becomes of addresses that brought no article before and are due."""
        links = [Link(url, "listing") for url in urls]
        self.retried.update(article_key(link.url, self.family) for link in links)
        return [self._schedule(link, set(), set()) for link in links]

    def _schedule(self, link: Link, known: set[str], waiting: set[str]) -> ScheduledLink:
        key = article_key(link.url, self.family)
        # Addresses of copies are stored with the article, and need no request of their own.
        self.addresses.setdefault(key, set()).update(
            canonical_url(url) for url in (link.url, *link.copies)
        )
        return ScheduledLink(link, key, self._state(link, key, known, waiting))

    def _state(self, link: Link, key: str, known: set[str], waiting: set[str]) -> LinkState:
        if key in self.sources:
            if link.source not in self.sources[key]:
                self.sources[key].append(link.source)
            return LinkState.DUPLICATE
        url = canonical_url(link.url)
        if {url, key} & known or url in waiting:
            return LinkState.WAITING if url in waiting - known else LinkState.KNOWN
        newest = link.published_before
        if newest and self.plan.since and newest < self.plan.since:
            return LinkState.OLD
        # A sitemap's date may be that of a later change: it says nothing about `until`.
        dated = link.published_at if link.source != "sitemap" else None
        if dated and self.plan.until and dated >= self.plan.until:
            return LinkState.LATE
        if self.is_full:
            return LinkState.OVER_LIMIT
        self.sources[key] = [link.source]
        self.requested += 1
        return LinkState.REQUEST


_MIN_FRESH = 4  # a page repeats an earlier one if at most one link in four is new
_NO_NEWS = {LinkState.KNOWN, LinkState.WAITING}


@dataclass
class Pagination:
    """One listing's pages: decides whether the next one is worth requesting.

    since: the window's beginning. trusts_known: known articles mean that older ones are known
    too, which is not so after an incomplete run. cap: the most pages. had_news: whether the last
    page had articles that the archive does not know.
    """

    since: datetime | None
    trusts_known: bool
    cap: int
    pages: int = 0
    had_news: bool = False
    _discovered: set[str] = field(default_factory=set)
    _openings: set[tuple[str, ...]] = field(default_factory=set)
    _known: int = 0
    _old: int = 0

    def reset(self) -> "Pagination":
        """Return a pagination with the same rules that has seen no page.

        It is for another kind of paging, which starts over with the articles that this one showed.
        """
        return Pagination(self.since, self.trusts_known, self.cap, had_news=self.had_news)

    def note_date(self, published_at: datetime | None) -> None:
        """Take into account the date that extraction found for an article of this listing."""
        if published_at is not None and self.since is not None:
            self._old = self._old + 1 if published_at < self.since else 0

    def should_continue(self, page: list[ScheduledLink]) -> bool:
        """Take one page of links into account; True if the next page should be requested."""
        self.pages += 1
        keys = [item.key for item in page]
        opening = tuple(keys[:3])
        fresh = [item for item in page if item.key not in self._discovered]
        self.had_news = any(item.state not in _NO_NEWS for item in fresh)
        # Some outlets repeat their last page for ever, with a few other links added; others begin
        # every page with the same box.
        is_repeated = opening in self._openings and _MIN_FRESH * len(fresh) <= len(page)
        self._discovered.update(keys)
        self._openings.add(opening)
        for item in page:
            self._note(item)
        if not fresh or is_repeated or self.pages >= self.cap:
            return False
        if any(item.state is LinkState.OVER_LIMIT for item in page):
            return False
        if self.trusts_known and not self.had_news and self._known >= _KNOWN_IN_A_ROW:
            return False  # beside news, known articles are pinned or in a most-read box
        return self._old < _OLD_IN_A_ROW and not self._is_past(page)

    def _note(self, item: ScheduledLink) -> None:
        if item.state is LinkState.KNOWN:
            self._known += 1
        elif item.state not in {LinkState.DUPLICATE, LinkState.WAITING}:
            self._known = 0  # duplicates come from other listings and say nothing

    def _is_past(self, page: list[ScheduledLink]) -> bool:
        dates = [item.link.published_at for item in page if item.link.published_at]
        return self.since is not None and bool(dates) and all(day < self.since for day in dates)
