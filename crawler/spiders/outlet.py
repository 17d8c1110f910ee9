"""The spider of every outlet: asks its listings what is new, and for that."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from crawler.capture import WarcFiles
from crawler.discover import Found
from crawler.families.base import Family
from crawler.health import RunKeeper, utc_now
from crawler.outlets import Outlet
from crawler.page import Page
from crawler.signs import Sign
from crawler.spiders.failures import Failed, judge_failure
from crawler.spiders.frontier import Admitted, Chain, Frontier, State
from crawler.spiders.items import CapturedPage
from crawler.spiders.ledger import Ledger, conditional_headers, read_validator
from crawler.spiders.plan import Plan, parse_plan
from crawler.spiders.rechecks import recheck_requests
from crawler.spiders.responses import (
    aliases_of,
    capture_of,
    page_of,
    refusal_of,
    refused_page,
)
from crawler.spiders.session import LIMIT, CrawlSession, outlet_settings
from crawler.spiders.signing import note_failure, note_listing, note_refused_listing
from crawler.spiders.steps import Step, child_steps, first_steps, next_step
from crawler.urls import host_of
from crawler.warc import ReplayIndex
from storage.archive import Archive
from storage.errors import TinquanError
from storage.model import Capture, Outcome, Refusal, RefusalReason

_ARTICLE_PRIORITY = 10  # articles before further listings: a kill then loses the least
_MAX_FAILURES = 5  # requests in a row that fail: the host is down, asking on is no use
_MAX_SITEMAPS = 400


class OutletSpider(Spider):
    """One crawl of one outlet. `loader` makes a subclass of each outlet file."""

    outlet: Outlet
    family: Family

    def __init__(self, plan: Plan, session: CrawlSession, **kwargs: Any):
        super().__init__(**kwargs)
        self.plan = plan
        self.session = session
        self.frontier = Frontier(self.family, plan, partial(session.archive.seen, self.outlet.slug))
        self.ledger = Ledger(session.archive, utc_now, session.trust_for)
        self._chains: dict[str, list[Chain]] = {}
        self._sitemaps: set[str] = set()
        self._failures = 0
        self._stopping: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *_: Any, **kwargs: Any) -> Self:
        """Return the spider with its session open. Raises UsageError, ArchiveError, …"""
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
        """Apply the outlet's politeness, or a replay's lack of it."""
        super().update_settings(settings)
        settings.setdict(outlet_settings(cls.outlet, settings), priority="spider")

    @property
    def archive(self) -> Archive:
        """The open archive."""
        return self.session.archive

    @property
    def keeper(self) -> RunKeeper:
        """The run's row."""
        return self.session.keeper

    @property
    def warc_files(self) -> WarcFiles | None:
        """Where responses are recorded; None in a replay."""
        return self.session.warc_files

    @property
    def replay_index(self) -> ReplayIndex | None:
        """Where responses come from in a replay."""
        return self.session.replay_index

    # Asking listings

    async def start(self) -> AsyncIterator[Any]:
        """Yield the plan's listings one by one: the next when nothing else is waiting."""
        if self.plan.recheck:
            for request in recheck_requests(self):
                yield request
            return
        steps = first_steps(
            self.outlet,
            self.plan,
            self.family,
            utc_now(),
            trusts_known=self.session.trusts_known,
        )
        for step in steps:
            if self.frontier.is_full or self.keeper.is_stopping:
                return
            yield self._listing_request(step)
            await self.crawler.signals.wait_for(signals.scheduler_empty)

    def _listing_request(self, step: Step) -> Request:
        ask_if_changed = self._keeps_validators(step) and self.session.trusts_known
        return Request(
            step.url,
            callback=self.parse_listing,
            errback=self.listing_failed,
            headers=conditional_headers(self.ledger.usable(step.url) if ask_if_changed else None),
            cb_kwargs={"step": step},
        )

    def _keeps_validators(self, step: Step) -> bool:
        """Not where "unchanged" would hide work that this crawl, or the next, has to do."""
        plain = not (self.plan.is_bounded or self.plan.recrawl or self.session.is_replay)
        return plain and step.can_be_conditional

    async def parse_listing(
        self, response: Response, step: Step
    ) -> AsyncIterator[Request | CapturedPage]:
        """Follow what a listing links to."""
        self._failures = 0
        if response.status == 304:
            self.keeper.discovered()
            self.keeper.sign(Sign.UNCHANGED_LISTINGS, step.url)
            return
        page = page_of(response)
        refusal = refusal_of(response, page, self.outlet.slug)
        found = Found() if refusal else await self.session.discover(step.form, page)
        if found.reason:
            refusal = Refusal(self.outlet.slug, page.url, found.reason, found.evidence)
        if refusal:
            for item in self._refuse_listing(step, page, capture_of(response), refusal):
                yield item
            return
        note_listing(self.keeper, step, found)
        for child in child_steps(step, found.children, self.plan):
            if child.url not in self._sitemaps and len(self._sitemaps) < _MAX_SITEMAPS:
                self._sitemaps.add(child.url)
                yield self._listing_request(child)
        for request in self._follow(step, found, response):
            yield request

    def _follow(self, step: Step, found: Found, response: Response) -> Iterator[Request]:
        before = self.frontier.met
        admitted = self.frontier.admit(found.links)
        self.keeper.count(links=self.frontier.met - before)
        for item in admitted:
            if step.chain:
                self._chains.setdefault(item.key, []).append(step.chain)
            if item.state is State.ASK:
                self.ledger.opens(item.key)
                if step.section:
                    self.frontier.section_of[item.key] = step.section.slug
                yield self._article_request(item)
        if self._keeps_validators(step):
            self.ledger.expect(step.url, response.headers, [item.key for item in admitted])
        if step.chain and step.chain.goes_on(admitted):
            following = next_step(step, self.outlet, self.family, found)
            if following:
                yield self._listing_request(following)

    def _refuse_listing(
        self, step: Step, page: Page, capture: Capture, refusal: Refusal
    ) -> Iterator[CapturedPage]:
        is_end = refusal.reason in {RefusalReason.EMPTY, RefusalReason.NOT_FOUND}
        if step.number > 1 and is_end:
            return  # past the last page
        if refusal.reason is RefusalReason.EMPTY and step.form == "sitemap":
            return  # a month that has just begun
        host = host_of(step.url) or self.outlet.host
        self.keeper.fault(f"{host}: {step.url}: {refusal.reason}: {refusal.evidence}")
        note_refused_listing(self.keeper, step, refusal)
        yield CapturedPage(page, capture, refusal=refusal)

    # Asking articles

    def _article_request(self, item: Admitted) -> Request:
        return Request(
            item.link.url,
            callback=self.parse_article,
            errback=self.article_failed,
            priority=_ARTICLE_PRIORITY,
            cb_kwargs={"key": item.key},
            meta={"ways": self.frontier.ways[item.key]},
        )

    def parse_article(self, response: Response, key: str) -> Iterator[CapturedPage]:
        """Hand an article's page on."""
        self._failures = 0
        page = page_of(response)
        aliases = aliases_of(response.request, page.url)
        refusal = refusal_of(response, page, self.outlet.slug)
        validator = read_validator(response.url, response.headers, page.fetched_at)
        yield CapturedPage(page, capture_of(response), key, aliases, refusal, validator)

    def settled(self, key: str, published_at: datetime | None, *, well: bool) -> None:
        """Note that an article is stored or refused; well: and need not be asked for again."""
        self.ledger.settle(key, well=well)
        if section := self.frontier.section_of.get(key):
            self.keeper.published(section, published_at)
        for chain in self._chains.get(key, []):
            chain.saw_article(published_at)

    # What goes wrong

    def listing_failed(self, failure: Failure) -> None:
        """Note why a listing could not be had."""
        request: Request = failure.request  # type: ignore[attr-defined] # set by Scrapy
        failed = judge_failure(failure.value, request)
        if failed.counted_as != "not_recorded":
            self.keeper.fault(failed.message, closes_host=failed.closes_host)
        self._failed(failed, request.url)
        if failed.closes_host and host_of(request.url) == self.outlet.host:
            self.halt(Outcome.FAILED, failed.message)

    def article_failed(self, failure: Failure, **_: Any) -> Iterator[CapturedPage]:
        """Note why an article could not be had; a page that came but cannot be used is refused."""
        request: Request = failure.request  # type: ignore[attr-defined] # set by Scrapy
        failed = judge_failure(failure.value, request)
        key: str = request.cb_kwargs["key"]
        if page := refused_page(request, failed.reason, failed.message, self.outlet.slug):
            yield replace(page, key=key)
            return
        self.ledger.settle(key, well=False)
        self._failed(failed, request.url)

    def _failed(self, failed: Failed, url: str) -> None:
        self.logger.warning("not fetched: %r", failed.message)
        note_failure(self.keeper, failed, url)
        if failed.counted_as:
            self.keeper.refuse(failed.counted_as)
            return
        self.keeper.count(failed=1)
        self._failures += 1
        if failed.ends_run or self._failures >= _MAX_FAILURES:
            self.halt(Outcome.FAILED, failed.message)

    # The run

    def halt(self, outcome: Outcome, error: str) -> None:
        """End the run soon: nothing more is asked for, what is under way may finish."""
        self.keeper.end_with(outcome, error)
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self.crawler.stop_async())

    @property
    def is_over(self) -> bool:
        """True once the run's end is written: nothing may be stored any more."""
        return self.keeper.run.outcome is not None

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.session.run_id

    def closed(self, reason: str) -> None:
        """Write the run's end; Scrapy calls it when all items are stored."""
        if self.frontier.is_full:
            self.keeper.refuse(LIMIT)
        self.keeper.finish(reason)
        self.session.close()

    def _internal_error(self, failure: Failure) -> None:
        """An error of ours must not pass for a quiet day."""
        if isinstance(failure.value, TinquanError):  # the archive, asked by a callback
            self.halt(Outcome.FAILED, str(failure.value))
            return
        kind = type(failure.value).__name__
        self.keeper.fault(f"{self.name}: internal error: {kind}: {failure.value}", closes_host=True)

    def _count_request(self) -> None:
        self.keeper.count(requested=1)

    def _count_response(self, response: Response) -> None:
        self.keeper.count(fetched=1, received_bytes=len(response.body))
