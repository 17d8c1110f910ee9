"""Decides whether a response without articles is a listing's end. Pure."""

import re

from crawler.discover.paging import paging_of
from crawler.families.base import Family
from crawler.fetch.spiders.listings.listing_requests import ListingRequest
from crawler.outlets.model import Outlet
from crawler.page.response import Page
from storage.model.articles import Refusal, RefusalReason

_TAGS = re.compile(rb"<[^>]*>")


def is_past_the_last(listing: ListingRequest, refusal: Refusal) -> bool:
    """True for a page after a listing's last one, and for a day without stories."""
    is_end = refusal.reason in {RefusalReason.EMPTY, RefusalReason.NOT_FOUND}
    return is_end and (listing.number > 1 or listing.day is not None)


def is_empty_sitemap(listing: ListingRequest, refusal: Refusal) -> bool:
    """True for a sitemap without addresses: of a month that has just begun, or a broken one."""
    return refusal.reason is RefusalReason.EMPTY and listing.form == "sitemap"


def is_end_in_doubt(
    listing: ListingRequest, page: Page, refusal: Refusal, outlet: Outlet, family: Family
) -> bool:
    """True if a further page has no articles after one with news, but may be no real end.

    A maintenance page with status 200 has no articles either. A page of the outlet's API or of
    its own template that has none is an end. So is any response after a page without news: the
    crawl before has already requested what follows. A URL that returns bare list items for
    infinite scrolling ends with an empty body.
    """
    if listing.number == 1 or listing.pagination is None or not listing.pagination.had_news:
        return False
    if refusal.reason is not RefusalReason.EMPTY:
        return True
    if listing.form != "html" or _has_menu(page, listing, outlet):
        return False
    paging = paging_of(outlet, listing.section, family) if listing.section else None
    loads_items = paging is not None and paging.loads_items
    return not (loads_items and not _TAGS.sub(b"", page.body).strip())


def _has_menu(page: Page, listing: ListingRequest, outlet: Outlet) -> bool:
    """True if a page links to another section, as the outlet's listings do and errors do not."""
    others = (section.path for section in outlet.sections if section != listing.section)
    paths = [path.rstrip("/") for path in others if path and path.strip("/")]
    if not paths:
        return False
    named = "|".join(map(re.escape, paths))
    host = f"(?:https?:)?//{re.escape(outlet.host)}"
    link = rf"""href\s*=\s*["']?(?:{host})?(?:{named})/?["'\s>]"""
    return re.search(link.encode(), page.body) is not None
