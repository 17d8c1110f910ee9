"""The listings that a plan requests, and the address of a listing's next page. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from crawler.discover import Child, DiscoveryResult, Form
from crawler.discover.paging import page_url, paging_of
from crawler.families.base import Family, Paging
from crawler.fetch.spiders.listings.frontier import Pagination
from crawler.fetch.spiders.plan import Plan
from crawler.outlets.model import Outlet, Section
from crawler.page.urls import article_id

_MAX_PAGES = 10  # of one listing, in an unbounded crawl: some 200 articles
_MAX_PAGES_SINCE = 200  # of one listing, with `since`, which usually ends it earlier
_MAX_MONTHS = 240
_YEAR_FIRST = re.compile(
    r"(?<!\d)(?P<y>20\d{2})-(?P<m>\d{1,2})(?:-(?P<d1>\d{1,2})(?:-(?P<d2>\d{1,2}))?)?(?!\d)"
)
_MONTH_FIRST = re.compile(r"(?<!\d)(?P<m>\d{1,2})-(?P<y>20\d{2})(?!\d)")
MAX_DEPTH = 5
"""The most sitemap indexes nested in each other; the protocol allows one."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ListingRequest:
    """One listing to request.

    section: None for sitemaps. number: the page, from 1. pagination: decides on further pages;
    None if there are none. depth: the number of sitemap indexes above it; index: the URL of the
    nearest. day: the only day whose articles it lists. origin: the URL at which a backfill's
    listing begins. zone: the section's number in the CMS, as the first page gives it.
    """

    url: str
    form: Form
    section: Section | None = None
    number: int = 1
    pagination: Pagination | None = None
    depth: int = 0
    index: str = ""
    day: date | None = None
    origin: str = ""
    zone: int | None = None

    @property
    def can_be_conditional(self) -> bool:
        """True for feeds and first section pages, which change whenever an article is added."""
        return self.number == 1 and self.form in {"feed", "html"}


def first_requests(
    outlet: Outlet, plan: Plan, family: Family, now: datetime, *, trusts_known: bool
) -> Iterator[ListingRequest]:
    """Yield the listings of a plan: each section's feed and page, then sitemaps.

    Sitemaps have no sections and list the whole outlet: only plans with `sitemaps` use them.
    now: UTC. trusts_known: see Pagination.
    """
    cap = _MAX_PAGES if plan.since is None else _MAX_PAGES_SINCE
    for section in plan.sections:
        if section.feed:
            yield ListingRequest(urljoin(f"https://{outlet.host}/", section.feed), "feed", section)
        pagination = Pagination(plan.since, trusts_known, cap)
        if first_page := section_request(outlet, section, family, pagination):
            yield first_page
    if outlet.sitemap and plan.since and plan.sitemaps:
        yield from sitemap_requests(outlet, plan.since, plan.until or now)


def section_request(
    outlet: Outlet, section: Section, family: Family, pagination: Pagination
) -> ListingRequest | None:
    """Return the first page of a section's listing, None if its address is not known.

    It has no pagination if neither outlet nor family says how to page.
    """
    paging = paging_of(outlet, section, family)
    first = ListingRequest("", "html", section, pagination=pagination if paging else None)
    if section.path:
        return replace(first, url=f"https://{outlet.host}{section.path}")
    return next_page_request(first, outlet, family)  # by the section's number in the CMS


def next_page_request(
    listing: ListingRequest, outlet: Outlet, family: Family, found: DiscoveryResult | None = None
) -> ListingRequest | None:
    """Return the next page of a listing, None if there is no way to page.

    found: the links of the page before; it may give the section's number and its last article.
    """
    if listing.section is None or listing.pagination is None:
        return None
    paging = paging_of(outlet, listing.section, family)
    if paging is None:
        return None
    last = article_id(found.links[-1].url, family) if found and found.links else None
    zone = listing.zone or (found.zone if found else None)
    number = _page_number(paging, outlet, listing.number)
    url = page_url(paging, outlet, listing.section, number, zone, last)
    if url is None:
        return None
    # An API or a separate list starts over with the articles that the section's page has shown.
    starts_over = listing.number == 1 and "{last}" not in paging.template and paging.first <= 1
    pagination = listing.pagination.reset() if starts_over else listing.pagination
    return replace(
        listing,
        url=url,
        form=paging.form,
        number=listing.number + 1,
        pagination=pagination,
        zone=zone,
    )


def _page_number(paging: Paging, outlet: Outlet, before: int) -> int:
    """Return the value of {page} after `before` pages; offsets use the outlet's page size."""
    if paging.step == 1:
        return paging.first + before - 1
    size = outlet.page_size or paging.step
    return size * before


def sitemap_requests(outlet: Outlet, since: datetime, until: datetime) -> Iterator[ListingRequest]:
    """Yield the sitemaps of the periods from `since` to `until`, newest first."""
    if outlet.sitemap is None:
        return
    zone = ZoneInfo(outlet.timezone)
    day, first = until.astimezone(zone).date(), since.astimezone(zone).date()
    seen: set[str] = set()
    for _ in range(_MAX_MONTHS * 31):
        if day < first:
            break
        path = outlet.sitemap.template.format(year=day.year, month=day.month, day=day.day)
        if path not in seen:
            seen.add(path)
            yield ListingRequest(f"https://{outlet.host}{path}", "sitemap")
        day -= timedelta(days=1)


def child_requests(
    listing: ListingRequest, children: tuple[Child, ...], plan: Plan, today: date
) -> list[ListingRequest]:
    """Return the sitemaps of an index that can hold articles of a plan's window, in plan order.

    The period in a child's name decides if there is one; else lastmod does, unless all children
    have the same: some outlets give every child one date, years ago. A child with neither is
    requested, and so is one that was changed within the window, whatever its name. today: UTC; if
    names give months after it, their numbers count parts and are no periods.
    """
    if listing.depth >= MAX_DEPTH:
        return []
    dated = [(child_period(child.url), child) for child in children]
    are_parts = any(period and period[0] > today + _DAY for period, _ in dated)
    times = [child.modified_at for child in children if child.modified_at]
    uses_lastmod = bool(times) and max(times) - min(times) >= _DAY
    wanted = [
        (period, child)
        for period, child in dated
        if _can_hold(None if are_parts else period, child, plan, uses_lastmod=uses_lastmod)
        or (period and _overlaps(period, plan))
    ]
    wanted.sort(key=lambda pair: _newness(*pair), reverse=not plan.oldest_first)
    further = replace(listing, depth=listing.depth + 1, index=listing.url)
    return [replace(further, url=child.url) for _, child in wanted]


def child_period(url: str) -> tuple[date, date] | None:
    """Return the first day, and the day after the last, of the period in a sitemap's name.

    Forms seen: `sitemaps-2026-7-16-20.xml`, `news-2026-9.xml`, `sitemap-article-08-2026.xml`,
    `2026-09-14.xml`.
    """
    name = url.rsplit("/", 1)[-1]
    match = _YEAR_FIRST.search(name) or _MONTH_FIRST.search(name)
    if match is None:
        return None
    part = {key: int(value) for key, value in match.groupdict().items() if value}
    try:
        first = date(part["y"], part["m"], part.get("d1", 1))
        if "d1" not in part:
            return first, (first + timedelta(days=31)).replace(day=1)
        last = first.replace(day=part.get("d2", part["d1"]))
    except ValueError:
        return None
    return first, last + timedelta(days=1)


def _can_hold(
    period: tuple[date, date] | None, child: Child, plan: Plan, *, uses_lastmod: bool
) -> bool:
    """True if a child can hold articles of the window. uses_lastmod: the index's are meaningful."""
    modified_at = child.modified_before if uses_lastmod else None
    is_early = modified_at is not None and plan.since is not None and modified_at < plan.since
    if period is None:
        return not is_early
    if _overlaps(period, plan):
        return True
    is_late = modified_at is not None and plan.until is not None and modified_at >= plan.until
    return modified_at is not None and not (is_early or is_late)


def _overlaps(period: tuple[date, date], plan: Plan) -> bool:
    """True if a period overlaps the window, give or take a day: names give local days, not UTC."""
    is_late = plan.until is not None and period[0] > plan.until.date() + _DAY
    return not is_late and not (plan.since is not None and period[1] < plan.since.date() - _DAY)


def _newness(period: tuple[date, date] | None, child: Child) -> tuple[int, float]:
    if period is not None:
        return period[1].toordinal(), 0.0
    return 0, child.modified_at.timestamp() if child.modified_at else 0.0


def promised_day(
    published_at: datetime | None, period: tuple[date, date] | None, zone: ZoneInfo
) -> str:
    """Return the day, or else the month, that a sitemap promises an article for; "" for neither.

    period: the one in the sitemap's name. A date outside it is the time of the sitemap's build.
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
