"""A run's listings: which are asked, what they lead to, and when that is settled. No network."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from scrapy.http import Headers

from crawler.discover import Found, Link
from crawler.families.base import Family
from crawler.fetch.spiders.backfill import Backfill
from crawler.fetch.spiders.frontier import Admitted, Frontier, Pagination, State
from crawler.fetch.spiders.pending_validators import PendingValidators, conditional_headers
from crawler.fetch.spiders.plan import Plan
from crawler.fetch.spiders.session import CrawlSession
from crawler.fetch.spiders.steps import Step, child_period, child_steps, first_steps, next_step
from crawler.health.run_recorder import RunRecorder
from crawler.outlets.model import Outlet
from crawler.page.times import utc_now
from crawler.page.urls import article_id, canonical_url, on_own_host
from storage.archive import Archive
from storage.model.links import MetLink
from storage.model.waiting import Looks

_MAX_DUE = 50  # addresses that one crawl asks again, besides those that listings name
_MAX_SITEMAPS = 400  # of one crawl
_MAX_BACKFILLED = 20_000  # sitemaps of one backfill: a quarter of a century by the day, twice over


_AskLooks = Callable[[list[str]], dict[str, Looks]]


@dataclass(frozen=True, slots=True)
class Led:
    """What a listing led to: articles to ask for, and further listings."""

    articles: tuple[Admitted, ...] = ()
    listings: tuple[Step, ...] = ()


@dataclass
class _Met:
    """What the run knows of the articles that it asked for."""

    chains: dict[str, list[Pagination]] = field(default_factory=dict)
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
        self._met = _Met()
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

    def due(self) -> list[Admitted]:
        """Return what brought no article before and is due, whether listings still name it."""
        if not self._keeps_waiting:
            return []
        urls = self._session.archive.links.due(self._outlet.slug, utc_now(), _MAX_DUE)
        hosted = [on_own_host(url, self._outlet.host) for url in urls]
        again = self.frontier.ask_again(hosted)
        return [item for item in again if item.state is State.ASK]

    def steps(self) -> Iterator[Step]:
        """Yield the listings that the plan begins with."""
        if self._backfill is not None:
            yield from self._backfill.steps()
            self._recorder.discovered()  # also where all was done before
            return
        yield from first_steps(
            self._outlet,
            self._plan,
            self._family,
            utc_now(),
            trusts_known=self._session.trusts_known,
        )

    def headers(self, step: Step) -> dict[str, str]:
        """Return the headers that ask for a listing only if it has changed, where that will do."""
        if not (self._keeps_validators(step) and self._session.trusts_known):
            return {}
        return conditional_headers(self.validators.usable(step.url))

    def _keeps_validators(self, step: Step) -> bool:
        """Not where "unchanged" would hide work that this crawl, or the next, has to do."""
        plain = not (self._plan.is_bounded or self._plan.recrawl or self._session.is_replay)
        return plain and step.can_be_conditional

    def follow(self, step: Step, found: Found, headers: Headers, now: datetime) -> Led:
        """Take in what a listing holds. now: time of its capture."""
        before = self.frontier.met
        links = found.links
        if self._plan.oldest_first and all(link.published_at for link in links):
            links = tuple(sorted(links, key=lambda link: link.published_at or now))
        admitted = self.frontier.admit(links)
        self._recorder.count(links=self.frontier.met - before)
        self._remember(step, found.links, now)
        asked = [item for item in admitted if item.state is State.ASK]
        for item in admitted:
            if step.chain:
                self._met.chains.setdefault(item.key, []).append(step.chain)
        for item in asked:
            self.validators.opens(item.key)
            if step.section:
                self._met.section_of[item.key] = step.section.slug
        if self._keeps_validators(step):
            self.validators.expect(step.url, headers, [item.key for item in admitted])
        further = self._children(step, found)
        following = self._following(step, admitted, found)
        if self._backfill is not None and not found.children:
            self._backfill.came(step, [item.key for item in admitted], following)
        return Led(tuple(asked), (*further, *([following] if following else [])))

    def is_past_the_end(self, step: Step) -> None:
        """Note that a listing's page holds nothing more."""
        if self._backfill is not None:
            self._backfill.came(step, (), None)

    def _following(self, step: Step, admitted: list[Admitted], found: Found) -> Step | None:
        if step.chain is None or not step.chain.should_continue(admitted):
            return None
        if self._backfill is not None:
            return self._backfill.following(step, found)
        return next_step(step, self._outlet, self._family, found)

    def _children(self, step: Step, found: Found) -> list[Step]:
        further = []
        most = _MAX_BACKFILLED if self._backfill else _MAX_SITEMAPS
        for child in child_steps(step, found.children, self._plan):
            if child.url in self._sitemaps or len(self._sitemaps) >= most:
                continue
            self._sitemaps.add(child.url)
            left: Step | None = child
            if self._backfill is not None:
                left = self._backfill.where_left(child) if self._backfill.holds(child) else None
            if left is not None:
                further.append(left)
        return further

    def _remember(self, step: Step, links: tuple[Link, ...], now: datetime) -> None:
        zone = ZoneInfo(self._outlet.timezone)
        period = child_period(step.url) if step.form == "sitemap" else None
        met = []
        for link in links:
            day = None
            if step.form == "sitemap":
                day = promised_day(link.published_at, period, zone)
            id_ = article_id(link.url, self._family)
            met.append(MetLink(canonical_url(link.url), id_, link.way, day))
        self._session.archive.links.record(self._outlet.slug, met, now)

    def addresses(self, key: str | None) -> list[str]:
        """Return every canonical URL that this run has met for an article."""
        return sorted(self.frontier.addresses.get(key, set())) if key else []

    def section_of(self, key: str | None) -> str | None:
        """Return the section in whose listing an article was met first, if in any."""
        return self._met.section_of.get(key) if key else None

    def settled(self, key: str, published_at: datetime | None, *, well: bool) -> None:
        """Note that an article is stored or refused; well: and need not be asked for again."""
        self.validators.resolve(key, well=well)
        if section := self._met.section_of.get(key):
            self._recorder.published(section, published_at)
        for chain in self._met.chains.get(key, []):
            chain.saw_article(published_at)

    def end_backfill(self) -> None:
        """Forget the backfill's progress: it is whole."""
        if self._backfill is not None:
            self._backfill.end()


def promised_day(
    published_at: datetime | None, period: tuple[date, date] | None, zone: ZoneInfo
) -> str:
    """Return the day, or else the month, that a sitemap promises an article for; "" for neither.

    period: what the sitemap's name speaks of. A date outside it is the time of a build.
    """
    day = published_at.astimezone(zone).date() if published_at else None
    if period is None:
        return day.isoformat() if day else ""
    first, after = period
    last = after - timedelta(days=1)
    if day is not None and first <= day <= last:
        return day.isoformat()
    if first == last:
        return first.isoformat()
    return first.isoformat()[:7] if first.isoformat()[:7] == last.isoformat()[:7] else ""
