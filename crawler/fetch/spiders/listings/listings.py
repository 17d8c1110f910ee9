"""A run's listings: which are asked, what they lead to, and when that is settled. No network."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from scrapy.http import Headers

from crawler.discover import DiscoveryResult, Link
from crawler.families.base import Family
from crawler.fetch.spiders.listings.backfill import Backfill
from crawler.fetch.spiders.listings.frontier import Frontier, LinkState, Pagination, ScheduledLink
from crawler.fetch.spiders.listings.listing_requests import (
    MAX_DEPTH,
    ListingRequest,
    child_period,
    child_requests,
    first_requests,
    next_page_request,
    promised_day,
)
from crawler.fetch.spiders.listings.pending_validators import (
    PendingValidators,
    conditional_headers,
    digest_of,
)
from crawler.fetch.spiders.plan import Plan
from crawler.fetch.spiders.session import CrawlSession
from crawler.health.run_recorder import RunRecorder
from crawler.outlets.model import Outlet
from crawler.page.response import Page
from crawler.page.times import utc_now
from crawler.page.urls import article_id, article_key, canonical_url, on_own_host
from storage.archive import Archive
from storage.model.links import DiscoveredLink, LeftOut, Looks

_MAX_DUE = 50  # addresses that one crawl asks again, besides those that listings name
_MAX_SITEMAPS = 400  # of one crawl
_MAX_BACKFILLED = 20_000  # sitemaps of one backfill: a quarter of a century by the day, twice over


_AskLooks = Callable[[list[str]], dict[str, Looks]]


@dataclass(frozen=True, slots=True)
class ListingResult:
    """What a listing led to: articles to ask for, and further listings."""

    articles: tuple[ScheduledLink, ...] = ()
    listings: tuple[ListingRequest, ...] = ()


@dataclass
class _Requested:
    """What the run knows of the articles that it asked for."""

    paginations: dict[str, list[Pagination]] = field(default_factory=dict)
    section_of: dict[str, str] = field(default_factory=dict)


class Listings:
    """Every listing of one run."""

    def __init__(self, outlet: Outlet, family: Family, plan: Plan, session: CrawlSession):
        archive = session.archive
        self._outlet = outlet
        self._family = family
        self._plan = plan
        self._session = session
        self._sitemaps: set[str] = set()
        self._outside: dict[str, list[ListingRequest]] = {}
        self._requested = _Requested()
        # A crawl that fetches known articles again still leaves alone what was taken down.
        seen = archive.articles.redacted if plan.recrawl else archive.articles.seen
        self.validators = PendingValidators(archive, utc_now, session.trust_for)
        self.frontier = Frontier(
            family,
            plan,
            lambda urls: seen(outlet.slug, urls),
            lambda ids: archive.articles.seen_ids(outlet.slug, ids),
            *self._waiting(archive),
        )
        self._backfill: Backfill | None = None
        if plan.backfill:
            self._backfill = Backfill(archive, outlet, family, plan, self.validators)

    @property
    def _recorder(self) -> RunRecorder:
        return self._session.recorder

    @property
    def _keeps_waiting(self) -> bool:
        """True where addresses without an article are asked when they are due, and only then."""
        return self._plan.kind == "crawl" and not (self._plan.recrawl or self._session.is_replay)

    def _waiting(self, archive: Archive) -> tuple[_AskLooks, Callable[[Looks], bool]]:
        slug, keeps = self._outlet.slug, self._keeps_waiting
        return (
            lambda urls: archive.links.looks(slug, urls),
            lambda looks: not keeps or looks.is_due(utc_now()),
        )

    def due(self) -> list[ScheduledLink]:
        """Return what brought no article before and is due, whether listings still name it."""
        if not self._keeps_waiting:
            return []
        urls = self._session.archive.links.due(self._outlet.slug, utc_now(), _MAX_DUE)
        hosted = [on_own_host(url, self._outlet.host) for url in urls]
        again = self.frontier.ask_again(hosted)
        return [item for item in again if item.state is LinkState.ASK]

    def adopt(self, url: str) -> bool:
        """Take in an article that is read back; False where this run has it already."""
        key = article_key(url, self._family)
        if not self.frontier.adopt(key, url):
            return False
        self.validators.opens(key)
        return True

    def requests(self) -> Iterator[ListingRequest]:
        """Yield the listings that the plan begins with."""
        if self._backfill is not None:
            yield from self._backfill.requests()
            self._recorder.discovered()  # also where all was done before
            return
        yield from first_requests(
            self._outlet,
            self._plan,
            self._family,
            utc_now(),
            trusts_known=self._session.trusts_known,
        )

    def headers(self, listing: ListingRequest) -> dict[str, str]:
        """Return the headers that ask for a listing only if it has changed, where that will do."""
        if not (self._keeps_validators(listing) and self._session.trusts_known):
            return {}
        return conditional_headers(self.validators.usable(listing.url))

    def is_unchanged(self, listing: ListingRequest, body: bytes) -> bool:
        """True where a listing is, to the byte, what it was when all it links to was stored.

        Asked where "304 Not Modified" would do, it is as good as that answer.
        """
        if not (self._keeps_validators(listing) and self._session.trusts_known):
            return False
        known = self.validators.usable(listing.url)
        return known is not None and known.digest == digest_of(body)

    def _keeps_validators(self, listing: ListingRequest) -> bool:
        """Not where "unchanged" would hide work that this crawl, or the next, has to do."""
        plain = not (self._plan.is_bounded or self._plan.recrawl or self._session.is_replay)
        return plain and listing.can_be_conditional

    def follow(
        self, listing: ListingRequest, found: DiscoveryResult, headers: Headers, page: Page
    ) -> ListingResult:
        """Take in what a listing holds. page: itself, as it was captured."""
        now = page.fetched_at
        before = self.frontier.discovered
        links = found.links
        if self._plan.oldest_first and all(link.published_at for link in links):
            links = tuple(sorted(links, key=lambda link: link.published_at or now))
        scheduled = self.frontier.schedule(links)
        self._recorder.count(links=self.frontier.discovered - before)
        self._remember(listing, found.links, now)
        asked = [item for item in scheduled if item.state is LinkState.ASK]
        for item in scheduled:
            if listing.pagination:
                self._requested.paginations.setdefault(item.key, []).append(listing.pagination)
        for item in asked:
            self.validators.opens(item.key)
            if listing.section:
                self._requested.section_of[item.key] = listing.section.slug
        if found.dropped:
            self._recorder.refuse(LeftOut.LINKS, found.dropped)
        if self._keeps_validators(listing) and not found.is_cut:
            keys, digest = [item.key for item in scheduled], digest_of(page.body)
            self.validators.expect(listing.url, headers, keys, digest)
        further = [*self._children(listing, found), *self._siblings(listing, found)]
        following = self._following(listing, scheduled, found)
        if self._backfill is not None and not (found.children or found.is_cut):
            self._backfill.came(listing, [item.key for item in scheduled], following)
        return ListingResult(tuple(asked), (*further, *([following] if following else [])))

    def held_links(self, listing: ListingRequest) -> bool:
        """True where the archive knows links of a sitemap's own period: it was not always empty.

        What only a month is known of belongs to a sitemap of the whole month.
        """
        period = child_period(listing.url)
        if period is None:
            return False
        promises = self._session.archive.links.promises(self._outlet.slug, *period, "day")
        is_month = period[1] == (period[0] + timedelta(days=31)).replace(day=1)
        return any(is_month or len(row.period) == len("2026-09-14") for row in promises)

    def is_past_the_end(self, listing: ListingRequest) -> None:
        """Note that a listing's page holds nothing more."""
        if self._backfill is not None:
            self._backfill.came(listing, (), None)

    def _following(
        self, listing: ListingRequest, scheduled: list[ScheduledLink], found: DiscoveryResult
    ) -> ListingRequest | None:
        if listing.pagination is None or not listing.pagination.should_continue(scheduled):
            return None
        if self._backfill is not None:
            return self._backfill.following(listing, found)
        return next_page_request(listing, self._outlet, self._family, found)

    def _children(self, listing: ListingRequest, found: DiscoveryResult) -> list[ListingRequest]:
        wanted = child_requests(listing, found.children, self._plan, utc_now().date())
        if listing.depth >= MAX_DEPTH:
            self._recorder.refuse(LeftOut.SITEMAPS, len(found.children))
            return []
        chosen = {child.url for child in wanted}
        outside = [child.url for child in found.children if child.url not in chosen]
        if outside:
            self._outside[listing.url] = [replace(listing, url=url) for url in outside]
            self._recorder.refuse(LeftOut.OUTSIDE, len(outside))
        return self._not_asked(wanted)

    def _siblings(self, listing: ListingRequest, found: DiscoveryResult) -> list[ListingRequest]:
        """Return the other sitemaps of an index where one proves that their names speak of no
        time: it holds what was last changed before the period of its own.
        """
        period = child_period(listing.url)
        if period is None or listing.index not in self._outside:
            return []
        first = datetime.combine(period[0], time.min, ZoneInfo(self._outlet.timezone))
        dates = (link.published_before for link in found.links)
        if all(date is None or date > first - timedelta(days=1) for date in dates):
            return []
        further = self._outside.pop(listing.index)
        self._recorder.refuse(LeftOut.OUTSIDE, -len(further))
        deeper = [replace(one, depth=listing.depth, index=listing.index) for one in further]
        return self._not_asked(deeper)

    def _not_asked(self, wanted: list[ListingRequest]) -> list[ListingRequest]:
        """Return the sitemaps that this crawl has not asked, as many as it may."""
        further = []
        most = _MAX_BACKFILLED if self._backfill else _MAX_SITEMAPS
        for child in wanted:
            if child.url in self._sitemaps:
                continue
            if len(self._sitemaps) >= most:
                self._recorder.refuse(LeftOut.SITEMAPS)
                continue
            self._sitemaps.add(child.url)
            left: ListingRequest | None = child
            if self._backfill is not None:
                left = self._backfill.where_left(child) if self._backfill.holds(child) else None
            if left is not None:
                further.append(left)
        return further

    def _remember(self, listing: ListingRequest, links: tuple[Link, ...], now: datetime) -> None:
        zone = ZoneInfo(self._outlet.timezone)
        period = child_period(listing.url) if listing.form == "sitemap" else None
        discovered = []
        for link in links:
            day = None
            if listing.form == "sitemap":
                day = promised_day(link.published_at, period, zone)
            id_ = article_id(link.url, self._family)
            discovered.append(DiscoveredLink(canonical_url(link.url), id_, link.source, day))
        self._session.archive.links.record(self._outlet.slug, discovered, now)

    def addresses(self, key: str | None) -> list[str]:
        """Return every canonical URL that this run has met for an article."""
        return sorted(self.frontier.addresses.get(key, set())) if key else []

    def section_of(self, key: str | None) -> str | None:
        """Return the section in whose listing an article was met first, if in any."""
        return self._requested.section_of.get(key) if key else None

    def settled(self, key: str, published_at: datetime | None, *, well: bool) -> None:
        """Note that an article is stored or refused; well: and need not be asked for again."""
        self.validators.resolve(key, well=well)
        if section := self._requested.section_of.get(key):
            self._recorder.published(section, published_at)

    def dated(self, key: str, published_at: datetime | None) -> None:
        """Note what date an article turned out to have: it tells how far a listing's page went."""
        for pagination in self._requested.paginations.get(key, []):
            pagination.saw_article(published_at)

    def end_backfill(self) -> None:
        """Forget the backfill's progress: it is whole."""
        if self._backfill is not None:
            self._backfill.end()
