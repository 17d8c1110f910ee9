"""Whether an answer without articles is a listing's end. Pure."""

import re

from crawler.discover.paging import paging_of
from crawler.families.base import Family
from crawler.fetch.spiders.listings.listing_requests import ListingRequest
from crawler.outlets.model import Outlet
from crawler.page.response import Page
from storage.model.articles import Refusal, RefusalReason

_TAGS = re.compile(rb"<[^>]*>")


def is_past_the_last(listing: ListingRequest, refusal: Refusal) -> bool:
    """True for what follows a listing's last page, and for a day without stories."""
    is_end = refusal.reason in {RefusalReason.EMPTY, RefusalReason.NOT_FOUND}
    return is_end and (listing.number > 1 or listing.day is not None)


def is_empty_sitemap(listing: ListingRequest, refusal: Refusal) -> bool:
    """True for a sitemap without an address: of a month that has just begun, or a broken one."""
    return refusal.reason is RefusalReason.EMPTY and listing.form == "sitemap"


def is_end_in_doubt(
    listing: ListingRequest, page: Page, refusal: Refusal, outlet: Outlet, family: Family
) -> bool:
    """True where a further page brought nothing after one with news, and might have.

    A maintenance page with status 200 has no article either. What the outlet's API or its own
    template shows without one is an end; so is any answer where the page before held only what is
    known, for then nothing is lost that the crawl before did not look for. An address that gives
    further items only, as lists load them, ends without a word.
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
    """True where a page links to another section, as the outlet's lists do; errors do not."""
    others = (section.path for section in outlet.sections if section != listing.section)
    paths = [path.rstrip("/") for path in others if path and path.strip("/")]
    if not paths:
        return False
    named = "|".join(map(re.escape, paths))
    host = f"(?:https?:)?//{re.escape(outlet.host)}"
    link = rf"""href\s*=\s*["']?(?:{host})?(?:{named})/?["'\s>]"""
    return re.search(link.encode(), page.body) is not None
