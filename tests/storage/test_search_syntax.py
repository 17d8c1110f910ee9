"""Queries as typed, and what they find in a text."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from storage.errors import QueryError
from storage.model.articles import Block
from storage.model.search import Term, Word, Words
from storage.search.highlight import find_marks, find_spans, snippet
from storage.search.query_syntax import MAX_CHARS, parse_words
from storage.text.normalize import fold
from storage.text.words import spell, spelled, whole
from tests.support.samples import article
from tests.support.searching import means


def term(text: str, *, loose: bool = False, prefix: bool = False) -> Term:
    return Term(tuple(Word(word, loose, prefix) for word in text.split()))


def test_words_phrases_exclusions_alternatives_and_prefixes() -> None:
    assert parse_words('Cháy "chợ đêm" -"tập trận" quận OR Huyện ngu*') == Words(
        (
            (term("cháy"),),
            (term("chợ đêm"),),
            (term("quận"), term("huyện")),
            (term("ngu", loose=True, prefix=True),),
        ),
        (term("tập trận"),),
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hoà", term("hòa")),
        ("HÒA", term("hòa")),
        (unicodedata.normalize("NFD", "hoà"), term("hòa")),
        ("“chợ đêm”", term("chợ đêm")),
        ("tp.hcm", term("tp hcm", loose=True)),
        ("covid-19", term("covid 19", loose=True)),
        ("or", term("or", loose=True)),
        ("Ðống", term("đống")),
        ("x" * 99, term("x" * 64, loose=True)),
    ],
)
def test_a_word_is_spelled_in_one_way(text: str, found: Term) -> None:
    assert parse_words(text) == Words(((found,),))


def test_only_words_without_diacritics_are_loose_unless_asked() -> None:
    ((phrase,),) = parse_words('"Ba Đình"').required
    assert phrase.words == (Word("ba", loose=True), Word("đình"))
    ((phrase,),) = parse_words('"Ba Đình"', fold=True).required
    assert phrase.words == (Word("ba", loose=True), Word("đình", loose=True))


@pytest.mark.parametrize("text", ["", "  ", "–", "&", "… ; ."])
def test_punctuation_alone_asks_for_nothing(text: str) -> None:
    assert parse_words(text) == Words()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('cháy "chợ đêm', "phrase at character 6 has no end"),
        ('cháy ""', "phrase at character 6 is empty"),
        ("cháy *", r"lone \* at character 6"),
        ("-*", r"lone \* at character 1"),
        ("cháy - khói", "lone - at character 6"),
        ("-cháy", "only excludes, at character 1"),
        ("OR cháy", "OR at character 1 has no word before"),
        ("cháy OR", "OR at character 6 has no word after"),
        ("cháy OR OR khói", "OR at character 9 has no word before"),
        ("cháy OR -khói", "excluded word at character 9 after OR"),
        ("cháy -khói OR lửa", "OR at character 12 has no word before"),
    ],
)
def test_a_malformed_query_is_told_where(text: str, said: str) -> None:
    with pytest.raises(QueryError, match=said) as caught:
        parse_words(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@given(st.text(st.sampled_from('aĐọ "-*OR\n“”,\u0301\u00ad\ud800\x00'), max_size=30) | st.text())
def test_any_query_is_understood_or_refused_in_one_line(text: str) -> None:
    try:
        words = parse_words(text)
    except QueryError as error:
        assert "\n" not in str(error)
    else:
        assert words.required or not words.excluded
        for group in words.required:
            assert all(word.text == spell(word.text) for one in group for word in one.words)


def test_a_query_of_any_length_is_refused_at_once() -> None:
    assert parse_words("x" * MAX_CHARS).required
    with pytest.raises(QueryError, match="has 10,000,000 characters: expected at most 2,000"):
        parse_words("x" * 10_000_000)
    with pytest.raises(QueryError, match="has 65 words: expected at most 64"):
        parse_words("x " * 65)


def marked(text: str, query: str) -> list[str]:
    item = article(1, "", title=text)
    return [text[mark.start : mark.end] for mark in find_marks(parse_words(query), item)]


def test_marks_stand_on_the_text_as_it_is_written() -> None:
    text = "Ở Hoà Bình, hòa\u00adgiải đám cháy; chạy. HÒA BÌNH"
    assert marked(text, "hòa") == ["Hoà", "HÒA"]
    assert marked(text, "cháy") == ["cháy"]
    assert marked(text, "chay") == ["cháy", "chạy"]
    assert marked(text, '"hoa binh"') == ["Hoà Bình", "HÒA BÌNH"]
    assert marked(text, "hòag*") == ["hòa\u00adgiải"]
    assert marked(text, "hòa bình") == ["Hoà", "Bình", "HÒA", "BÌNH"]
    assert marked(text, "lửa") == []
    apart = unicodedata.normalize("NFD", text)
    assert marked(apart, '"hòa bình"') == [
        unicodedata.normalize("NFD", found) for found in ("Hoà Bình", "HÒA BÌNH")
    ]


@given(st.text(st.sampled_from("aáạbđ hoà\u0301\u0323\u20dd\u00ad.\n"), max_size=40))
@example("a\u20dd")
def test_marks_never_part_a_character(text: str) -> None:
    item = article(1, "", title="", blocks=(Block("paragraph", text),))
    marks = find_marks(parse_words('a OR b OR "a b" OR h*'), item)
    for mark in marks:
        after = text[mark.end : mark.end + 1]
        assert not after or not unicodedata.category(after).startswith("M")
        assert text[mark.start : mark.end].strip() == text[mark.start : mark.end] != ""
    assert all(one.end <= other.start for one, other in pairwise(marks))


def marked_by_hand(text: str, words: Words) -> set[int]:
    """Return the characters that the words mark, found word by word."""
    said = list(spelled(text))
    return {
        at
        for group in words.required
        for wanted in group
        for first in range(len(said) - len(wanted.words) + 1)
        if all(
            means(word, spelling)
            for word, (_, _, spelling) in zip(wanted.words, said[first:], strict=False)
        )
        for at in range(said[first][0], whole(text, said[first + len(wanted.words) - 1][1]))
    }


SAID = ["hòa", "Hoà", "hoa", "hoav", "bình", "BÌNH", "a", "aa", "á", "_", "__", "1", ",", "\xad"]
SAID += ["\u200bhoa", "ho\u0323\u200ba\u0300", "ɖa", "đa", "a_", "Ωa", "ß", "İ"]
ASKED = ['"hòa bình"', "hoa a", '"a aa"', "h*", '"á á" OR hòa', '"hoa binh a"']
ASKED += ["da*", '"i đa"', "Ω*", "ß", '"1 _a"', "a_*"]


@given(
    st.lists(st.sampled_from(SAID)),
    st.sampled_from(ASKED),
    st.sampled_from([" ", "", "\n", "\u0301 "]),
)
def test_marks_are_those_of_reading_word_by_word(said: list[str], query: str, between: str) -> None:
    text, words = between.join(said), parse_words(query)
    spans = find_spans(words, text)
    assert {at for span in spans for at in range(*span)} == marked_by_hand(text, words)


def test_a_letter_is_marked_however_it_is_written() -> None:
    for char in map(chr, range(0x10000)):
        for _, end, word in spelled(char):
            term = Term((Word(fold(word), loose=True),))
            assert find_spans(Words(((term,),)), char) == [(0, end)]


@given(st.lists(st.sampled_from(["cháy", "nhà", "x" * 90, "\n", "ph\u0323o"]), max_size=120))
def test_a_snippet_shows_what_was_found(words: list[str]) -> None:
    item = article(1, " ".join(words), title="Tin", sapo="Lời dẫn")
    marks = find_marks(parse_words("cháy"), item)
    shown = snippet(item, marks)
    assert shown is not None
    assert len(shown.text) < 360
    assert "\n" not in shown.text
    assert [shown.text[start:end] for start, end in shown.marks] == ["cháy"] * len(shown.marks)
    assert bool(shown.marks) == ("cháy" in words)
    assert shown.field == ("body" if marks else "sapo")


def test_an_article_without_text_has_no_snippet() -> None:
    assert snippet(article(1, "", blocks=()), ()) is None
