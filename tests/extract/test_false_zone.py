"""A page whose head gives local time with a false zone is an article, with a note."""

import pytest

from crawler.extract import extract
from crawler.page.dates import parse_date
from storage.model.articles import Article
from tests.support.extracting import PARAGRAPH, URL, epi_html, html_page, outlet_of

SOON = "2026-11-20T06:30:00Z"  # captured at 00:00 UTC, which is 07:00 in Việt Nam


@pytest.mark.parametrize(
    "head",
    [
        f'<meta property="article:published_time" content="{SOON}">',
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Cây cầu nhỏ",'
        f' "datePublished": "{SOON}"}}</script>',
    ],
)
def test_the_time_is_read_in_the_outlet_s_zone(head: str) -> None:
    page = html_page(epi_html(f"<p>{PARAGRAPH} {PARAGRAPH} {PARAGRAPH} {PARAGRAPH}</p>", head), URL)
    article = extract(page, outlet_of("epi"))
    assert isinstance(article, Article), article
    assert article.published_at == parse_date("2026-11-20T06:30:00+07:00")
    assert article.published_raw == SOON
    assert any(note.startswith("zone:") for note in article.notes)
