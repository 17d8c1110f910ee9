"""Reduces raw links to an outlet's article links: deduplicated, bounded, in the given order."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from crawler.discover.link import MAX_COPIES, MAX_LINKS, MAX_TITLE, DiscoveryResult, Link
from crawler.families.base import Family
from crawler.outlets.model import Outlet
from crawler.page.dates import not_after
from crawler.page.urls import article_id, is_on
from storage.model.articles import RefusalReason
from storage.text.normalize import normalize

_SKEW = timedelta(minutes=10)  # a feed's clock may run ahead of ours by this much


def collect(
    links: Iterable[Link],
    outlet: Outlet,
    family: Family,
    now: datetime,
    *,
    max_links: int = MAX_LINKS,
) -> DiscoveryResult:
    """Return the article links on the outlet's own hosts among `links`, each article once.

    An article's first link gives its position; a date or title that only a later one has is kept,
    and an AMP copy's address is replaced by the page's own. A date after `now` is read again in
    the outlet's time zone, and dropped if it is still in the future. max_links: further links are
    only counted.
    """
    best: dict[str, Link] = {}
    foreign = dropped = 0
    for link in links:
        if len(best) >= max_links:  # only counted: a hostile page has any number
            dropped += 1
        elif not is_on(link.url, outlet.hosts):
            foreign += 1
        elif (key := article_id(link.url, family)) is not None:
            best[key] = _merge(best[key], link) if key in best else link
    latest, zone = now + _SKEW, ZoneInfo(outlet.timezone)
    found = tuple(_clean(link, latest, zone) for link in best.values())
    empty = None if found else RefusalReason.EMPTY
    evidence = "" if found else f"no article link ({foreign} on other hosts)"
    return DiscoveryResult(found, (), empty, evidence, foreign, dropped)


def _merge(first: Link, second: Link) -> Link:
    swap = _is_amp(first.url) and not _is_amp(second.url)
    url, copy = (second.url, first.url) if swap else (first.url, second.url)
    new_copies = () if copy in {url, *first.copies} else (copy,)
    return replace(
        first,
        url=url,
        copies=(*first.copies, *new_copies)[:MAX_COPIES],
        published_at=first.published_at or second.published_at,
        title=first.title or second.title,
    )


def _is_amp(url: str) -> bool:
    return url.endswith(".amp") or "/amp/" in url or "://amp." in url


def _clean(link: Link, latest: datetime, zone: ZoneInfo) -> Link:
    title = " ".join(normalize(link.title).split())[:MAX_TITLE] if link.title else None
    published_at = not_after(link.published_at, latest, zone) if link.published_at else None
    return replace(link, published_at=published_at, title=title or None)
