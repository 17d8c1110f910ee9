"""Feeds that lie, documents without measure, and the paging API of OneCMS."""

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from crawler.discover import DiscoveryResult, discover
from crawler.families import FAMILIES, FAMILY_NAMES
from crawler.outlets.model import parse_outlet
from crawler.page.response import Page
from storage.model.articles import RefusalReason
from tests.support.discovering import FAMILY, NOW, OUTLET, find, item, rss

TWO = parse_outlet(
    'name = "T"\nfamily = "epi"\n[[domains]]\nhost = "tienphong.vn"\n'
    '[[sections]]\nslug = "the-gioi"\nname = "Thế giới"\nfeed = "/rss/the-gioi-12.rss"\n'
    '[[sections]]\nslug = "phap-luat"\nname = "Pháp luật"\nfeed = "/rss/phap-luat-5.rss"\n',
    "tienphong.toml",
    FAMILY_NAMES,
)


@pytest.mark.parametrize(
    ("head", "is_another"),
    [
        ("<title>Pháp luật - Tiền Phong</title>", True),
        ("<title><![CDATA[ PHÁP LUẬT ]]></title>", True),
        ("<title>Tiền Phong</title><link>https://tienphong.vn/rss/phap-luat-5.rss</link>", True),
        ("<title>Thế giới - Tiền Phong</title>", False),
        ("<title>Thế giới, Pháp luật</title>", False),
        ("<title>Tiền Phong</title><link>https://tienphong.vn/feed</link>", False),
        ("<link>https://www.tienphong.vn/rss/the-gioi-12.rss</link>", False),
        ("", False),
    ],
)
def test_a_wrong_zone_that_answers_with_another_feed_is_refused(
    head: str, *, is_another: bool
) -> None:
    page = Page("https://tienphong.vn/rss/the-gioi-12.rss", rss(head, item()).encode(), NOW)
    found = discover("feed", page, TWO, FAMILY)
    if is_another:
        assert (found.links, found.reason) == ((), RefusalReason.MALFORMED)
        assert found.evidence == (
            "the feed of another section: asked for the-gioi, it is phap-luat's"
        )
    else:
        assert len(found.links) == 1
    elsewhere = Page("https://tienphong.vn/rss/khac-1.rss", page.body, NOW)
    assert discover("feed", elsewhere, TWO, FAMILY).links, "of this feed nothing is known"


def test_entities_inside_cdata_are_read() -> None:
    link = "<![CDATA[https://tienphong.vn/a-post1.tpo?a=1&amp;b=2]]>"
    title = "<![CDATA[ Xóm &amp;apos;Đất Bắc&amp;apos; &#273;&oacute;n khách ]]>"
    (found,) = find("feed", rss(item(link=link, title=title))).links
    assert found.url == "https://tienphong.vn/a-post1.tpo?a=1&b=2"
    assert found.title == "Xóm 'Đất Bắc' đón khách"


@pytest.mark.parametrize("packed", [False, True])
def test_a_feed_of_fifty_megabytes_is_refused_by_name(*, packed: bool) -> None:
    body = b"<rss><channel>" + item().encode() * 540_000
    assert len(body) > 50_000_000
    found = find("feed", gzip.compress(body, 1) if packed else body)
    assert (found.links, found.reason) == ((), RefusalReason.TOO_LARGE)
    assert "bytes" in found.evidence


def test_a_section_page_tells_its_number() -> None:
    button = '<a href="/a-post1.tpo">a</a><button class="control__loadmore" data-zone="{}">'
    assert find("html", button.format(242)).zone == 242
    for no_number in ("", "0", "2x", "²", "9" * 40):
        assert find("html", button.format(no_number)).zone is None


ONECMS = FAMILIES["onecms"]


def onecms(body: object) -> DiscoveryResult:
    url = "https://tienphong.vn/api/getMoreArticle/24h_empty_731520_0_0"
    return discover("onecms-json", Page(url, json.dumps(body).encode(), NOW), OUTLET, ONECMS)


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: {"Data": x}, lambda x: {"a": {"b": x}}])
def test_onecms_s_paging_api_whatever_wraps_its_articles(wrap: Any) -> None:
    contents = [
        {"LinktoMe2": "/mot-731519.html", "TitleIcon16": "Một", "TimeX2": "2026-09-14T14:54:42"},
        {"LinktoMe2": "/hai-ba-trung-event379.html", "TitleIcon16": "Sự kiện"},
        {"LinktoMe2": "/hai-731518.html", "TimeX2": "hôm qua"},
        {"LinktoMe2": None},
    ]
    first, second = onecms(wrap(contents)).links
    assert (first.url, first.title, first.source) == (
        "https://tienphong.vn/mot-731519.html",
        "Một",
        "api",
    )
    assert first.published_at == datetime(2026, 9, 14, 7, 54, 42, tzinfo=UTC)
    assert (second.url, second.published_at) == ("https://tienphong.vn/hai-731518.html", None)


def test_onecms_s_end_and_junk_are_named() -> None:
    assert onecms([]).reason is RefusalReason.EMPTY
    assert onecms({"Data": None}).reason is RefusalReason.EMPTY
    assert find("onecms-json", "<html>").reason is RefusalReason.MALFORMED


def test_sitemaps_by_month_day_and_shard_are_read_alike() -> None:
    for path in ("news-2026-9.xml", "2026-09-14.xml", "sitemaps-2026-9-11-15.xml"):
        loc = "<url><loc>/a-post1.tpo</loc><lastmod>2027-01-01</lastmod></url>"
        url = f"https://tienphong.vn/sitemaps/{path}"
        (link,) = find("sitemap", f"<urlset>{loc}</urlset>", url).links
        assert (link.url, link.published_at) == ("https://tienphong.vn/a-post1.tpo", None)
