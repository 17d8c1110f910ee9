"""Real listings and feeds (in TINQUAN_SHARED) against what a person saw on them.

tests/listings/seen.json holds, for each page, the numbers of the articles that its visible blocks
link to, and addresses on it that lead to sections, tags, events, films and further pages. It was
made by block, by eye, without the code that is tested here. "elsewhere" are stories of another
edition on a host of its own (VnExpress in English), which is no host of the outlet.
"""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from crawler.discover import DiscoveryResult, Form, discover
from crawler.families import FAMILIES, FAMILY_NAMES
from crawler.outlets.model import load_outlets, outlet_of_host
from crawler.page.response import Page
from crawler.page.urls import article_id
from tests.support.corpus import shared
from tests.support.paths import TESTS

SEEN: dict[str, Any] = json.loads((TESTS / "listings/seen.json").read_text("utf-8"))
OUTLETS = load_outlets(Path("config/outlets"), FAMILY_NAMES)
FETCHED = datetime(2026, 11, 20, tzinfo=UTC)

pytestmark = pytest.mark.corpus


def found_on(name: str, form: Form, url: str) -> DiscoveryResult:
    outlet = outlet_of_host(OUTLETS, urlsplit(url).hostname or "")
    assert outlet, url
    folder = "listings" if form == "html" else "feeds"
    page = Page(url, (shared("corpus") / folder / name).read_bytes(), FETCHED)
    return discover(form, page, outlet, FAMILIES[outlet.family])


@pytest.mark.parametrize("name", sorted(SEEN))
def test_every_article_that_a_person_sees_is_found_and_nothing_else(name: str) -> None:
    seen = SEEN[name]
    found = found_on(name, "html" if name.endswith(".html") else "feed", seen["url"])
    numbers = [re.findall(r"(\d+)\.\w+$", urlsplit(link.url).path) for link in found.links]
    assert sorted(number for each in numbers for number in each) == seen["articles"]
    assert all(numbers), "each article of these outlets carries its number"
    assert found.foreign >= len(seen.get("elsewhere", ()))
    assert not {urlsplit(link.url).path.lstrip("/") for link in found.links} & set(seen["others"])


@pytest.mark.parametrize("name", sorted(name for name in SEEN if name.endswith(".html")))
def test_no_address_of_another_page_is_taken_for_an_article(name: str) -> None:
    outlet = outlet_of_host(OUTLETS, urlsplit(SEEN[name]["url"]).hostname or "")
    assert outlet
    for path in SEEN[name]["others"]:
        assert article_id(f"https://{outlet.host}/{path}", FAMILIES[outlet.family]) is None, path


def test_a_feed_s_items_are_dated() -> None:
    found = found_on("vnexpress_3.rss.xml", "feed", SEEN["vnexpress_3.rss.xml"]["url"])
    assert found.links[0].published_at == datetime(2026, 7, 12, 0, 14, 25, tzinfo=UTC)
    assert all(link.published_at for link in found.links)


def test_a_sitemap_index_names_its_shards() -> None:
    found = found_on("tuoitre_6.sitemap.xml", "sitemap", "https://tuoitre.vn/sitemaps/index.rss")
    assert [urlsplit(child.url).path for child in found.children] == [
        "/sitemaps/category.rss",
        "/StaticSitemaps/sitemaps-2026-7-16-20.xml",
        "/StaticSitemaps/sitemaps-2011-1-1-5.xml",
    ]


@pytest.mark.parametrize(
    ("name", "zone"),
    [("nld.com.vn_01.html", 1961014), ("baochinhphu.vn_02.html", 1021119)],
)
def test_a_section_page_tells_its_zone(name: str, zone: int) -> None:
    assert found_on(name, "html", SEEN[name]["url"]).zone == zone
