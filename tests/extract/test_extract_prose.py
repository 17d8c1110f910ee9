"""Plain prose comes out the same with and without trafilatura."""

from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import HtmlElement, fromstring

from crawler.extract import blocks
from crawler.extract.blocks import read_subtree

_WORDS = st.sampled_from(
    ["Xã Bến Lau", "mở chợ nổi", "Facebook", "E-mail", "57 ghe", "“bán bún”", "…", "Tạ Thị Mơ",
     "đợt nạo vét kéo dài bảy tháng do ba hợp tác xã ghe hàng cùng góp máy"]
)  # fmt: skip
_TEXT = st.lists(_WORDS, min_size=1, max_size=4).map(" ".join)
_TAGS = st.sampled_from(["p", "p", "p", "h2", "h3", "div"])
_BOLD = st.sampled_from(["{}", "{}", "<b>{}</b>", "<i>{}</i> và <b>ghe</b>", " {} "])


@st.composite
def _subtrees(draw: st.DrawFn) -> str:
    parts = [
        f"<{tag}>{draw(_BOLD).format(draw(_TEXT))}</{tag}>"
        if tag != "div"
        else f"<div><p>{draw(_TEXT)}</p></div>"
        for tag in draw(st.lists(_TAGS, min_size=1, max_size=8))
    ]
    # trafilatura's main pass wants two paragraphs; with fewer it goes other ways.
    return "".join(["<p>Sáng nay, chợ họp.</p><p>Ghe neo kín bến.</p>", *parts])


def _root(html: str) -> HtmlElement:
    return fromstring(f"<div>{html}</div>")


@given(_subtrees())
@settings(max_examples=150, deadline=None)
def test_plain_prose_needs_no_trafilatura(html: str) -> None:
    with patch.object(blocks, "is_prose", return_value=False):
        asked = read_subtree(_root(html))
    assert read_subtree(_root(html)) == asked


def test_a_link_inside_a_sentence_is_prose_and_a_list_of_links_is_not() -> None:
    sentence = (
        "Ông Duy cho biết <a href='/x'>đợt nạo vét</a> kéo dài bảy tháng, do ba hợp tác xã góp."
    )
    links = "".join(f"<li><a href='/{n}'>Tin số {n}</a></li>" for n in range(9))
    found = read_subtree(_root(f"<p>{sentence}</p><p>Ghe neo kín bến từ sớm.</p><ul>{links}</ul>"))
    assert [block.text for block in found] == [
        "Ông Duy cho biết đợt nạo vét kéo dài bảy tháng, do ba hợp tác xã góp.",
        "Ghe neo kín bến từ sớm.",
    ]
