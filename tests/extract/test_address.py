"""Which article a page says it is: its address, its canonical link, and the outlet's id."""

import pytest

from crawler.extract import extract
from crawler.page.response import Page
from storage.model.articles import Article
from tests.support.extracting import FETCHED, PARAGRAPH, epi_html, outlet_of

ASKED = "https://tienphong.vn/cau-moi-post1900100.tpo"
OTHER = "https://tienphong.vn/cho-noi-post1900777.tpo"


def address_of(url: str, head: str, family: str = "epi") -> tuple[str, str | None]:
    html = epi_html(f"<p>{PARAGRAPH}</p>" * 5, head).encode()
    outlet = outlet_of(family) if family else None
    result = extract(Page(url, html, FETCHED), outlet)
    assert isinstance(result, Article), result
    return result.url, result.article_id


def canonical(url: str) -> str:
    return f'<link rel="canonical" href="{url}">'


@pytest.mark.parametrize(
    ("asked", "head", "expected"),
    [
        # A theme's fault: every page links to the same other article.
        (ASKED, canonical(OTHER), (ASKED, "1900100")),
        (ASKED, f'<meta property="og:url" content="{OTHER}">', (ASKED, "1900100")),
        # To its section, to another address of a listing: no id at all.
        (ASKED, canonical("https://tienphong.vn/xa-hoi/"), (ASKED, "1900100")),
        (ASKED, canonical("https://tienphong.vn/"), (ASKED, "1900100")),
        # The same id under another slug is the same article, and its canonical form counts.
        (
            "https://tienphong.vn/slug-cu-post1900100.amp",
            canonical("https://tienphong.vn/slug-moi-post1900100.tpo"),
            ("https://tienphong.vn/slug-moi-post1900100.tpo", "1900100"),
        ),
        # A share address without an id is what its canonical link says.
        ("https://tienphong.vn/share?ref=9", canonical(ASKED), (ASKED, "1900100")),
    ],
)
def test_the_id_of_the_address_asked_wins(asked: str, head: str, expected: tuple[str, str]) -> None:
    assert address_of(asked, head) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://so-thu.vn/vi/-/view_content/1298511-10-ten-sach-tai-hoi-sach-ha-noi-2016.html",
        "https://so-thu.vn/vi/-/view_content/1745165-trao-giai-cuoc-thi-nam-2016.html",
        "https://so-thu.vn/hop-tac-giai-doan-2019-2024",
        "https://so-thu.vn/tin/ky-niem-50-nam-19752025.aspx",
        "https://so-thu.vn/van-ban/cong-van-so-12345678/",
    ],
)
def test_a_site_without_a_family_has_no_ids(url: str) -> None:
    html = "<html><head><meta property='og:type' content='article'></head><body>"
    html += "<h1>Một đầu đề đủ dài về cây cầu nhỏ</h1><article>"
    html += "".join(f"<p>Đoạn {n} của bài. {PARAGRAPH}</p>" for n in range(9)) + "</article>"
    result = extract(Page(url, f"{html}</body></html>".encode(), FETCHED), None)
    assert isinstance(result, Article), result
    assert (result.url, result.article_id) == (url, None)
