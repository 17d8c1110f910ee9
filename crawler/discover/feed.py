"""RSS and Atom feeds → article links."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from lxml import etree

from crawler.dates import parse_date
from crawler.discover.collect import collect
from crawler.discover.link import Found, Link, refused
from crawler.discover.xmldoc import child_text, local_name, parse_xml
from crawler.families.base import Family
from crawler.outlets import Outlet
from crawler.page import Page
from crawler.urls import absolute_url
from storage.model import RefusalReason


def feed_links(page: Page, outlet: Outlet, family: Family) -> Found:
    """Return the article links of a feed, in its order.

    Refused by name: HTML instead of XML, a challenge, XML with entities, a feed without items
    or without any article of the outlet (a wrong address of a feed answers 200 with either).
    """
    root = parse_xml(page.body)
    if isinstance(root, Found):
        return root
    if local_name(root) not in {"rss", "rdf", "feed"}:
        return refused(RefusalReason.MALFORMED, f"no feed: its root is {local_name(root)[:50]!r}")
    items = [item for item in root.iter(etree.Element) if local_name(item) in {"item", "entry"}]
    if not items:
        return refused(RefusalReason.EMPTY, "a feed without items")
    return collect(_links(items, page.url, outlet), outlet, family, page.fetched_at)


def _links(items: list[etree._Element], base: str, outlet: Outlet) -> Iterator[Link]:
    zone = ZoneInfo(outlet.timezone)
    for item in items:
        href = child_text(item, "link") or _atom_link(item) or _permalink(item)
        url = absolute_url(base, href) if href else None
        if url:
            printed = child_text(item, "pubdate", "published", "date", "updated")
            published_at = parse_date(printed, zone=zone) if printed else None
            yield Link(url, "feed", published_at, child_text(item, "title"))


def _atom_link(item: etree._Element) -> str | None:
    for child in item:
        if local_name(child) == "link" and child.get("rel", "alternate") == "alternate":
            return child.get("href")
    return None


def _permalink(item: etree._Element) -> str | None:
    guid = child_text(item, "guid")
    return guid if guid and guid.startswith(("http://", "https://")) else None
