"""The spider of every outlet: requests its listings, and the new articles that they link to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from crawler.capture.hold import LOST
from crawler.capture.reader import ReplayIndex
from crawler.capture.writer import WarcFiles
from crawler.discover import DiscoveryResult
from crawler.families.base import Family
from crawler.fetch.middlewares.meta import CAPTURE, POLL
from crawler.fetch.middlewares.short_answers import is_short
from crawler.fetch.spiders import record_signals
from crawler.fetch.spiders.ends import is_empty_sitemap, is_end_in_doubt, is_past_the_last
from crawler.fetch.spiders.failures import RequestFailure, classify_failure
from crawler.fetch.spiders.first_requests import first_requests
from crawler.fetch.spiders.items import PageItem
from crawler.fetch.spiders.listings.listing_requests import ListingRequest
from crawler.fetch.spiders.listings.listings import Listings
from crawler.fetch.spiders.plan import Plan, parse_plan
from crawler.fetch.spiders.responses import article_page, page_of, refusal_of, refused_page
from crawler.fetch.spiders.session import LIMIT, CrawlSession, outlet_settings
from crawler.health.run_recorder import RunRecorder
from crawler.outlets.model import Outlet
from crawler.page.urls import article_key, host_of
from storage.archive import Archive
from storage.errors import TinquanError
from storage.model.articles import Article, Refusal
from storage.model.runs import Outcome

_ARTICLE_PRIORITY = 10  # articles before further listings: a kill then loses the least
_MAX_FAILURES = 5  # failed requests in a row after which the host counts as down


class OutletSpider(Spider):
    """One crawl of one outlet. `loader` makes a subclass for each outlet file."""

    outlet: Outlet
    family: Family

    def __init__(self, plan: Plan, session: CrawlSession, **kwargs: Any):
        super().__init__(**kwargs)
        self.plan = plan
        self.session = session
        self.listings = Listings(self.outlet, self.family, plan, session)
        self.flush_pending: Callable[[], None] = lambda: None
        self._failures = 0
        self._stopping: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *_: Any, **kwargs: Any) -> Self:
        """Return the spider with its session open. Raises UsageError, or as CrawlSession does."""
        plan = parse_plan(cls.outlet, kwargs)
        spider = cls(plan, CrawlSession(cls.outlet, cls.family, plan, crawler.settings))
        spider._set_crawler(crawler)
        crawler.signals.connect(spider._count_request, signals.request_reached_downloader)
        crawler.signals.connect(spider._count_response, signals.response_downloaded)
        crawler.signals.connect(spider._internal_error, signals.spider_error)
        crawler.signals.connect(spider._internal_error, signals.item_error)
        return spider

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Apply the outlet's politeness settings; a replay has none."""
        super().update_settings(settings)
        settings.setdict(outlet_settings(cls.outlet, settings), priority="spider")

    @property
    def archive(self) -> Archive:
        """The open archive."""
        return self.session.archive

    @property
    def recorder(self) -> RunRecorder:
        """The recorder of the run's row."""
        return self.session.recorder

    @property
    def warc_files(self) -> WarcFiles | None:
        """The files that responses are recorded in; None in a replay."""
        return self.session.warc_files

    @property
    def replay_index(self) -> ReplayIndex | None:
        """The recorded responses of a replay; None in a live crawl."""
        return self.session.replay_index

    # Listings

    async def start(self) -> AsyncIterator[Any]:
        """Yield the plan's first requests."""
        async for request in first_requests(self):
            yield request

    def listing_request(self, listing: ListingRequest) -> Request:
        """Return the request for a listing."""
        if listing.section:
            self.recorder.note_request(listing.section.slug)
        return Request(
            listing.url,
            callback=self.parse_listing,
            errback=self.listing_failed,
            headers=self.listings.headers(listing),
            cb_kwargs={"listing": listing},
            meta={POLL: True},
        )

    async def parse_listing(
        self, response: Response, listing: ListingRequest
    ) -> AsyncIterator[Request | PageItem]:
        """Yield requests for the articles and listings that a listing links to."""
        self._failures = 0
        if response.status == 304 or self.listings.is_unchanged(listing, response.body):
            record_signals.note_unchanged_listing(self.recorder, listing)
            return
        page = page_of(response)
        refusal = refusal_of(response, page, self.outlet.slug)
        found = DiscoveryResult() if refusal else await self.session.discover(listing.form, page)
        found = replace(found, is_cut=found.is_cut or is_short(response))
        for request in self._follow(listing, found, response, refusal):
            yield request

    async def parse(self, response: Response) -> AsyncIterator[Request | PageItem]:
        """Parse any page of the outlet; Scrapy's default callback, which `scrapy parse` uses."""
        async for found in self.parse_given(response, ListingRequest(response.url, "html")):
            yield found

    async def parse_given(
        self, response: Response, listing: ListingRequest
    ) -> AsyncIterator[Request | PageItem]:
        """Yield the page that a user named, or follow its links if it is no article."""
        page = page_of(response)
        refusal = refusal_of(response, page, self.outlet.slug)
        if refusal is None:
            result, tags = await self.session.read(page)
            if isinstance(result, Article):
                self.recorder.note_discovery()
                self.recorder.count(links=1)
                for item in self.parse_article(response, article_key(page.url, self.family)):
                    yield replace(item, result=result, tags=tags, page=None)
                return
        found = DiscoveryResult() if refusal else await self.session.guess(page)
        for request in self._follow(listing, found, response, refusal):
            yield request

    def _follow(
        self,
        listing: ListingRequest,
        found: DiscoveryResult,
        response: Response,
        refusal: Refusal | None,
    ) -> Iterator[Request | PageItem]:
        page = page_of(response)
        if found.reason:
            refusal = Refusal(self.outlet.slug, page.url, found.reason, found.evidence)
        if refusal:
            yield from self._refuse_listing(listing, response, refusal)
            return
        record_signals.note_listing(self.recorder, listing, found)
        result = self.listings.follow(listing, found, response.headers, page)
        for item in result.articles:
            yield self.article_request(item.link.url)
        for further in result.listings:
            yield self.listing_request(further)

    def _refuse_listing(
        self, listing: ListingRequest, response: Response, refusal: Refusal
    ) -> Iterator[PageItem]:
        page = page_of(response)
        is_new_period = is_empty_sitemap(listing, refusal) and not self.listings.has_known_links(
            listing
        )
        if is_past_the_last(listing, refusal) or is_new_period:
            if is_end_in_doubt(listing, page, refusal, self.outlet, self.family):
                record_signals.note_end_in_doubt(self.recorder, listing, refusal)
            self.listings.end_listing(listing)
            return
        host = host_of(listing.url) or self.outlet.host
        self.recorder.fault(f"{host}: {listing.url}: {refusal.reason}: {refusal.evidence}")
        record_signals.note_refused_listing(self.recorder, listing, refusal)
        if self.warc_files is not None:
            self.warc_files.release()
        yield PageItem(page.url, response.meta[CAPTURE], refusal)

    # Articles

    def article_request(self, url: str, meta: dict[str, Any] | None = None) -> Request:
        """Return the request for an article."""
        return Request(
            url,
            callback=self.parse_article,
            errback=self.article_failed,
            priority=_ARTICLE_PRIORITY,
            cb_kwargs={"key": article_key(url, self.family)},
            meta=meta,
        )

    def parse_article(self, response: Response, key: str) -> Iterator[PageItem]:
        """Yield an article's page as an item."""
        self._failures = 0
        if is_short(response):
            record_signals.note_short_page(self.recorder, response.url)
        yield article_page(response, key, self.outlet.slug, self.family)

    def addresses_of(self, item: PageItem) -> tuple[str, ...]:
        """Return every canonical URL that this run knows for the page's article."""
        return tuple(dict.fromkeys([*item.aliases, *self.listings.addresses(item.key)]))

    # Failures

    def listing_failed(self, failure: Failure) -> None:
        """Record why a listing could not be fetched; halt if its host may not be crawled."""
        request: Request = failure.request  # type: ignore[attr-defined] # set by Scrapy
        cause = classify_failure(failure.value, request)
        if cause.counted_as != "not_recorded":
            self.recorder.fault(cause.message, closes_host=cause.closes_host)
        self._count_failure(cause, request.url)
        if cause.closes_host and host_of(request.url) == self.outlet.host:
            self.halt(Outcome.FAILED, cause.message)

    def article_failed(self, failure: Failure, **_: Any) -> Iterator[PageItem]:
        """Record why an article could not be fetched; refuse a response that cannot be used."""
        request: Request = failure.request  # type: ignore[attr-defined] # set by Scrapy
        cause = classify_failure(failure.value, request)
        key: str = request.cb_kwargs["key"]
        if page := refused_page(request, cause.reason, cause.message, self.outlet.slug):
            self._failures = 0  # the host has answered
            yield replace(page, key=key)
            return
        self.listings.resolve(key, None, is_ok=False)
        self._count_failure(cause, request.url)

    def _count_failure(self, cause: RequestFailure, url: str) -> None:
        self.logger.warning("not fetched: %r", cause.message)
        record_signals.note_failure(self.recorder, cause, url)
        if cause.counted_as:
            self.recorder.refuse(cause.counted_as)
            return
        self.recorder.count(failed=1)
        self._failures += 1
        if cause.ends_run or self._failures >= _MAX_FAILURES:
            self.halt(Outcome.FAILED, cause.message)

    # The run

    def halt(self, outcome: Outcome, error: str) -> None:
        """End the run soon: send no further requests, let open ones finish."""
        may_have_lost_lock = outcome is Outcome.FAILED and self.session.holds_shared_host
        if may_have_lost_lock and self.session.hold.was_cut():
            outcome, error = Outcome.STOPPED, f"{self.outlet.host}: {LOST}"
        self.recorder.end_with(outcome, error)
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self.crawler.stop_async())

    @property
    def is_over(self) -> bool:
        """True once the run's end is written: nothing may be stored after it."""
        return self.recorder.run.outcome is not None

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.session.run_id

    def closed(self, reason: str) -> None:
        """Write the run's end; Scrapy calls it when all items are stored."""
        self.flush_pending()  # the watchdog calls this while pages may be pending
        if self.listings.frontier.is_full:
            self.recorder.refuse(LIMIT)
        run = self.recorder.finish(reason)
        if run.outcome is Outcome.DONE and not (self.recorder.is_stopping or run.counts.failed):
            self.listings.end_backfill()
        self.session.close()

    def _internal_error(self, failure: Failure) -> None:
        """Record a bug as a fault: the run must not look like one that found nothing new."""
        if isinstance(failure.value, TinquanError):  # of the archive, raised in a callback
            self.halt(Outcome.FAILED, str(failure.value))
            return
        error = f"internal error: {type(failure.value).__name__}: {failure.value}"
        self.recorder.fault(f"{self.name}: {error}", closes_host=True)

    def _count_request(self) -> None:
        self.recorder.count(requested=1)
        budget = self.plan.budget
        if budget is not None and self.recorder.counts.requested >= budget:
            if self.plan.kind == "crawl" and self._stopping is None:
                self.recorder.refuse(LIMIT)  # the next crawl pages on past known articles
            self.halt(Outcome.DONE, f"its budget of {budget} requests is used up")

    def _count_response(self, response: Response) -> None:
        self.recorder.count(fetched=1, received_bytes=len(response.body))
