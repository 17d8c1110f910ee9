"""ePi's paging API → article links.

`data.contents[]` holds content_id, title, date (epoch seconds) and url (relative on some
outlets): read from public code that uses it on PLO, Tiền Phong and SGGP, 2025-2026.
"""

import json
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from crawler.dates import parse_date
from crawler.discover.collect import collect
from crawler.discover.link import Found, Link, refused
from crawler.discover.xmldoc import is_challenge
from crawler.families.base import Family
from crawler.outlets import Outlet
from crawler.page import Page
from crawler.urls import absolute_url
from storage.model import RefusalReason


def epi_links(page: Page, outlet: Outlet, family: Family) -> Found:
    """Return the article links of one page of the API; an empty list is the end (EMPTY)."""
    try:
        answer: Any = json.loads(page.body)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        blocked = is_challenge(page.body)
        reason = RefusalReason.BLOCKED if blocked else RefusalReason.MALFORMED
        return refused(reason, f"not JSON: {str(error)[:100]!r}")
    data = answer.get("data") if isinstance(answer, dict) else None
    contents = data.get("contents") if isinstance(data, dict) else None
    if not isinstance(contents, list):
        return refused(RefusalReason.MALFORMED, "JSON without data.contents[]")
    if not contents:
        return refused(RefusalReason.EMPTY, "no more contents")
    return collect(_links(contents, outlet), outlet, family, page.fetched_at)


def _links(contents: list[Any], outlet: Outlet) -> Iterator[Link]:
    zone = ZoneInfo(outlet.timezone)
    for item in contents:
        href = item.get("url") if isinstance(item, dict) else None
        # The API lives on a host of its own; a relative address means the outlet's.
        url = absolute_url(f"https://{outlet.host}/", href) if isinstance(href, str) else None
        if url:
            title, date = item.get("title"), item.get("date")
            printed = str(date) if isinstance(date, str | int) else ""
            title = title if isinstance(title, str) else None
            yield Link(url, "api", parse_date(printed, zone=zone), title)
