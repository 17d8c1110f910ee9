"""Parses sitemaps and sitemap indexes into article links, or further sitemaps."""

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from lxml import etree

from crawler.discover.collect import collect
from crawler.discover.link import MAX_SITEMAP_LINKS, Child, DiscoveryResult, Link, refused
from crawler.discover.xmldoc import child_text, local_name, parse_xml
from crawler.families.base import Family
from crawler.outlets.model import Outlet
from crawler.page.dates import parse_as_given, parse_date
from crawler.page.response import Page
from crawler.page.urls import absolute_url, canonical_url, is_on
from storage.model.articles import RefusalReason

_DAY = re.compile(r"\s*\d{4}-\d{1,2}-\d{1,2}\s*")


def sitemap_links(page: Page, outlet: Outlet, family: Family) -> DiscoveryResult:
    """Return the article links of a sitemap, or the children of a sitemap index.

    A link's date is the news extension's publication date, else lastmod (which may be the time of
    a later build, but is never before the publication). Children that are the index itself, or on
    another host, are left out.
    """
    document = parse_xml(page.body)
    if isinstance(document, DiscoveryResult):
        return document
    root = document.root
    zone = ZoneInfo(outlet.timezone)
    if local_name(root) == "sitemapindex":
        return document.with_cut(_index(root, page.url, outlet, zone))
    if local_name(root) != "urlset":
        name = local_name(root)[:50]
        return refused(RefusalReason.MALFORMED, f"no sitemap: its root is {name!r}")
    links, limit = _links(root, page.url, zone), MAX_SITEMAP_LINKS
    return document.with_cut(collect(links, outlet, family, page.fetched_at, max_links=limit))


def _links(root: etree._Element, base: str, zone: ZoneInfo) -> Iterator[Link]:
    for entry in root:
        href = child_text(entry, "loc") if local_name(entry) == "url" else None
        url = absolute_url(base, href) if href else None
        if url:
            news = next((child for child in entry if local_name(child) == "news"), None)
            printed = child_text(news, "publication_date") if news is not None else None
            title = child_text(news, "title") if news is not None else None
            printed = printed or child_text(entry, "lastmod")
            published_at = parse_as_given(printed, zone=zone) if printed else None
            yield Link(url, "sitemap", published_at, title, is_day=_is_day(printed))


def _is_day(printed: str | None) -> bool:
    return printed is not None and _DAY.fullmatch(printed) is not None


def _index(root: etree._Element, base: str, outlet: Outlet, zone: ZoneInfo) -> DiscoveryResult:
    itself = canonical_url(base)
    children: dict[str, Child] = {}
    foreign = dropped = 0
    for entry in root:
        href = child_text(entry, "loc") if local_name(entry) == "sitemap" else None
        url = absolute_url(base, href) if href else None
        if url is None or canonical_url(url) == itself:
            continue
        if not is_on(url, outlet.hosts):
            foreign += 1
        elif len(children) >= MAX_SITEMAP_LINKS:
            dropped += 1
        else:
            printed = child_text(entry, "lastmod")
            modified_at = parse_date(printed, zone=zone) if printed else None
            child = Child(url, modified_at, is_day=_is_day(printed))
            children.setdefault(canonical_url(url), child)
    if not children:
        return refused(RefusalReason.EMPTY, "a sitemap index without sitemaps of its own host")
    return DiscoveryResult(children=tuple(children.values()), foreign=foreign, dropped=dropped)
