"""Paging APIs → article links.

ePi: `data.contents[]` holds content_id, title, date (epoch seconds) and url (relative on some
outlets): read from public code that uses it on PLO, Tiền Phong and SGGP, 2025-2026.
OneCMS: objects with LinktoMe2, TitleIcon16 and TimeX2 (local time without a zone): read from
public code that uses it on Hànộimới, 2026. What wraps them is not known: they are looked for.
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

_MAX_THINGS = 100_000  # JSON values looked at in one answer


def epi_links(page: Page, outlet: Outlet, family: Family) -> DiscoveryResult:
    """Return the article links of one page of ePi's API; an empty list is the end (EMPTY)."""
    answer = _parsed(page)
    if isinstance(answer, DiscoveryResult):
        return answer
    data = answer.get("data") if isinstance(answer, dict) else None
    contents = data.get("contents") if isinstance(data, dict) else None
    if not isinstance(contents, list):
        return refused(RefusalReason.MALFORMED, "JSON without data.contents[]")
    if not contents:
        return refused(RefusalReason.EMPTY, "no more contents")
    names = ("url", "date", "title")
    return collect(_links(contents, outlet, names), outlet, family, page.fetched_at)


def onecms_links(page: Page, outlet: Outlet, family: Family) -> DiscoveryResult:
    """Return the article links of one answer of OneCMS's getMoreArticle; none is the end."""
    answer = _parsed(page)
    if isinstance(answer, DiscoveryResult):
        return answer
    names = ("LinktoMe2", "TimeX2", "TitleIcon16")
    contents = _holding(answer, "LinktoMe2")
    if not contents:
        return refused(RefusalReason.EMPTY, "no more articles: no LinktoMe2 in the answer")
    return collect(_links(contents, outlet, names), outlet, family, page.fetched_at)


def _parsed(page: Page) -> Any:
    """Return the JSON of an answer, or the named reason why there is none."""
    try:
        return json.loads(page.body)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        blocked = is_challenge(page.body)
        reason = RefusalReason.BLOCKED if blocked else RefusalReason.MALFORMED
        return refused(reason, f"not JSON: {str(error)[:100]!r}")


def _holding(answer: Any, key: str) -> list[Any]:
    """Return the objects that have `key`, wherever they stand, in their order."""
    found, things = [], deque([answer])
    for _ in range(_MAX_THINGS):
        if not things:
            break
        thing = things.popleft()
        if isinstance(thing, dict) and key in thing:
            found.append(thing)
        elif isinstance(thing, dict | list):
            inner = thing.values() if isinstance(thing, dict) else thing
            things.extendleft(reversed(list(inner)))
    return found


def _links(contents: list[Any], outlet: Outlet, names: tuple[str, str, str]) -> Iterator[Link]:
    zone = ZoneInfo(outlet.timezone)
    for item in contents:
        href, date, title = (
            (item.get(name) for name in names) if isinstance(item, dict) else (None, None, None)
        )
        # The API lives on a host of its own; a relative address means the outlet's.
        url = absolute_url(f"https://{outlet.host}/", href) if isinstance(href, str) else None
        if url:
            printed = str(date) if isinstance(date, str | int) else ""
            title = title if isinstance(title, str) else None
            yield Link(url, "api", parse_as_given(printed, zone=zone), title)
