"""Parses HTML listings (section pages, topic pages, their further pages) into article links."""

import re
from collections.abc import Iterator
from dataclasses import replace

from selectolax.lexbor import LexborHTMLParser

from crawler.discover.collect import collect
from crawler.discover.link import DiscoveryResult, Link, refused
from crawler.families.base import Family
from crawler.outlets.model import Outlet
from crawler.page.challenges import challenge_evidence
from crawler.page.response import Page
from crawler.page.urls import absolute_url
from storage.model.articles import RefusalReason


def page_links(page: Page, outlet: Outlet, family: Family) -> DiscoveryResult:
    """Return the article links among all anchors of a page, in page order.

    Every anchor counts: lead stories, lists and "most read" boxes have different classes in every
    theme, but the form of a family's article URLs is stable. A challenge page is refused as
    BLOCKED. It takes quadratic time on hostile markup: call it in a process that can be killed.
    """
    if not page.body.strip():
        return refused(RefusalReason.EMPTY, "an empty answer")
    tree = LexborHTMLParser(page.body)
    found = collect(_links(tree, page.url), outlet, family, page.fetched_at)
    found = replace(found, zone=_zone(tree, family))
    if found.reason is not None and (
        evidence := challenge_evidence(page.body.decode("utf-8", "replace"))
    ):
        return refused(RefusalReason.BLOCKED, evidence)
    return found


def _zone(tree: LexborHTMLParser, family: Family) -> int | None:
    """Return the section's number, which the family's paging needs, if its page gives it."""
    if family.zone is None:
        return None
    selector, attribute = family.zone
    node = tree.css_first(selector)
    value = (node.attributes.get(attribute) or "").strip() if node is not None else ""
    return int(value) if re.fullmatch(r"[0-9]{1,12}", value) and int(value) else None


def _links(tree: LexborHTMLParser, page_url: str) -> Iterator[Link]:
    base = tree.css_first("base[href]")
    base_url = (base.attributes.get("href") if base else None) or ""
    start = absolute_url(page_url, base_url) or page_url
    for anchor in tree.css("a[href]"):
        url = absolute_url(start, anchor.attributes.get("href") or "")
        if url:
            title = anchor.attributes.get("title") or anchor.text()
            yield Link(url, "listing", None, title)
