"""The matcher on sentences we made up: suites, offsets, forms, bad input."""

import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.model.places import Mention
from tests.support.places import gazetteer, suite, tagger

BEFORE, AFTER = date(2024, 6, 1), date(2025, 9, 1)


def mentions(day: date, text: str, outlet: str | None = "01") -> tuple[Mention, ...]:
    return tagger().tag(day, body=text, outlet_province=outlet).mentions


def units(day: date, text: str, outlet: str | None = "01") -> list[str]:
    return [gazetteer().unit(item.unit).full_name for item in mentions(day, text, outlet)]


def errors(item: dict[str, Any]) -> tuple[set[str], set[str]]:
    found = mentions(date.fromisoformat(item["date"]), item["text"], item["outlet_province"])
    got, wanted = {mention.unit for mention in found}, set(item["units"])
    return got - wanted, wanted - got


def test_suites_are_large_and_mostly_of_the_new_era() -> None:
    items = [
        item
        for name in ("old", "new", "mixed", "kinds", "spellings", "homonyms")
        for item in suite(name)
    ]
    assert len(items) >= 300
    assert sum(item["date"] >= "2025-07-01" for item in items) * 2 >= len(items)
    assert len({(item["text"], item["date"]) for item in items}) == len(items)


@pytest.mark.parametrize("name", ["old", "new", "mixed", "kinds", "spellings"])
def test_suite_precision_and_recall(name: str) -> None:
    items = list(suite(name))
    wrong = {item["id"]: errors(item) for item in items}
    labels = sum(len(item["units"]) for item in items)
    extra = sum(len(found) for found, _ in wrong.values())
    missed = sum(len(lost) for _, lost in wrong.values())
    report = {key: value for key, value in wrong.items() if value != (set(), set())}
    assert extra <= 0.01 * labels, report
    assert missed <= 0.03 * labels, report


def test_homonyms_give_no_mention_at_all() -> None:
    assert {
        item["id"]: units(date.fromisoformat(item["date"]), item["text"])
        for item in suite("homonyms")
    } == {item["id"]: [] for item in suite("homonyms")}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_offsets_count_characters_as_given(form: str) -> None:
    given = "\u200bÔng ở  P.Nhật\u00a0Tân, Q. Tây Hồ; xã Hòa Thạch\u00ad, huyện Quốc Oai."
    text = unicodedata.normalize(form, given)  # type: ignore[arg-type] # "NFC" or "NFD"
    found = mentions(BEFORE, text)
    assert [gazetteer().unit(item.unit).full_name for item in found] == [
        "phường Nhật Tân",
        "quận Tây Hồ",
        "xã Hòa Thạch",
        "huyện Quốc Oai",
    ]
    for item in found:
        assert text[item.start : item.end] == item.text
    shown = [unicodedata.normalize("NFC", item.text).replace("\u00a0", " ") for item in found]
    assert shown[0] == "P.Nhật Tân"
    assert shown[3] == "huyện Quốc Oai"


names = st.sampled_from(
    ["quận Tây Hồ", "Q.Đống Đa", "các huyện Sóc Sơn, Mê Linh", "Hà Nội", "(", ", "]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(names, st.text(max_size=8)), max_size=8), st.sampled_from(["NFC", "NFD"]))
def test_any_text_gives_mentions_within_it(parts: list[str], form: str) -> None:
    text = unicodedata.normalize(form, " ".join(parts))  # type: ignore[arg-type] # as above
    last = 0
    for item in mentions(BEFORE, text):
        assert last <= item.start < item.end <= len(text)
        assert item.text == text[item.start : item.end]
        last = item.end


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("QUẬN ĐỐNG ĐA RA QUÂN", ["quận Đống Đa"]),
        ("Quận Ðống Ða ra quân", ["quận Đống Đa"]),
        ("UBND Q.Tây Hồ", ["quận Tây Hồ"]),
        ("huyện Ứng Hoà", ["huyện Ứng Hòa"]),
        ("TX. Sơn Tây", ["thị xã Sơn Tây"]),
        ("quận, huyện Ba Đình, Gia Lâm", ["quận Ba Đình", "huyện Gia Lâm"]),
        ("các quận: Ba Đình; Tây Hồ", ["quận Ba Đình", "quận Tây Hồ"]),
        ("chị P. Nhật Tân", []),
    ],
)
def test_forms(text: str, found: list[str]) -> None:
    assert units(BEFORE, text) == found


def test_the_day_decides_between_district_and_ward() -> None:
    text = "Sóc Sơn (Hà Nội) mưa lớn."
    assert units(BEFORE, text) == ["huyện Sóc Sơn"]
    assert units(AFTER, text) == ["xã Sóc Sơn"]


def test_a_name_of_several_provinces_needs_one() -> None:
    text = "Nông dân huyện Châu Thành được mùa."
    assert units(BEFORE, text, None) == []
    assert units(BEFORE, f"{text} Tỉnh Long An hỗ trợ giống.", None) == ["huyện Châu Thành"]


def test_future_units_only_once_they_are_announced() -> None:
    text = "Hà Nội bàn việc thành lập phường Tây Hồ."
    assert units(date(2024, 5, 1), text) == []
    assert units(date(2025, 5, 1), text) == ["phường Tây Hồ"]


@pytest.mark.parametrize("text", ["", " \n\t", "12/7 -- 3,5% (…)", "。。。", "\u0301\u0301"])
def test_text_without_letters_has_no_mentions(text: str) -> None:
    tags = tagger().tag(BEFORE, title=text, sapo=text, body=text)
    assert (tags.mentions, tags.scores, tags.primary, tags.note) == ((), (), (), None)


def test_a_day_before_the_gazetteer_begins_is_said() -> None:
    tags = tagger().tag(date(1975, 5, 1), body="UBND quận Ba Đình, Hà Nội")
    assert tags.note is not None
    assert "before 2008-08-01" in tags.note
    assert [item.unit for item in tags.mentions] == ["q-ba-dinh.001@2024-12"]


def test_primary_keeps_every_score() -> None:
    tags = tagger().tag(
        BEFORE,
        title="Tây Hồ ra quân dọn vỉa hè",
        sapo="Quận Tây Hồ vừa phát động chiến dịch.",
        body="Lãnh đạo quận dự. Trên địa bàn quận có phường Nhật Tân. Quận Ba Đình cũng hưởng ứng.",
        outlet_province="01",
    )
    scores = {gazetteer().unit(item.unit).name: item for item in tags.scores}
    assert [gazetteer().unit(unit).full_name for unit in tags.primary] == ["quận Tây Hồ"]
    assert scores["Tây Hồ"].score == 10.0  # 5 + 3 + 2·log2(1 + 2 · 0.5)
    assert scores["Nhật Tân"].score == 1.4  # 0.7 · 2·log2(2)
    assert scores["Ba Đình"].score == 2.0
    assert not scores["Ba Đình"].primary


def test_wards_of_the_new_era_are_primary_themselves() -> None:
    tags = tagger().tag(
        AFTER, title="Phường Láng gắn biển ngõ", sapo="UBND phường Láng chi 200 triệu đồng.",
        outlet_province="01",
    )  # fmt: skip
    assert tags.primary == ("p-lang.00199@2025-07",)
