"""Finds article links on a site of unknown platform, by what articles' URLs usually look like."""

import re
from dataclasses import replace

from crawler.discover.link import DiscoveryResult
from crawler.discover.listing import page_links
from crawler.families.base import Family
from crawler.outlets.model import Outlet
from crawler.page.response import Page

# A slug of at least three words and a number, or of seven words, is an article's. Sections have
# shorter names; URLs of tags and events often say so. Spaces before or after a headline leave a
# dash there (Báo Cần Thơ).
_ARTICLE = re.compile(
    r"(?P<id>/(?:[\w.-]+/)*"
    r"-?(?:(?:[a-z0-9]+-+){3,}(?:post|ar|a|d|c|i)?\d{4,}|(?:[a-z0-9]+-+){6,}[a-z0-9]+"
    r"|(?:[a-z0-9]+-+){2,}[a-z0-9]+[./-](?:post|ar|a|d)?\d{4,})"
    r"(?:\.(?:s?html?|htm|amp|chn|tpo|vnp|antd|vov|aspx|ldo))?)/?$"
)
_OTHER = re.compile(
    r"/(?:tags?|events?|topics?|chu-de|su-kien|tac-gia|author|video|podcast|rss|search|tim-kiem|page)/"
    r"|-(?:event|tag|e)\d+\.|ptag\.html|\.tag$|/trang-?\d+",
    re.IGNORECASE,
)


def guessed_links(page: Page, outlet: Outlet, family: Family) -> DiscoveryResult:
    """Return the links of a page that look like articles of its own host, in page order."""
    found = page_links(page, outlet, replace(family, article_url=_ARTICLE))
    links = tuple(link for link in found.links if not _OTHER.search(link.url))
    return replace(found, links=links)
