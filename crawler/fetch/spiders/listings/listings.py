"""A run's listings: which are requested, what they link to, and what became of it. No network."""

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

_MAX_RETRIES = 50  # addresses that one crawl retries, besides those that listings name
_MAX_SITEMAPS = 400  # of one crawl
_MAX_BACKFILL_SITEMAPS = 20_000  # two for each day of a quarter of a century


_FindLooks = Callable[[list[str]], dict[str, Looks]]


@dataclass(frozen=True, slots=True)
class ListingResult:
    """What a listing links to: articles to request, and further listings."""

    articles: tuple[ScheduledLink, ...] = ()
    listings: tuple[ListingRequest, ...] = ()


@dataclass
class _Requested:
    """The paginations and sections of the articles that the run has met, by their keys."""

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
        # A recrawl requests known articles again, but never redacted ones.
        seen = archive.articles.redacted if plan.recrawl else archive.articles.seen
        self.validators = PendingValidators(archive, utc_now, session.trust_for)
        self.frontier = Frontier(
            family,
            plan,
            lambda urls: seen(outlet.slug, urls),
            lambda ids: archive.articles.seen_ids(outlet.slug, ids),
            *self._retry_rules(archive),
        )
        self._backfill: Backfill | None = None
        if plan.backfill:
            self._backfill = Backfill(archive, outlet, family, plan, self.validators)

    @property
    def _recorder(self) -> RunRecorder:
        return self._session.recorder

    @property
    def _backs_off(self) -> bool:
        """True if addresses that brought no article are requested only when a retry is due."""
        return self._plan.kind == "crawl" and not (self._plan.recrawl or self._session.is_replay)

    def _retry_rules(self, archive: Archive) -> tuple[_FindLooks, Callable[[Looks], bool]]:
        slug, backs_off = self._outlet.slug, self._backs_off
        return (
            lambda urls: archive.links.looks(slug, urls),
            lambda looks: not backs_off or looks.is_due(utc_now()),
        )

    def due_retries(self) -> list[ScheduledLink]:
        """Return the addresses that brought no article and are due, named by a listing or not."""
        if not self._backs_off:
            return []
        urls = self._session.archive.links.due(self._outlet.slug, utc_now(), _MAX_RETRIES)
        hosted = [on_own_host(url, self._outlet.host) for url in urls]
        retries = self.frontier.retry(hosted)
        return [item for item in retries if item.state is LinkState.REQUEST]

    def adopt(self, url: str) -> bool:
        """Add an article that is read back; False if this run has it already."""
        key = article_key(url, self._family)
        if not self.frontier.adopt(key, url):
            return False
        self.validators.open(key)
        return True

    def requests(self) -> Iterator[ListingRequest]:
        """Yield the listings that the plan begins with."""
        if self._backfill is not None:
            yield from self._backfill.requests()
            self._recorder.note_discovery()  # even if earlier runs have done everything
            return
        yield from first_requests(
            self._outlet,
            self._plan,
            self._family,
            utc_now(),
            trusts_known=self._session.trusts_known,
        )

    def headers(self, listing: ListingRequest) -> dict[str, str]:
        """Return the headers of a conditional request, {} if the listing is wanted in full."""
        if not (self._keeps_validators(listing) and self._session.trusts_known):
            return {}
        return conditional_headers(self.validators.usable(listing.url))

    def is_unchanged(self, listing: ListingRequest, body: bytes) -> bool:
        """True if a listing has the same bytes as when everything that it links to was stored.

        This is as good as "304 Not Modified", which not every server sends.
        """
        if not (self._keeps_validators(listing) and self._session.trusts_known):
            return False
        known = self.validators.usable(listing.url)
        return known is not None and known.digest == digest_of(body)

    def _keeps_validators(self, listing: ListingRequest) -> bool:
        """False if "unchanged" would hide work that this crawl, or the next, has to do."""
        is_plain = not (self._plan.is_bounded or self._plan.recrawl or self._session.is_replay)
        return is_plain and listing.can_be_conditional

    def follow(
        self, listing: ListingRequest, found: DiscoveryResult, headers: Headers, page: Page
    ) -> ListingResult:
        """Schedule a listing's links and return what to request. page: the captured listing."""
        now = page.fetched_at
        before = self.frontier.discovered
        links = found.links
        if self._plan.oldest_first and all(link.published_at for link in links):
            links = tuple(sorted(links, key=lambda link: link.published_at or now))
        scheduled = self.frontier.schedule(links)
        self._recorder.count(links=self.frontier.discovered - before)
        self._remember(listing, found.links, now)
        requested = [item for item in scheduled if item.state is LinkState.REQUEST]
        for item in scheduled:
            if listing.pagination:
                self._requested.paginations.setdefault(item.key, []).append(listing.pagination)
        for item in requested:
            self.validators.open(item.key)
            if listing.section:
                self._requested.section_of[item.key] = listing.section.slug
        if found.dropped:
            self._recorder.refuse(LeftOut.LINKS, found.dropped)
        if self._keeps_validators(listing) and not found.is_cut:
            keys, digest = [item.key for item in scheduled], digest_of(page.body)
            self.validators.expect(listing.url, headers, keys, digest)
        further = [*self._children(listing, found), *self._siblings(listing, found)]
        next_page = self._next_page(listing, scheduled, found)
        if self._backfill is not None and not (found.children or found.is_cut):
            self._backfill.record_page(listing, [item.key for item in scheduled], next_page)
        return ListingResult(tuple(requested), (*further, *([next_page] if next_page else [])))

    def has_known_links(self, listing: ListingRequest) -> bool:
        """True if the archive knows links of a sitemap's period: it was not always empty.

        Links of which only the month is known belong to a sitemap of the whole month.
        """
        period = child_period(listing.url)
        if period is None:
            return False
        promises = self._session.archive.links.promises(self._outlet.slug, *period, "day")
        is_month = period[1] == (period[0] + timedelta(days=31)).replace(day=1)
        return any(is_month or len(row.period) == len("2026-09-14") for row in promises)

    def end_listing(self, listing: ListingRequest) -> None:
        """Record that a listing has no further pages."""
        if self._backfill is not None:
            self._backfill.record_page(listing, (), None)

    def _next_page(
        self, listing: ListingRequest, scheduled: list[ScheduledLink], found: DiscoveryResult
    ) -> ListingRequest | None:
        if listing.pagination is None or not listing.pagination.should_continue(scheduled):
            return None
        if self._backfill is not None:
            return self._backfill.next_page(listing, found)
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
        return self._unrequested(wanted)

    def _siblings(self, listing: ListingRequest, found: DiscoveryResult) -> list[ListingRequest]:
        """Return the rest of an index if this sitemap shows that the names give no periods.

        It does if it lists an article last changed before the period in its own name.
        """
        period = child_period(listing.url)
        if period is None or listing.index not in self._outside:
            return []
        first = datetime.combine(period[0], time.min, ZoneInfo(self._outlet.timezone))
        dates = (link.published_before for link in found.links)
        if all(date is None or date > first - timedelta(days=1) for date in dates):
            return []
        siblings = self._outside.pop(listing.index)
        self._recorder.refuse(LeftOut.OUTSIDE, -len(siblings))
        wanted = [replace(each, depth=listing.depth, index=listing.index) for each in siblings]
        return self._unrequested(wanted)

    def _unrequested(self, wanted: list[ListingRequest]) -> list[ListingRequest]:
        """Return the sitemaps that this crawl has not requested yet, up to its maximum."""
        unrequested = []
        limit = _MAX_BACKFILL_SITEMAPS if self._backfill else _MAX_SITEMAPS
        for child in wanted:
            if child.url in self._sitemaps:
                continue
            if len(self._sitemaps) >= limit:
                self._recorder.refuse(LeftOut.SITEMAPS)
                continue
            self._sitemaps.add(child.url)
            sitemap: ListingRequest | None = child
            if self._backfill is not None:
                is_inside = self._backfill.overlaps_window(child)
                sitemap = self._backfill.resume(child) if is_inside else None
            if sitemap is not None:
                unrequested.append(sitemap)
        return unrequested

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
        """Return every canonical URL under which this run has met an article."""
        return sorted(self.frontier.addresses.get(key, set())) if key else []

    def section_of(self, key: str | None) -> str | None:
        """Return the section whose listing named an article first, if any."""
        return self._requested.section_of.get(key) if key else None

    def resolve(self, key: str, published_at: datetime | None, *, is_ok: bool) -> None:
        """Record that an article's request is done. is_ok: stored, or finally refused."""
        self.validators.resolve(key, is_ok=is_ok)
        if section := self._requested.section_of.get(key):
            self._recorder.note_published(section, published_at)

    def note_date(self, key: str, published_at: datetime | None) -> None:
        """Pass an article's date to pagination: it shows how far back a listing's page goes."""
        for pagination in self._requested.paginations.get(key, []):
            pagination.note_date(published_at)

    def end_backfill(self) -> None:
        """Delete the backfill's progress: it is complete."""
        if self._backfill is not None:
            self._backfill.end()
