"""What articles are found by: equal for every way to print one text."""

import unicodedata

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from storage.dedup.signature import MIN_SYLLABLES, SKETCH, pack, shingles, signature, unpack
from storage.model.articles import Article, Block
from storage.text.normalize import canonical_tone
from storage.text.syllables import syllable_hashes, syllables
from tests.support.samples import articles
from tests.support.stories import SYLLABLES, story, told

LINES = st.lists(
    st.lists(st.sampled_from([*SYLLABLES, "hòa", "thủy", "Đống", "3,5", "22/11"]), min_size=9),
    min_size=4,
    max_size=6,
).map(lambda lines: tuple(" ".join(words) for words in lines))


def of(lines: tuple[str, ...]) -> tuple[int, ...] | None:
    return signature(told(1, lines, title="Tin"))


@given(LINES)
def test_what_prints_differ_in_makes_no_difference(lines: tuple[str, ...]) -> None:
    printed = [
        tuple(unicodedata.normalize("NFD", line) for line in lines),
        tuple(line.upper() for line in lines),
        tuple(line.replace("hòa", "hoà").replace("thủy", "thuỷ") for line in lines),
        tuple(line.replace(" ", "\u00a0 ").replace("3,5", "3.5") for line in lines),
        tuple(f"“{line}”…" for line in lines),
        tuple("\u200b".join(line) for line in lines),
        (" ".join(lines),),
    ]
    assert all(canonical_tone(line) == line for line in lines)
    assert {of(one) for one in printed} == {of(lines)}


@given(articles)
def test_any_article_has_a_signature_or_is_too_short(article: Article) -> None:
    found = signature(article)
    assert found is None or 0 < len(found) <= SKETCH
    assert found is None or unpack(pack(found)) == found


@given(st.text())
def test_every_text_has_syllables_in_lines(text: str) -> None:
    lines = text.split("\n")
    found = syllables(lines)
    assert len(found) == len(found.digits) == len(found.names) == len(found.lines)
    assert not (found.digits & found.names).any()
    assert all(0 <= number < len(lines) for number in found.lines.tolist())
    assert np.all(np.diff(found.lines) >= 0)


def test_names_are_capitals_that_begin_no_sentence() -> None:
    found = syllables(
        [
            "Ông Nguyễn Văn Hùng ở phường Tân Lập. Sáng nay ông lại đi ra chợ ở Huế.",
            "TIN NÓNG",
        ]
    )
    flagged = [index for index, is_name in enumerate(found.names.tolist()) if is_name]
    assert flagged == [1, 2, 3, 6, 7, 16]


def test_a_text_of_thirty_syllables_is_long_enough() -> None:
    words = " ".join(SYLLABLES[:MIN_SYLLABLES])
    short = Block("paragraph", words.rsplit(" ", 1)[0])
    assert of((words,)) is not None
    assert signature(told(1, (), title="", blocks=(short,))) is None


CHARACTERS = st.characters(exclude_characters="\n") | st.sampled_from(" \u0301\u200bđĐ5")


@given(st.lists(st.text(CHARACTERS)))
def test_hashes_of_many_texts_are_those_of_each(lines: list[str]) -> None:
    expected = syllables(lines).hashes.tolist()
    hashes, bounds = syllable_hashes([lines, [], lines])
    assert hashes.tolist() == expected * 2
    assert bounds == [0, len(expected), len(expected), 2 * len(expected)]


def test_half_a_text_shares_much_of_its_signature() -> None:
    whole, half = of(story(1, 8)), of(story(1, 8)[:4])
    assert whole and half
    assert len(set(whole) & set(half)) >= 4
    assert not set(whole) & set(of(story(2, 8)) or ())


def test_shingles_of_other_scripts_and_of_nothing() -> None:
    assert len(shingles(syllables(["..."]).hashes)) == 0
    assert len(shingles(syllables(["東京 " * 9]).hashes)) == 2
