"""Parses RSS and Atom feeds into article links."""

from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from lxml import etree

from crawler.discover.collect import collect
from crawler.discover.link import DiscoveryResult, Link, refused
from crawler.discover.xmldoc import MAX_FEED_BYTES, child_text, local_name, parse_xml
from crawler.families.base import Family
from crawler.outlets.model import Outlet
from crawler.page.dates import parse_as_given
from crawler.page.response import Page
from crawler.page.urls import absolute_url, canonical_url
from storage.model.articles import RefusalReason
from storage.text.normalize import fold


def feed_links(page: Page, outlet: Outlet, family: Family) -> DiscoveryResult:
    """Return the article links of a feed, in its order.

    Refused with a reason: HTML instead of XML, a challenge page, XML that declares entities, a
    feed without items or without articles of the outlet (wrong feed addresses return either with
    status 200), and another section's feed (ePi returns one for a wrong section number).
    """
    document = parse_xml(page.body, MAX_FEED_BYTES)
    if isinstance(document, DiscoveryResult):
        return document
    root = document.root
    if local_name(root) not in {"rss", "rdf", "feed"}:
        return refused(RefusalReason.MALFORMED, f"no feed: its root is {local_name(root)[:50]!r}")
    if mismatch := _section_mismatch(root, page.url, outlet):
        return refused(RefusalReason.MALFORMED, mismatch)
    items = [item for item in root.iter(etree.Element) if local_name(item) in {"item", "entry"}]
    if not items:
        return document.with_cut(refused(RefusalReason.EMPTY, "a feed without items"))
    links = _links(items, page.url, outlet)
    return document.with_cut(collect(links, outlet, family, page.fetched_at))


def _links(items: list[etree._Element], base: str, outlet: Outlet) -> Iterator[Link]:
    zone = ZoneInfo(outlet.timezone)
    for item in items:
        href = child_text(item, "link") or _atom_link(item) or _permalink(item)
        url = absolute_url(base, _unescape(href)) if href else None
        if url:
            printed = child_text(item, "pubdate", "published", "date", "updated")
            published_at = parse_as_given(printed, zone=zone) if printed else None
            yield Link(url, "feed", published_at, _unescape(child_text(item, "title") or ""))


def _unescape(text: str) -> str:
    """Return text without entities: XML keeps those inside CDATA; some are escaped twice."""
    return unescape(unescape(text)) if "&" in text else text


def _atom_link(item: etree._Element) -> str | None:
    for child in item:
        if local_name(child) == "link" and child.get("rel", "alternate") == "alternate":
            return child.get("href")
    return None


def _permalink(item: etree._Element) -> str | None:
    guid = child_text(item, "guid")
    return guid if guid and guid.startswith(("http://", "https://")) else None


def _section_mismatch(root: etree._Element, url: str, outlet: Outlet) -> str | None:
    """Return the evidence that a feed is another section's; None if it is not.

    Its title or address must name another section and not the requested one: many feeds carry the
    outlet's name, or an address that all of them share.
    """
    home = f"https://{outlet.host}/"
    feeds = {section.slug: canonical_url(urljoin(home, section.feed)) for section in outlet.sections
             if section.feed}  # fmt: skip
    section = next((s for s in outlet.sections if feeds.get(s.slug) == canonical_url(url)), None)
    if section is None:
        return None
    channel = next((child for child in root if local_name(child) == "channel"), root)
    title = fold(child_text(channel, "title") or "")
    own = {canonical_url(urljoin(url, link)) for link in _own_links(channel)}
    for other in outlet.sections:
        if other is section or fold(other.name) in fold(section.name):
            continue
        by_title = fold(other.name) in title and fold(section.name) not in title
        by_link = feeds.get(other.slug) in own and feeds[section.slug] not in own
        if by_title or by_link:
            return f"the feed of another section: asked for {section.slug}, it is {other.slug}'s"
    return None


def _own_links(channel: etree._Element) -> Iterator[str]:
    for child in channel:
        if local_name(child) == "link":
            yield from filter(None, (child.get("href"), child.text and child.text.strip()))
