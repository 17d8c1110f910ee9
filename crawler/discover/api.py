"""Parses the responses of paging APIs into article links.

ePi: `data.contents[]` holds content_id, title, date (epoch seconds) and url (relative on some
outlets); source: public code that uses it on PLO, Tiền Phong and SGGP, 2025-2026.
OneCMS: objects with LinktoMe2, TitleIcon16 and TimeX2 (local time without a zone); source: public
code that uses it on Hànộimới, 2026. Their place in the JSON is not known, so all of it is searched.
"""

import json
from collections import deque
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from crawler.discover.collect import collect
from crawler.discover.link import DiscoveryResult, Link, refused
from crawler.discover.xmldoc import is_challenge
from crawler.families.base import Family
from crawler.outlets.model import Outlet
from crawler.page.dates import parse_as_given
from crawler.page.response import Page
from crawler.page.urls import absolute_url
from storage.model.articles import RefusalReason

_MAX_VALUES = 100_000  # JSON values searched in one response


def epi_links(page: Page, outlet: Outlet, family: Family) -> DiscoveryResult:
    """Return the article links of one page of ePi's API; an empty list is the end (EMPTY)."""
    content = _parse(page)
    if isinstance(content, DiscoveryResult):
        return content
    data = content.get("data") if isinstance(content, dict) else None
    contents = data.get("contents") if isinstance(data, dict) else None
    if not isinstance(contents, list):
        return refused(RefusalReason.MALFORMED, "JSON without data.contents[]")
    if not contents:
        return refused(RefusalReason.EMPTY, "no more contents")
    names = ("url", "date", "title")
    return collect(_links(contents, outlet, names), outlet, family, page.fetched_at)


def onecms_links(page: Page, outlet: Outlet, family: Family) -> DiscoveryResult:
    """Return the article links of one response of OneCMS's getMoreArticle; none is the end."""
    content = _parse(page)
    if isinstance(content, DiscoveryResult):
        return content
    names = ("LinktoMe2", "TimeX2", "TitleIcon16")
    contents = _objects_with(content, "LinktoMe2")
    if not contents:
        return refused(RefusalReason.EMPTY, "no more articles: no LinktoMe2 in the answer")
    return collect(_links(contents, outlet, names), outlet, family, page.fetched_at)


def _parse(page: Page) -> Any:
    """Return a response's JSON, or a DiscoveryResult with the reason why there is none."""
    try:
        return json.loads(page.body)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        is_blocked = is_challenge(page.body)
        reason = RefusalReason.BLOCKED if is_blocked else RefusalReason.MALFORMED
        return refused(reason, f"not JSON: {str(error)[:100]!r}")


def _objects_with(content: Any, key: str) -> list[Any]:
    """Return the JSON objects that have `key`, at any depth, in document order."""
    objects, queue = [], deque([content])
    for _ in range(_MAX_VALUES):
        if not queue:
            break
        value = queue.popleft()
        if isinstance(value, dict) and key in value:
            objects.append(value)
        elif isinstance(value, dict | list):
            children = value.values() if isinstance(value, dict) else value
            queue.extendleft(reversed(list(children)))
    return objects


def _links(contents: list[Any], outlet: Outlet, names: tuple[str, str, str]) -> Iterator[Link]:
    zone = ZoneInfo(outlet.timezone)
    for item in contents:
        href, date, title = (
            (item.get(name) for name in names) if isinstance(item, dict) else (None, None, None)
        )
        # The API has a host of its own; relative addresses are the outlet's.
        url = absolute_url(f"https://{outlet.host}/", href) if isinstance(href, str) else None
        if url:
            printed = str(date) if isinstance(date, str | int) else ""
            title = title if isinstance(title, str) else None
            yield Link(url, "api", parse_as_given(printed, zone=zone), title)
