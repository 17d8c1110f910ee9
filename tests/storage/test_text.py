import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.text.normalize import canonical_tone, fold, lines, normalize, one_line

# Letters, marks and blanks of Vietnamese pages beside arbitrary Unicode.
vietnamese = st.text(st.sampled_from("aăâeêioôơuưyđĐOAUYqQnh ̣̀́̉̃̂̆\u00a0\u200b\n.ðàáỳý1"))
anything = st.text() | vietnamese


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Quận Đống Đa", "quan dong da"),
        (unicodedata.normalize("NFD", "Quận Đống Đa"), "quan dong da"),
        ("Ðường Ɖình", "duong dinh"),
        ("HUẾ, thuở ƯỚC", "hue, thuo uoc"),
        ("Nguyễn Thị Ỷ", "nguyen thi y"),
    ],
)
def test_fold_leaves_plain_letters(raw: str, expected: str) -> None:
    assert fold(raw) == expected


@given(anything)
def test_fold_is_idempotent_and_ignores_unicode_form(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@given(st.text(st.sampled_from("àáảãạăằẳẵặâầẩẫậđĐèéêềếệìíịòóôồốộơờớợùúưừứựỳýỵÂÊÔƠƯ abc")))
def test_fold_keeps_the_length_of_vietnamese_nfc(text: str) -> None:
    assert len(fold(text)) == len(text)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("hoà bình", "hòa bình"),
        ("Thuỷ điện Hoà Bình", "Thủy điện Hòa Bình"),
        ("HOÀ, THUỶ, loè", "HÒA, THỦY, lòe"),
        ("khoẻ", "khỏe"),
    ],
)
def test_tone_goes_to_its_older_place(raw: str, expected: str) -> None:
    assert canonical_tone(raw) == expected


@pytest.mark.parametrize(
    "word", ["quý", "Quỳnh", "toán", "hoàn", "thuyết", "khuỷu", "ngoáy", "hòa"]
)
def test_syllables_with_one_spelling_stay(word: str) -> None:
    assert canonical_tone(word) == word


@given(anything)
def test_canonical_tone_keeps_length_and_is_idempotent(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    once = canonical_tone(text)
    assert len(once) == len(text)
    assert canonical_tone(once) == once
    assert fold(once) == fold(text)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a \u00a0\t b", "a b"),
        ("a\u200bb\ufeff", "ab"),
        ("ho\u200d\u0300", "hò"),  # an invisible character between a letter and its mark
        ("dòng 1\r\ndòng 2\u2028dòng 3", "dòng 1\ndòng 2\ndòng 3"),
        ("a\x00b\x0bc", "ab c"),
        ("Ðà Nẵng", "Đà Nẵng"),
    ],
)
def test_normalize(raw: str, expected: str) -> None:
    assert normalize(raw) == expected


@given(anything)
def test_normalize_is_idempotent_and_ignores_unicode_form(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert normalize(unicodedata.normalize("NFD", text)) == once


@given(anything)
def test_one_line_is_normalize_with_all_blanks_single(text: str) -> None:
    assert one_line(text) == " ".join(normalize(text).split())
    assert lines(text) == [one_line(line) for line in text.split("\n")]


@pytest.mark.parametrize("word", ["quà", "QUỲ", "oỳ", "uà", "đoỳ"])
def test_pairs_that_have_one_spelling_stay(word: str) -> None:
    assert canonical_tone(word) == word
