"""Which articles a run has met, and which of them it asks for. No network, no clock."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from crawler.discover import Link
from crawler.families.base import Family
from crawler.fetch.spiders.plan import Plan
from crawler.page.urls import article_id, article_key, canonical_url
from storage.model.links import Looks

_KNOWN_IN_A_ROW = 5  # one or two known articles are pinned stories, not the end of what is new
_OLD_IN_A_ROW = 5


class LinkState(Enum):
    """What becomes of a link."""

    ASK = auto()  # request it
    DUPLICATE = auto()  # this run has met it before, by this or another way
    KNOWN = auto()  # the archive needs no request
    WAITS = auto()  # brought no article, and is not due to be looked at again
    OLD = auto()  # published before the window
    LATE = auto()  # published after the window
    OVER = auto()  # the limit is reached


@dataclass(frozen=True, slots=True)
class ScheduledLink:
    """A link with its key (what tells articles apart) and what becomes of it."""

    link: Link
    key: str
    state: LinkState


@dataclass
class Frontier:
    """The articles a run has met.

    seen: asks the archive which canonical URLs need no request; of a recrawl, which may not have
    one. seen_ids: under which of the outlet's own ids an article is stored: a changed slug or a
    copy needs no request either. A recrawl does not ask it.
    looks: when those canonical URLs were looked at that brought no article.
    is_due: whether it is time to look at such an address again.
    looked_at: the keys of what brought no article before this run.
    """

    family: Family
    plan: Plan
    seen: Callable[[list[str]], set[str]]
    seen_ids: Callable[[list[str]], set[str]]
    looks: Callable[[list[str]], dict[str, Looks]] = lambda _: {}
    is_due: Callable[[Looks], bool] = lambda _: True
    looked_at: set[str] = field(default_factory=set)
    sources: dict[str, list[str]] = field(default_factory=dict)
    asked: int = 0
    addresses: dict[str, set[str]] = field(default_factory=dict)

    @property
    def discovered(self) -> int:
        """How many different articles were met, known ones included."""
        return len(self.addresses)

    @property
    def is_full(self) -> bool:
        """True where the limit leaves nothing to ask for."""
        return self.plan.limit is not None and self.asked >= self.plan.limit

    def schedule(self, links: tuple[Link, ...]) -> list[ScheduledLink]:
        """Say what becomes of each link, and remember the way on which it was met."""
        urls = [canonical_url(link.url) for link in links]
        known, looks = self.seen(urls), self.looks(urls)
        self.looked_at.update(article_key(url, self.family) for url in looks)
        if not self.plan.recrawl:
            ids = (article_id(link.url, self.family) for link in links)
            known |= self.seen_ids([id_ for id_ in ids if id_])
        waiting = {url for url, found in looks.items() if not self.is_due(found)}
        return [self._schedule(link, known, waiting) for link in links]

    def adopt(self, key: str, url: str) -> bool:
        """Take an article in that needs no request; False where it was met before."""
        if key in self.sources:
            return False
        self.sources[key] = ["listing"]
        self.addresses.setdefault(key, set()).add(canonical_url(url))
        return True

    def ask_again(self, urls: Iterable[str]) -> list[ScheduledLink]:
        """Say what becomes of addresses that brought no article before and are due."""
        links = [Link(url, "listing") for url in urls]
        self.looked_at.update(article_key(link.url, self.family) for link in links)
        return [self._schedule(link, set(), set()) for link in links]

    def _schedule(self, link: Link, known: set[str], waiting: set[str]) -> ScheduledLink:
        key = article_key(link.url, self.family)
        # Copies and changed slugs: stored with the article, they need no request of their own.
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
            return LinkState.WAITS if url in waiting - known else LinkState.KNOWN
        newest = link.published_before
        if newest and self.plan.since and newest < self.plan.since:
            return LinkState.OLD
        # A sitemap's date may be that of a later change: it says nothing about `until`.
        dated = link.published_at if link.source != "sitemap" else None
        if dated and self.plan.until and dated >= self.plan.until:
            return LinkState.LATE
        if self.is_full:
            return LinkState.OVER
        self.sources[key] = [link.source]
        self.asked += 1
        return LinkState.ASK


_FRESH = 4  # one link in so many is a page's own, or the page is one that was there before
_NO_NEWS = {LinkState.KNOWN, LinkState.WAITS}


@dataclass
class Pagination:
    """One listing and its further pages: decides whether the next page is worth asking for.

    since: the window's beginning. trusts_known: known articles mean that older ones are known
    too; not after a run that did not come to its end. cap: most pages. had_news: whether the last
    page held what the archive does not know.
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
        """Return a chain with the same rules that has seen nothing: for another kind of paging,
        which begins again with what this one showed.
        """
        return Pagination(self.since, self.trusts_known, self.cap, had_news=self.had_news)

    def saw_article(self, published_at: datetime | None) -> None:
        """Note the date that an article of this listing turned out to have."""
        if published_at is not None and self.since is not None:
            self._old = self._old + 1 if published_at < self.since else 0

    def should_continue(self, page: list[ScheduledLink]) -> bool:
        """Take one page of links in; True where the next page should be asked for."""
        self.pages += 1
        keys = [item.key for item in page]
        opening = tuple(keys[:3])
        fresh = [item for item in page if item.key not in self._discovered]
        self.had_news = any(item.state not in _NO_NEWS for item in fresh)
        # Some outlets repeat their last page for ever, with other links beside it; others begin
        # every page with the same box.
        repeats = opening in self._openings and _FRESH * len(fresh) <= len(page)
        self._discovered.update(keys)
        self._openings.add(opening)
        for item in page:
            self._note(item)
        if not fresh or repeats or self.pages >= self.cap:
            return False
        if any(item.state is LinkState.OVER for item in page):
            return False
        if self.trusts_known and not self.had_news and self._known >= _KNOWN_IN_A_ROW:
            return False  # with news, known ones are pinned, or a box of what is read most
        return self._old < _OLD_IN_A_ROW and not self._is_past(page)

    def _note(self, item: ScheduledLink) -> None:
        if item.state is LinkState.KNOWN:
            self._known += 1
        elif item.state not in {LinkState.DUPLICATE, LinkState.WAITS}:
            self._known = 0  # what another listing of this run named says nothing

    def _is_past(self, page: list[ScheduledLink]) -> bool:
        dates = [item.link.published_at for item in page if item.link.published_at]
        return self.since is not None and bool(dates) and all(day < self.since for day in dates)
