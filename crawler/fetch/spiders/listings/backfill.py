"""Backfills of a window of the past: the listings they begin with, and how they resume."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from crawler.discover import DiscoveryResult
from crawler.discover.paging import paging_of
from crawler.families.base import Family
from crawler.fetch.spiders.listings.frontier import Pagination
from crawler.fetch.spiders.listings.listing_requests import (
    ListingRequest,
    child_period,
    next_page_request,
    section_request,
    sitemap_requests,
)
from crawler.fetch.spiders.listings.pending_validators import PendingValidators
from crawler.fetch.spiders.plan import Plan
from crawler.outlets.model import Outlet
from storage.archive import Archive
from storage.model.links import Progress

_MAX_PAGES = 5_000  # of one listing: at 20 links a page, some 100,000 articles
_MAX_DAY_PAGES = 50
_INSTANT = timedelta(microseconds=1)  # a window's end is exclusive


def backfill_requests(outlet: Outlet, family: Family, plan: Plan) -> Iterator[ListingRequest]:
    """Yield the listings of a backfill: sitemaps, else day archives, else paging.

    Day archives are preferred to paging because they give the window directly: paging back a year
    requests every page of that year. Paging always begins with the newest.
    """
    since, until = plan.since, plan.until
    if since is None or until is None:
        return
    if outlet.sitemap:
        sitemaps = list(sitemap_requests(outlet, since, until - _INSTANT))
        yield from reversed(sitemaps) if plan.oldest_first else sitemaps
    elif family.day_archive:
        yield from _day_requests(outlet, family, plan)
    else:
        for section in plan.sections:
            pagination = Pagination(since, trusts_known=False, cap=_MAX_PAGES)
            first_page = section_request(outlet, section, family, pagination)
            if first_page is not None and first_page.pagination is not None:
                yield first_page


def _day_requests(outlet: Outlet, family: Family, plan: Plan) -> Iterator[ListingRequest]:
    first, last = _local_days(outlet, plan)
    days = [last - timedelta(days=n) for n in range((last - first).days + 1)]
    for day in reversed(days) if plan.oldest_first else days:
        for section in plan.sections:
            pagination = Pagination(None, trusts_known=False, cap=_MAX_DAY_PAGES)
            listing = ListingRequest("", "html", section, number=0, pagination=pagination, day=day)
            yield next_day_page(listing, outlet, family)


def _local_days(outlet: Outlet, plan: Plan) -> tuple[date, date]:
    """Return the window's first and last day in the outlet's time zone."""
    if plan.since is None or plan.until is None:
        raise ValueError("a backfill has a window")
    zone = ZoneInfo(outlet.timezone)
    return plan.since.astimezone(zone).date(), (plan.until - _INSTANT).astimezone(zone).date()


def next_day_page(listing: ListingRequest, outlet: Outlet, family: Family) -> ListingRequest:
    """Return the next page of a section's archive of one day."""
    paging = family.day_archive
    if paging is None or listing.section is None or listing.day is None:
        raise ValueError("no page of a day's archive")
    step = (outlet.page_size or paging.step) if paging.step > 1 else paging.step
    url = paging.template.format(
        host=outlet.host,
        path=listing.section.path.rstrip("/"),
        day=listing.day,
        page=paging.first + listing.number * step,
    )
    return replace(listing, url=url, number=listing.number + 1)


class Backfill:
    """One backfill's progress: done pages are not requested again, however the last run ended.

    The plan's window identifies the backfill: the same window resumes it. A page counts as done
    once everything that it and the pages before it link to is stored or finally refused.
    """

    def __init__(
        self,
        archive: Archive,
        outlet: Outlet,
        family: Family,
        plan: Plan,
        validators: PendingValidators,
    ):
        self._archive = archive
        self._outlet = outlet
        self._family = family
        self._plan = plan
        self._validators = validators
        self._window = window_of(plan)
        self._keys: dict[str, set[str]] = {}

    def requests(self) -> Iterator[ListingRequest]:
        """Yield the listings that are not done, each at its first page that is not."""
        for listing in backfill_requests(self._outlet, self._family, self._plan):
            page = self.resume(listing)
            if page is not None:
                yield page

    def resume(self, listing: ListingRequest) -> ListingRequest | None:
        """Return a listing's first page that is not done, None if all are."""
        listing = replace(listing, origin=listing.url)
        known = self._archive.links.progress(self._outlet.slug, self._window).get(listing.url)
        if known is None:
            return listing
        if known.next_url is None:
            return None
        form = listing.form
        if listing.section is not None and listing.day is None and known.number > 1:
            paging = paging_of(self._outlet, listing.section, self._family)
            form = paging.form if paging else form
        page = replace(listing, url=known.next_url, form=form)
        return replace(page, number=known.number, zone=known.zone)

    def overlaps_window(self, sitemap: ListingRequest) -> bool:
        """True if a sitemap can hold articles of the window, by the local days in its name."""
        period, (first, last) = child_period(sitemap.url), _local_days(self._outlet, self._plan)
        return period is None or (period[0] <= last and period[1] > first)

    def next_page(self, listing: ListingRequest, found: DiscoveryResult) -> ListingRequest | None:
        """Return a listing's next page, None if there is no way to page."""
        if listing.pagination is None:
            return None
        if listing.day is not None:
            return next_day_page(listing, self._outlet, self._family)
        return next_page_request(listing, self._outlet, self._family, found)

    def record_page(
        self, listing: ListingRequest, keys: Iterable[str], next_page: ListingRequest | None
    ) -> None:
        """Record a page's links; its progress is saved once all of them are resolved."""
        origin = listing.origin or listing.url
        pending = self._keys.setdefault(origin, set())
        pending.update(keys)
        progress = Progress(origin, None, listing.number)
        if next_page is not None:
            progress = Progress(origin, next_page.url, next_page.number, next_page.zone)

        def save() -> None:
            self._archive.links.save_progress(self._outlet.slug, self._window, progress)

        self._validators.defer(pending, save)

    def end(self) -> None:
        """Delete the progress of a complete backfill: the same window then starts over."""
        self._archive.links.end_progress(self._outlet.slug, self._window)


def window_of(plan: Plan) -> str:
    """Return what identifies a backfill's window: its bounds and sections."""
    sections = ",".join(section.slug for section in plan.sections)
    bounds = [moment.isoformat() if moment else "" for moment in (plan.since, plan.until)]
    return f"{bounds[0]}/{bounds[1]}/{sections}"
