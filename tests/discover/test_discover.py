"""Feeds, listings, paging answers and sitemaps → links."""

import gzip
import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.discover import Form, Link, discover
from crawler.discover.link import MAX_LINKS
from crawler.page.response import Page
from storage.model.articles import RefusalReason
from storage.model.json import LOCAL
from tests.support.discovering import FAMILY, NOW, OUTLET, find, item, rss


@pytest.mark.parametrize(
    ("printed", "hour"),
    [
        ("Mon, 14 Sep 2026 14:54:42 +07:00", "07:54:42"),
        ("Mon, 14 Sep 2026 14:54:42 +0700", "07:54:42"),
        ("Mon, 14 Sep 2026 14:54:42 +07", "07:54:42"),
        ("Mon, 14 Sep 2026 14:54:42 GMT+7", "07:54:42"),
        ("Mon, 14 Sep 26 14:54:42 +0700", "07:54:42"),
        ("Mon, 14 Sep 2026 07:54:42 GMT", "07:54:42"),
        ("9/14/2026 2:54:42 PM", "07:54:42"),
        ("2026-09-14T14:54:42", "07:54:42"),
        ("2026-09-14 14:54:42.000 +07:00", "07:54:42"),
    ],
)
def test_a_feed_s_dates(printed: str, hour: str) -> None:
    (link,) = find("feed", rss(item(printed))).links
    assert link == Link(
        "https://tienphong.vn/a-post1.tpo",
        "feed",
        datetime.fromisoformat(f"2026-09-14T{hour}+00:00"),
        "A",
    )


@pytest.mark.parametrize(
    "printed", ["", "hôm qua", "Tue, 15 Sep 2026 12:00:00 +0000", "99/99/9999"]
)
def test_no_date_and_a_date_in_the_future_are_none(printed: str) -> None:
    (link,) = find("feed", rss(item(printed))).links
    assert link.published_at is None


@pytest.mark.parametrize("zone", ["GMT", "+0000", "EST"])
def test_local_time_with_a_false_zone_is_read_in_the_outlet_s(zone: str) -> None:
    printed = f"{NOW.astimezone(LOCAL) - timedelta(minutes=20):%a, %d %b %Y %H:%M:00} {zone}"
    (link,) = find("feed", rss(item(printed))).links
    assert link.published_at == NOW - timedelta(minutes=20)


def test_a_feed_s_traps() -> None:
    cdata = "<![CDATA[ https://tienphong.vn/b-post2.tpo?a=1&b=2#c ]]>"
    bom = b"\xef\xbb\xbf"
    lies = '<?xml version="1.0" encoding="utf-16"?>'
    text = rss(
        item(title="Tin &nbsp; <![CDATA[A &amp; B]]> đường"),
        item(link=cdata),
        item(link="https://elsewhere.vn/c-post3.tpo"),
        item(link="https://tienphong.vn/xa-hoi/"),
        item(link="https://tienphong.vn/other-slug-post1.tpo"),
        "<item><guid>https://tienphong.vn/d-post4.tpo</guid></item>",
        "<item><title>nothing</title></item>",
        head=lies,
    )
    found = find("feed", bom + text.encode())
    assert [link.url for link in found.links] == [
        "https://tienphong.vn/a-post1.tpo",
        "https://tienphong.vn/b-post2.tpo?a=1&b=2",
        "https://tienphong.vn/d-post4.tpo",
    ]
    assert found.foreign == 1
    assert "đường" in (found.links[0].title or "")


def test_utf_16_and_atom() -> None:
    atom = (
        '<?xml version="1.0" encoding="utf-16"?><feed xmlns="http://www.w3.org/2005/Atom"><entry>'
        '<title>Ấ</title><link rel="self" href="/x"/><link href="/a-post1.tpo"/>'
        "<updated>2026-09-14T14:54:42+07:00</updated></entry></feed>"
    )
    (link,) = find("feed", atom.encode("utf-16")).links
    assert (link.url, link.title) == ("https://tienphong.vn/a-post1.tpo", "Ấ")
    assert link.published_at == datetime(2026, 9, 14, 7, 54, 42, tzinfo=UTC)


BOMB = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("form", "body", "reason"),
    [
        ("feed", "", RefusalReason.EMPTY),
        ("feed", rss(), RefusalReason.EMPTY),
        ("feed", rss(item(link="https://elsewhere.vn/a-post1.tpo")), RefusalReason.EMPTY),
        ("feed", "<!DOCTYPE html><html>Trang chủ</html>", RefusalReason.MALFORMED),
        ("feed", "<html><title>Just a moment...</title></html>", RefusalReason.BLOCKED),
        ("feed", rss(item(title="&b;"), head=BOMB), RefusalReason.MALFORMED),
        ("feed", rss(item(title="&a;"), head=OUTSIDE), RefusalReason.MALFORMED),
        ("feed", "{}", RefusalReason.MALFORMED),
        ("feed", "<urlset/>", RefusalReason.MALFORMED),
        ("sitemap", rss(item()), RefusalReason.MALFORMED),
        ("sitemap", "<urlset/>", RefusalReason.EMPTY),
        ("sitemap", b"\x1f\x8bjunk", RefusalReason.MALFORMED),
        ("html", " ", RefusalReason.EMPTY),
        ("html", "<a href='/xa-hoi/'>x</a>", RefusalReason.EMPTY),
        ("html", '<script>document.cookie="D1N=1"</script>', RefusalReason.BLOCKED),
        ("epi-json", "<html>Just a moment</html>", RefusalReason.BLOCKED),
        ("epi-json", "nonsense", RefusalReason.MALFORMED),
        ("epi-json", b"\xff\xfe", RefusalReason.MALFORMED),
        ("epi-json", "[" * 100_000, RefusalReason.MALFORMED),
        ("epi-json", '{"data": []}', RefusalReason.MALFORMED),
        ("epi-json", '{"data": {"contents": []}}', RefusalReason.EMPTY),
    ],
)
def test_what_is_no_listing_is_refused_by_name(
    form: Form, body: str | bytes, reason: RefusalReason
) -> None:
    found = find(form, body)
    assert (found.links, found.children, found.reason) == ((), (), reason)
    assert found.evidence
    assert "\n" not in found.evidence


def test_a_document_over_the_bound_is_refused_without_unpacking_it_all() -> None:
    body = gzip.compress(b"<urlset>" + b" " * 60_000_000)
    assert find("sitemap", body).reason is RefusalReason.TOO_LARGE


def test_a_section_page() -> None:
    page = """<html><head><base href="https://tienphong.vn/"></head><body>
      <a href="/a-post1.amp">nhanh</a> <a href="a-post1.tpo" title="Tin  một">…</a>
      <a href="https://m.tienphong.vn/b-post2.tpo?utm_source=x#c">Tin <b>hai</b></a>
      <a href="https://facebook.com/share?u=https://tienphong.vn/b-post2.tpo">f</a>
      <a href="mailto:a@b.vn">m</a> <a href="http://[">x</a> <a>y</a> <a href="#">z</a>
      <a href="/chu-de-tag12.html">tag</a> <a href="//tienphong.vn/c-post3.tpo"></a></body>"""
    found = find("html", page)
    assert found.links == (
        Link(
            "https://tienphong.vn/a-post1.tpo",
            "listing",
            None,
            "nhanh",
            ("https://tienphong.vn/a-post1.amp",),
        ),
        Link("https://m.tienphong.vn/b-post2.tpo?utm_source=x", "listing", None, "Tin hai"),
        Link("https://tienphong.vn/c-post3.tpo", "listing", None, None),
    )
    assert found.foreign == 1


def test_a_hundred_thousand_links_are_bounded() -> None:
    page = "".join(f'<a href="/a-post{n}.tpo">t</a>' for n in range(100_000))
    found = find("html", page)
    assert (len(found.links), found.dropped) == (MAX_LINKS, 100_000 - MAX_LINKS)


def test_the_paging_api() -> None:
    contents = [
        {"url": "/a-post1.tpo", "date": 1_789_372_482, "title": "A"},
        {"url": "https://tienphong.vn/b-post2.tpo", "date": "1789372482"},
        {"url": "https://tienphong.vn/c-post3.tpo", "date": 10**18, "title": 3},
        {"url": None}, {"title": "x"}, "x", {"url": "/xa-hoi/"},
    ]  # fmt: skip
    body = json.dumps({"data": {"contents": contents}})
    found = find("epi-json", body, "https://api.tienphong.vn/api/morenews-zone-2-1.html?phrase=")
    date = datetime.fromtimestamp(1_789_372_482, UTC)
    assert found.links == (
        Link("https://tienphong.vn/a-post1.tpo", "api", date, "A"),
        Link("https://tienphong.vn/b-post2.tpo", "api", date),
        Link("https://tienphong.vn/c-post3.tpo", "api"),
    )


def test_a_news_sitemap() -> None:
    body = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
      xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url>
      <loc> https://tienphong.vn/a-post1.tpo </loc><lastmod>2026-09-14T20:00:00+07:00</lastmod>
      <news:news><news:publication_date>2026-09-14T14:54:42+07:00</news:publication_date>
      <news:title>A</news:title></news:news></url>
      <url><loc>https://tienphong.vn/b-post2.tpo</loc><lastmod>2026-09-14</lastmod></url>
      <url/></urlset>"""
    first, second = find("sitemap", gzip.compress(body.encode())).links
    assert (first.published_at, first.title) == (
        NOW - timedelta(hours=16, minutes=5, seconds=18),
        "A",
    )
    assert second.published_at == datetime(2026, 9, 13, 17, tzinfo=UTC)


def test_a_sitemap_index_loses_itself_and_other_hosts() -> None:
    entries = "".join(
        f"<sitemap><loc>{url}</loc><lastmod>2026-09-01T00:00:00+07:00</lastmod></sitemap>"
        for url in (
            "https://tienphong.vn/sitemap.xml",
            "http://www.tienphong.vn/sitemap.xml#x",
            "https://tienphong.vn/sitemaps/news-2026-9.xml",
            "https://tienphong.vn/sitemaps/news-2026-9.xml",
            "https://elsewhere.vn/s.xml",
        )
    )
    found = find(
        "sitemap", f"<sitemapindex>{entries}</sitemapindex>", "https://tienphong.vn/sitemap.xml"
    )
    (child,) = found.children
    assert child.url == "https://tienphong.vn/sitemaps/news-2026-9.xml"
    assert child.modified_at == datetime(2026, 8, 31, 17, tzinfo=UTC)
    assert found.foreign == 1
    alone = "<sitemapindex><sitemap><loc>https://tienphong.vn/x/</loc></sitemap></sitemapindex>"
    assert find("sitemap", alone).reason is RefusalReason.EMPTY


FORMS: list[Form] = ["feed", "html", "epi-json", "onecms-json", "sitemap"]
PIECES = st.sampled_from(
    ["<rss>", "<item>", "<link>", "</item>", "<urlset>", "<url>", "<loc>", "<sitemapindex>",
     "https://tienphong.vn/a-post1.tpo", "<a href='", "'>", "&", "&a;", "]]>", "<![CDATA[", "\0",
     '{"data":{"contents":[', "]}}", "<?xml version='1.0' encoding='x'?>", "ộ", "<pubDate>9/9/26"]
)  # fmt: skip


@given(
    st.sampled_from(FORMS),
    st.one_of(st.binary(), st.lists(PIECES).map(lambda p: "".join(p).encode())),
)
def test_any_bytes_give_links_or_a_reason(form: Form, body: bytes) -> None:
    found = find(form, body)
    assert bool(found.links or found.children) != (found.reason is not None)
    assert all(link.url.startswith(("http://", "https://")) for link in found.links)


CORPUS = Path(os.environ.get("TINQUAN_SHARED", "../shared")) / "corpus"


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no real pages at {CORPUS}; set TINQUAN_SHARED")
@pytest.mark.parametrize("name", ["tienphong_1", "tienphong_2"])
def test_a_real_page_s_links(name: str) -> None:
    """Every article address that stands in an anchor, found by another way, is among the links."""
    body = (CORPUS / "pages" / f"{name}.html").read_bytes()
    anchors = re.findall(
        rb'<a\s(?:[^>]*?\s)?href="(https://tienphong\.vn/[^"]*-post(\d+)\.tpo)', body
    )
    found = discover("html", Page("https://tienphong.vn/", body, NOW), OUTLET, FAMILY)
    ids = {link.url.rsplit("-post", 1)[1].removesuffix(".tpo") for link in found.links}
    assert ids == {number.decode() for _, number in anchors}
    assert len(ids) > 20
