"""Pages in ePi's markup for tests of extraction, and helpers to extract them."""

from datetime import UTC, datetime

from crawler.extract import extract
from crawler.outlets.model import Outlet, parse_outlet
from crawler.page.response import Page
from storage.model.articles import Article

URL = "https://tienphong.vn/tin-post1900100.tpo"
FETCHED = datetime(2026, 11, 20, tzinfo=UTC)
PARAGRAPH = "Một đoạn văn đủ dài, có dấu tiếng Việt, nói về một cây cầu nhỏ ở xã không có thật."


def html_page(body: bytes | str, url: str = URL, content_type: str | None = None) -> Page:
    data = body.encode() if isinstance(body, str) else body
    return Page(url, data, FETCHED, content_type=content_type)


def article_of(body: bytes | str, url: str = URL, content_type: str | None = None) -> Article:
    result = extract(html_page(body, url, content_type), None)
    assert isinstance(result, Article), result
    return result


def epi_html(body: str, head: str = "") -> str:
    return (
        f"<!DOCTYPE html><html><head>{head}</head><body>"
        "<h1 class='article__title cms-title'>Cây cầu nhỏ ở xã không có thật</h1>"
        f"<div class='article__body zce-content-body cms-body'>{body}</div></body></html>"
    )


def outlet_of(family: str, **values: str) -> Outlet:
    lines = "\n".join(f"{key} = {value}" for key, value in values.items())
    text = (
        f'name = "Tiền Phong"\nfamily = "{family}"\n{lines}\n[[domains]]\nhost = "tienphong.vn"\n'
        '[[sections]]\nslug = "x"\nname = "X"\npath = "/x/"\n'
    )
    return parse_outlet(text, "tienphong.toml", frozenset({family}))
