"""Helpers for tests of discovery: parse a listing, build a feed."""

from datetime import UTC, datetime

from crawler.discover import DiscoveryResult, Form, discover
from crawler.families import FAMILIES, FAMILY_NAMES
from crawler.outlets.model import parse_outlet
from crawler.page.response import Page

NOW = datetime(2026, 9, 15, tzinfo=UTC)


FAMILY = FAMILIES["epi"]


OUTLET = parse_outlet(
    'name = "T"\nfamily = "epi"\n[[domains]]\nhost = "tienphong.vn"\n'
    '[[sections]]\nslug = "x"\nname = "X"\npath = "/x/"\n',
    "tienphong.toml",
    FAMILY_NAMES,
)


def find(form: Form, body: bytes | str, url: str = "https://tienphong.vn/x/") -> DiscoveryResult:
    data = body.encode() if isinstance(body, str) else body
    return discover(form, Page(url, data, NOW), OUTLET, FAMILY)


def item(date: str = "", link: str = "https://tienphong.vn/a-post1.tpo", title: str = "A") -> str:
    return f"<item><title>{title}</title><link>{link}</link><pubDate>{date}</pubDate></item>"


def rss(*items: str, head: str = "") -> str:
    return f'{head}<rss version="2.0"><channel>{"".join(items)}</channel></rss>'
