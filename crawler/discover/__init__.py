"""Parses a listing's response into article links. Pure: bytes in, values out."""

from typing import Literal

from crawler.discover.api import epi_links, onecms_links
from crawler.discover.feed import feed_links
from crawler.discover.link import Child, DiscoveryResult, Link, LinkSource
from crawler.discover.listing import page_links
from crawler.discover.sitemap import sitemap_links
from crawler.discover.xmldoc import CUT_SHORT
from crawler.families.base import Family
from crawler.outlets.model import Outlet
from crawler.page.response import Page

Form = Literal["feed", "html", "epi-json", "onecms-json", "sitemap"]
_READERS = {
    "feed": feed_links,
    "html": page_links,
    "epi-json": epi_links,
    "onecms-json": onecms_links,
    "sitemap": sitemap_links,
}

__all__ = ["CUT_SHORT", "Child", "DiscoveryResult", "Form", "Link", "LinkSource", "discover"]


def discover(form: Form, page: Page, outlet: Outlet, family: Family) -> DiscoveryResult:
    """Return the links in a response of the given form, or the reason why there are none."""
    return _READERS[form](page, outlet, family)
