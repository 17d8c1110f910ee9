import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.dedup.fingerprint import FINGERPRINT_VERSION, changed_fields, fingerprint
from storage.model.articles import Article, Block, Extraction, Image
from tests.support.samples import article, articles, at

HANOI = timezone(timedelta(hours=7))
SAMPLE = article(
    text="Chiều 1-3, quận Đống Đa “thông xe” cầu dài 250 m… – bà Hoà nói.",
    sapo="Cây cầu nối hai bờ.",
    authors=("Lê Thuỷ", "Trần Bình"),
    byline="LÊ THUỶ - TRẦN BÌNH",
    credit="TTXVN",
    images=(Image("https://cdn.baothu.vn/1.jpg?w=600", "Cầu mới.", "Ảnh: Lê Thuỷ"),),
    tags=("cầu", "giao thông"),
)


def with_texts(item: Article, change: Callable[[str], str]) -> Article:
    """Return `item` with every text that counts changed."""

    def maybe(text: str | None) -> str | None:
        return None if text is None else change(text)

    return replace(
        item,
        title=change(item.title),
        sapo=maybe(item.sapo),
        blocks=tuple(Block(block.kind, change(block.text)) for block in item.blocks),
        authors=tuple(change(author) for author in item.authors),
        byline=maybe(item.byline),
        credit=maybe(item.credit),
        images=tuple(Image(i.url, maybe(i.caption), maybe(i.credit)) for i in item.images),
    )


def assert_same(one: Article, other: Article) -> None:
    assert fingerprint(one) == fingerprint(other)
    assert changed_fields(one, other) == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: f" \u00a0{text}\n\u200b",
        lambda text: text.replace(" ", " \t "),
        lambda text: text.replace("oà", "òa").replace("uỷ", "ủy").replace("UỶ", "ỦY"),
        lambda text: text.replace("“", '"').replace("”", "»"),
        lambda text: text.replace("…", "...").replace("–", "—"),
        lambda text: text.replace("Đ", "Ð"),
    ],
    ids=["NFD", "margins", "blanks", "tones", "quotes", "dots-dashes", "eth"],
)
def test_furniture_within_texts_does_not_count(change: Callable[[str], str]) -> None:
    changed = with_texts(SAMPLE, change)
    assert changed != SAMPLE
    assert_same(SAMPLE, changed)


@pytest.mark.parametrize(
    "changes",
    [
        {"tags": ("giao thông", "cầu")},
        {"tags": ()},
        {"modified_at": at(60)},
        {"images": (replace(SAMPLE.images[0], url="https://cdn.baothu.vn/1.jpg?w=900"),)},
        {"images": (*SAMPLE.images, Image("https://cdn.baothu.vn/bar.png"))},
        {"section": ("Xã hội",)},
        {"dateline": "BT"},
        {"extraction": Extraction("epi", "2026", "page", 2)},
        {"blocks": (*SAMPLE.blocks, Block("paragraph", " \n"))},
        {"published_at": at(1).astimezone(HANOI)},
        {"notes": ("short",)},
        {"url": "https://baothu.vn/cau-khac-1.html"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_furniture_around_the_text_does_not_count(changes: dict[str, Any]) -> None:
    assert_same(SAMPLE, replace(SAMPLE, **changes))


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"title": "Khánh thành cầu số 2"}, "title"),
        ({"title": SAMPLE.title.upper()}, "title"),
        ({"sapo": None}, "sapo"),
        ({"blocks": (Block("heading", SAMPLE.blocks[0].text),)}, "body"),
        ({"blocks": (*SAMPLE.blocks, Block("paragraph", "Thêm."))}, "body"),
        ({"images": ()}, "captions"),
        ({"images": (replace(SAMPLE.images[0], credit=None),)}, "captions"),
        ({"authors": ("Lê Thuỷ",)}, "authors"),
        ({"byline": None}, "byline"),
        ({"credit": "Báo Khác"}, "credit"),
        ({"published_at": at(2)}, "published_at"),
        ({"published_at": None}, "published_at"),
    ],
)
def test_what_counts_is_named(changes: dict[str, Any], name: str) -> None:
    changed = replace(SAMPLE, **changes)
    assert fingerprint(changed) != fingerprint(SAMPLE)
    assert changed_fields(SAMPLE, changed) == (name,)


@given(articles, articles)
def test_fingerprints_agree_exactly_where_nothing_changed(one: Article, other: Article) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (changed_fields(one, other) == ())


@given(articles)
def test_unicode_form_and_blanks_never_count(item: Article) -> None:
    assert_same(item, with_texts(item, lambda text: unicodedata.normalize("NFD", text)))
    assert_same(item, with_texts(item, lambda text: f"  {text}\n"))


@given(articles, st.integers(0, 9), st.data())
def test_a_changed_digit_always_counts(item: Article, digit: int, data: st.DataObject) -> None:
    other = data.draw(st.integers(0, 9).filter(lambda value: value != digit))
    one = replace(item, blocks=(*item.blocks, Block("paragraph", f"{digit} người")))
    two = replace(item, blocks=(*item.blocks, Block("paragraph", f"{other} người")))
    assert fingerprint(one) != fingerprint(two)
    assert changed_fields(one, two) == ("body",)


def test_texts_do_not_run_into_each_other() -> None:
    joined = article(sapo="ab", byline="c")
    assert fingerprint(joined) != fingerprint(replace(joined, sapo="a", byline="bc"))
    split = replace(joined, blocks=(Block("paragraph", "a"), Block("paragraph", "b")))
    assert fingerprint(split) != fingerprint(replace(split, blocks=(Block("paragraph", "a b"),)))


def test_the_rules_of_version_1_stay() -> None:
    # Archives hold these: where this fails, FINGERPRINT_VERSION must go up.
    assert FINGERPRINT_VERSION == 1
    assert re.fullmatch(r"1:[0-9a-f]{32}", fingerprint(SAMPLE))
    assert fingerprint(SAMPLE) == "1:fbc0b114fc70816ff55b90327751770a"
