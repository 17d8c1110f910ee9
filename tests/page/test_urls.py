"""Canonical URLs and the outlet's own ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.families import FAMILIES
from crawler.page.urls import absolute_url, article_id, article_key, bare_host, canonical_url, is_on

EPI, MASTER = FAMILIES["epi"], FAMILIES["mastercms"]


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("HTTP://WWW.Tienphong.VN", "https://tienphong.vn/"),
        ("http://tienphong.vn:80/a/#top", "https://tienphong.vn/a/"),
        ("https://tienphong.vn:443/A-post1.tpo", "https://tienphong.vn/A-post1.tpo"),
        ("https://tienphong.vn:8443/a", "https://tienphong.vn:8443/a"),
        ("https://m.cafef.vn/a-1.chn", "https://cafef.vn/a-1.chn"),
        ("https://m.www.amp.laodong.vn./a", "https://laodong.vn/a"),
        ("https://m.vn/a", "https://m.vn/a"),
        ("https://user:secret@plo.vn/a", "https://plo.vn/a"),
        ("//plo.vn/a", "https://plo.vn/a"),
        ("https://plo.vn/a?utm_source=x&utm_new=1&fbclid=2&id=3", "https://plo.vn/a?id=3"),
        ("https://plo.vn/a?b=1&a=2", "https://plo.vn/a?a=2&b=1"),
        (
            "https://baoquocte.vn/the-gioi&s_cond=&BRSR=15",
            "https://baoquocte.vn/the-gioi&s_cond=&BRSR=15",
        ),
        ("https://báo.vn/tin", "https://xn--bo-mia.vn/tin"),
        ("https://plo.vn/tin-tức-post1.html", "https://plo.vn/tin-t%E1%BB%A9c-post1.html"),
        ("http://[2001:db8::1]/a", "https://[2001:db8::1]/a"),
        ("javascript:void(0)", "javascript:void(0)"),
        (" mailto:a@b.vn ", "mailto:a@b.vn"),
        ("http://[::1", "http://[::1"),
        ("https://a.vn:99999/x", "https://a.vn:99999/x"),
        ("", ""),
    ],
)
def test_canonical_form(given_url: str, expected: str) -> None:
    assert canonical_url(given_url) == expected


PARTS = st.sampled_from(
    ["http:", "https:", "//", "/", "www.", "m.", "amp.", "a", ".vn", ":80", ":8080", "?", "&", "=",
     "utm_source=x", "#", "%", "%2F", "%zz", "[", "]", "@", " ", "ộ", "\x00", "\ud800", ";", "..",
     "-post1.tpo", "\\", "\n", "xn--", "١"]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(PARTS, max_size=14).map("".join)))
def test_junk_never_raises_and_the_form_is_stable(text: str) -> None:
    once = canonical_url(text)
    assert canonical_url(once) == once
    article_id(text, EPI)
    article_key(text, MASTER)
    absolute_url("https://plo.vn/a", text)
    is_on(text, ["plo.vn"])
    assert bare_host(bare_host(text)) == bare_host(text)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://tienphong.vn/a-b-post1832551.tpo", "1832551"),
        ("https://tienphong.vn/a-b-post1832551.tpo?gidzl=x#box", "1832551"),
        ("https://plo.vn/a-post874982.amp", "874982"),
        ("https://plo.vn/share874982.html", "874982"),
        ("https://m.plo.vn/other-slug-post874982.html", "874982"),
        ("https://tienphong.vn/chu-de-tag12.html", None),
        ("https://tienphong.vn/xa-hoi/", None),
        ("http://[::1", None),
    ],
)
def test_ids_of_epi(url: str, expected: str | None) -> None:
    assert article_id(url, EPI) == expected


def test_ids_of_mastercms() -> None:
    assert article_id("https://laodongthudo.vn/a-b-202594.html", MASTER) == "202594"
    assert article_id("https://laodongthudo.vn/dan-sinh/do-thi&s_cond=&BRSR=15", MASTER) is None
    assert article_id("https://laodongthudo.vn/tag/ha-noi-12345.tag", MASTER) is None
    assert article_key("https://laodongthudo.vn/", MASTER) == "https://laodongthudo.vn/"


def test_addresses_on_a_page() -> None:
    assert absolute_url("https://plo.vn/a/b", "../c-post1.html#x") == "https://plo.vn/c-post1.html"
    assert absolute_url("https://plo.vn/a", "javascript:;") is None
    assert absolute_url("https://plo.vn/a", "http://a.vn:x/") is None
    assert is_on("https://m.plo.vn/a", ["plo.vn"])
    assert not is_on("https://plo.vn.evil.com/a", ["plo.vn"])
    assert not is_on("ftp://plo.vn/a", ["plo.vn"])
