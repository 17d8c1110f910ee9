"""No escape sequence of a page reaches an article, whichever field the page puts it into."""

import json

import pytest

from crawler.extract import extract
from storage.model.articles import Article
from tests.support.extracting import PARAGRAPH, epi_html, html_page, outlet_of

EVIL = "\x1b]0;ha\x07\x9b31m\x7f"
LD = {
    "@type": "NewsArticle",
    "headline": f"Cây cầu{EVIL}",
    "datePublished": f"2026-11-19T06:30:00+07:00{EVIL}",
    "author": [{"name": f"Minh{EVIL} An"}],
    "keywords": f"cầu{EVIL}",
    "articleSection": f"Xã hội{EVIL}",
}
HEAD = (
    f'<link rel="canonical" href="https://tienphong.vn/a{EVIL}-post1900100.tpo">'
    f'<meta name="keywords" content="cầu{EVIL},xã"><meta property="article:tag" content="t{EVIL}">'
    f'<meta property="article:section" content="Xã hội{EVIL}">'
    f'<meta property="og:image" content="https://a.vn/{EVIL}.jpg">'
    f'<script type="application/ld+json">{json.dumps(LD)}</script>'
)
BODY = (
    f"<p>{PARAGRAPH}{EVIL}</p><p>&#27;[2J{PARAGRAPH} Hai.</p><p>{PARAGRAPH} Ba.</p>"
    f'<figure><img src="https://a.vn/{EVIL}.jpg"><figcaption>Ảnh: Minh{EVIL}</figcaption></figure>'
    f"<p>{PARAGRAPH} Bốn.</p><p>Theo TTXVN{EVIL}</p>"
)


@pytest.mark.parametrize("family", ["epi", None])
def test_no_field_holds_a_control(family: str | None) -> None:
    outlet = outlet_of(family) if family else None
    article = extract(html_page(epi_html(BODY, HEAD)), outlet)
    assert isinstance(article, Article), article
    assert article.tags
    assert article.images
    for name in ("\\x1b", "\\x07", "\\x9b", "\\x7f"):
        assert name not in repr(article)


def test_a_page_without_any_is_not_touched() -> None:
    article = extract(html_page(epi_html(BODY.replace(EVIL, "").replace("&#27;", ""))), None)
    assert isinstance(article, Article), article
    assert article.blocks[0].text == PARAGRAPH
