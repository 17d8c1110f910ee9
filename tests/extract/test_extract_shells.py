"""Containers without text, and copies with markup of their own."""

import pytest

from crawler.extract import extract
from storage.model.articles import Refusal, RefusalReason
from tests.support.extracting import PARAGRAPH, article_of, epi_html, html_page, outlet_of


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("video.other", RefusalReason.VIDEO), ("article", RefusalReason.EMPTY)],
)
def test_an_empty_container_is_a_shell_whatever_stands_around_it(
    kind: str, reason: RefusalReason
) -> None:
    menu = "".join(f"<p><a href='/muc-{n}'>{PARAGRAPH}</a></p>" for n in range(8))
    html = epi_html("").replace("</body>", f"<div class='menu'>{menu}</div></body>")
    html = html.replace("<head>", f'<head><meta property="og:type" content="{kind}">')
    result = extract(html_page(html), outlet_of("epi"))
    assert isinstance(result, Refusal)
    assert result.reason is reason


def test_pictures_of_amp_copies_are_pictures() -> None:
    figure = "<figure><amp-img src='/anh.jpg'></amp-img><figcaption>Bên hồ.</figcaption></figure>"
    article = article_of(epi_html(f"<p>{PARAGRAPH} {PARAGRAPH}</p>{figure}<p>{PARAGRAPH}</p>"))
    assert [image.caption for image in article.images] == ["Bên hồ."]
