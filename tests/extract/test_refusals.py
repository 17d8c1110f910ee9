"""Pages that are no articles, each refused by its name; photo stories are articles."""

import json
from datetime import UTC, datetime

import pytest

from crawler.extract import extract
from crawler.extract.refusals import live_evidence, moved_evidence, other_page, page_kind
from crawler.families import FAMILIES
from crawler.outlets.model import Outlet, parse_outlet
from crawler.page.response import Page
from storage.model.articles import Article, Refusal, RefusalReason

FETCHED = datetime(2026, 11, 20, tzinfo=UTC)
TEXT = "<p>Một đoạn văn đủ dài về cây cầu gỗ mới bắc qua con mương cuối làng không có thật.</p>" * 6
BODIES = {
    "epi": '<h1 class="cms-title">Cây cầu gỗ cuối làng mới</h1><div class="cms-body">{}</div>',
    "mastercms": '<h1>Cây cầu gỗ cuối làng mới</h1><div class="__MASTERCMS_CONTENT">{}</div>',
    "vccorp": '<input id="hdZoneId" value="1"><h1 data-role="title">Cây cầu gỗ cuối làng</h1>'
    '<div data-role="content" itemprop="articleBody">{}</div>',
    "onecms": '<h1 class="block-sc-title">Cây cầu gỗ cuối làng</h1>'
    '<div class="c-news-detail"><div class="b-maincontent"><div class="entry">{}</div></div></div>',
    "laodong": '<h1 class="title">Cây cầu gỗ cuối làng</h1><div class="art-body">{}</div>',
    "vnexpress": '<h1>Cây cầu gỗ cuối làng</h1><article class="fck_detail">{}</article>',
    "dantri": '<h1>Cây cầu gỗ cuối làng</h1><div class="singular-content">{}</div>dantri.com.vn',
}
HOSTS = {"dantri": "dantri.com.vn", "laodong": "laodong.vn", "vnexpress": "vnexpress.net"}


def outlet_of(family: str) -> Outlet:
    host = HOSTS.get(family, "thu.vn")
    text = (
        f'name = "Thử"\nfamily = "{family}"\ndomains = [{{ host = "{host}" }}]\n'
        'sections = [{ slug = "xa-hoi", name = "Xã hội", path = "/xa-hoi/duong-dai-1234.html" }]\n'
    )
    return parse_outlet(text, "thu.toml", frozenset({family}))


def read(family: str, path: str, body: str = TEXT, head: str = "") -> Article | Refusal:
    outlet = outlet_of(family)
    html = f"<!DOCTYPE html><html><head>{head}</head><body>{BODIES[family].format(body)}</body>"
    return extract(Page(f"https://{outlet.host}{path}", html.encode(), FETCHED), outlet)


@pytest.mark.parametrize(
    ("family", "path", "name"),
    [
        ("epi", "/cau-go-tag123.html", "tag page"),
        ("epi", "/topic/cau-go-post1.html", "topic page"),
        ("mastercms", "/tag/cau-go-123.tag", "tag page"),
        ("mastercms", "/dan-sinh&s_cond=&BRSR=15", "listing page"),
        ("mastercms", "/apicenter@/print_article&i=210001", "print copy"),
        ("mastercms", "/cau-go.media", "media page"),
        ("vccorp", "/chu-de/cau-go-276.htm", "topic page"),
        ("vccorp", "/timelinelist/185/2.htm", "listing page"),
        ("vccorp", "/podcast/cau-go-185261104081522345.htm", "podcast page"),
        ("vccorp", "/tac-gia/ai-do-185261104081522345.htm", "author page"),
        ("onecms", "/hai-ba-trung-event379.html", "event page"),
        ("onecms", "/cau-go-ptag.html", "tag page"),
        ("onecms", "/print/731520.html", "print copy"),
        ("laodong", "/event/cau-go-1835.ldo", "event page"),
        ("laodong", "/podcast/cau-go-1659901.ldo", "podcast page"),
        ("vnexpress", "/topic/ha-noi-26482", "topic page"),
        ("vnexpress", "/thoi-su-p2", "listing page"),
        ("dantri", "/su-kien/cau-go-20261104081522345.htm", "topic page"),
        ("epi", "/xa-hoi/duong-dai-1234.html", "section page"),
    ],
)
def test_family_rules_name_what_is_no_article(family: str, path: str, name: str) -> None:
    """Though the page carries a whole article's markup and text."""
    refusal = read(family, path)
    assert isinstance(refusal, Refusal), refusal
    assert (refusal.reason, refusal.evidence) == (
        RefusalReason.NOT_ARTICLE,
        f"{name}: {path!r}",
    )


@pytest.mark.parametrize(
    ("family", "path"),
    [
        ("vccorp", "/video/cau-go-185261104081522345.htm"),
        ("laodong", "/video/cau-go-1659901.ldo"),
        ("laodong", "/video-thoi-su/cau-go-1659901.ldo"),
        ("dantri", "/video/cau-go-187975.htm"),
    ],
)
def test_pages_of_films_are_refused_as_such(family: str, path: str) -> None:
    refusal = read(family, path)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.VIDEO
    assert refusal.evidence.startswith("video page")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "home page"),
        ("/tags/cau-go", "tag page"),
        ("/su-kien/cau-go.html", "event page"),
        ("/chu-de/cau-go.html", "topic page"),
        ("/tac-gia/ai-do.html", "author page"),
        ("/tim-kiem", "search page"),
        ("/podcast", "podcast page"),
        ("/photo", "picture index"),
        ("/anh/", "picture index"),
        ("/infographics.html", "picture index"),
        ("/e-magazine.htm", "longform index"),
        ("/longform", "longform index"),
        ("/xa-hoi/trang-2.html", "listing page"),
        ("/video/cau-go-1.html", "video page"),
        ("/photo/cau-go-1650001.ldo", None),
        ("/e-magazine/cau-go-1234567.html", None),
        ("/cau-go-chu-dep-1234567.html", None),
    ],
)
def test_words_that_all_outlets_share_name_a_page(path: str, name: str | None) -> None:
    assert page_kind(path) == name


def test_an_address_of_an_article_has_no_other_name() -> None:
    outlet = outlet_of("epi")
    assert other_page("https://thu.vn/cau-go-post1.html", FAMILIES["epi"], outlet) is None
    assert other_page("https://thu.vn/", FAMILIES["epi"], outlet) is None


CARDS = "".join(f'<li><a href="/tin-{n}-post{n}.html">Một tin ngắn</a></li>' for n in range(30))


@pytest.mark.parametrize(
    ("path", "html", "reason", "words"),
    [
        ("/", f"<h1>Báo Thử</h1><ul>{CARDS}</ul>", RefusalReason.NOT_ARTICLE, "home page"),
        ("/photo", f"<ul>{CARDS}</ul>", RefusalReason.NOT_ARTICLE, "picture index"),
        ("/longform", f"<ul>{CARDS}</ul>", RefusalReason.NOT_ARTICLE, "longform index"),
        (
            "/emagazine/cau-go-post9.html",
            "<h1>Cây cầu gỗ cuối làng mới bắc</h1><img src='1.jpg'><img src='2.jpg'>",
            RefusalReason.NOT_ARTICLE,
            "longform without text",
        ),
        (
            "/cau-go-post9.html",
            '<script type="application/ld+json">{"@type": "PodcastEpisode", "name": "x"}</script>'
            "<h1>Nghe đài</h1><audio></audio>",
            RefusalReason.NOT_ARTICLE,
            "podcast page",
        ),
        (
            "/cau-go-post9.html",
            '<meta http-equiv="refresh" content="0; url=https://moi.vn/cau-go-9.html">',
            RefusalReason.MOVED,
            "sends on to https://moi.vn/cau-go-9.html",
        ),
        (
            "/cau-go-post9.html",
            "<script>window.location.href = '/xa-hoi/';</script><p>…</p>",
            RefusalReason.MOVED,
            "sends on to https://thu.vn/xa-hoi/",
        ),
        (
            "/cau-go-post9.html",
            "<h1>Thông báo</h1><p>Bài viết bạn tìm đã được chuyển sang trang mới.</p>",
            RefusalReason.MOVED,
            "says 'Bài viết bạn tìm đã được chuyển sang'",
        ),
        (
            "/cau-go-post9.html",
            "<title>404</title><h1>Không tìm thấy trang</h1><p>Nội dung không tồn tại.</p>",
            RefusalReason.NOT_FOUND,
            "says",
        ),
    ],
)
def test_pages_say_themselves_what_they_are(
    path: str, html: str, reason: RefusalReason, words: str
) -> None:
    page = Page(f"https://thu.vn{path}", f"<html><body>{html}</body></html>".encode(), FETCHED)
    refusal = extract(page, outlet_of("epi"))
    assert isinstance(refusal, Refusal), refusal
    assert refusal.reason is reason
    assert words in refusal.evidence


def test_a_reload_and_a_script_of_a_long_page_are_no_move() -> None:
    url = "https://plo.vn/cau-go-post9.html"
    assert (
        moved_evidence(url, '<meta http-equiv="refresh" content="1800;url=https://plo.vn/">')
        is None
    )
    assert moved_evidence(url, f'<meta http-equiv="refresh" content="0;url={url}">') is None
    assert moved_evidence(url, "<script>location.href='/dang-nhap'</script>" + "x" * 5_000) is None
    assert moved_evidence(url, "<script>location.href='javascript:void(0)'</script>") is None
    article = read("epi", "/cau-go-post9.html", head='<meta http-equiv="refresh" content="1800">')
    assert isinstance(article, Article)


@pytest.mark.parametrize(
    ("end", "is_live"),
    [
        (None, True),
        ("2026-11-20T12:00:00+07:00", True),
        ("2026-11-19T12:00:00+07:00", False),
        ("xong", True),
    ],
)
def test_a_live_page_is_refused_until_it_has_ended(end: str | None, is_live: bool) -> None:
    described = {"@type": "LiveBlogPosting", "headline": "Cầu gỗ", "coverageEndTime": end}
    script = f'<script type="application/ld+json">{json.dumps(described)}</script>'
    result = read("epi", "/cau-go-post9.html", head=script)
    if is_live:
        assert isinstance(result, Refusal)
        assert result.reason is RefusalReason.LIVE
        assert not result.reason.is_final, "asked again when it has ended"
    else:
        assert isinstance(result, Article)
    assert live_evidence({"@type": "NewsArticle"}, FETCHED) is None


def test_a_photo_story_is_an_article_whose_captions_are_kept() -> None:
    figures = "".join(
        f'<figure><img src="/anh-{n}.jpg"><figcaption>Ảnh thứ {n}: thợ mộc đặt ván lên dầm cầu '
        "trong buổi sáng có sương.</figcaption></figure>"
        for n in range(8)
    )
    intro = "<p>Tám tấm ảnh chụp trong một tuần dựng cầu.</p>"
    article = read("epi", "/photo/cau-go-post9.html", intro + figures)
    assert isinstance(article, Article)
    assert article.kind == "photo"
    assert [image.caption for image in article.images if image.caption][7].startswith("Ảnh thứ 7")
