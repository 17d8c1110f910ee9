"""How well articles fit a query: their strings read at once, and one by one."""

from collections.abc import Sequence
from itertools import pairwise
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.search.encoding import FIELD_END, FIELDS, VALUE_END, code
from storage.search.matcher import Meant, Needle, Plan
from storage.search.ranking import ranking

FAMILIES = (0, 1, 70_000)  # the last one beyond 16 bits
CODES = [code(family, variant) for family in FAMILIES for variant in (0, 1, 40)]
WORDS = st.sampled_from(CODES)
STREAMS = st.lists(
    st.lists(WORDS | st.just(VALUE_END), max_size=5).map("".join),
    min_size=len(FIELDS),
    max_size=len(FIELDS),
).map(FIELD_END.join)
STRICT = st.lists(WORDS, min_size=1, max_size=3, unique=True).map(lambda one: Meant(tuple(one)))
LOOSE = st.lists(st.sampled_from(FAMILIES), min_size=1, max_size=2, unique=True).map(
    lambda some: Meant(tuple(code(family, v) for family in some for v in (0, 1)), loose=True)
)
NEEDLES = st.lists(STRICT | LOOSE, min_size=1, max_size=3).map(lambda words: Needle(tuple(words)))
WEIGHTS = (0, 5, 2.5, 2, 3, 1)


def places(needle: Needle, field: Sequence[str]) -> int:
    """Return how often the needle begins in a field."""
    return sum(
        all(
            said[0] in word.families if word.loose else said in word.codes
            for word, said in zip(needle.words, field[at : at + len(needle.words)], strict=True)
        )
        for at in range(len(field) - len(needle.words) + 1)
    )


def words_of(stream: str) -> list[list[str]]:
    said = [stream[at : at + 2] for at in range(0, len(stream), 2)]
    fields: list[list[str]] = [[]]
    for word in said:
        if word == FIELD_END:
            fields.append([])
        else:
            fields[-1].append(word)
    return fields


def by_hand(needles: Sequence[Needle], factors: Sequence[int], streams: list[str]) -> list[float]:
    read = [words_of(stream) for stream in streams]
    scores = [0.0] * len(streams)
    for needle, factor in zip(needles, factors, strict=True):
        having = sum(any(places(needle, field) for field in fields) for fields in read)
        rarity = factor * log(1 + (len(streams) - having + 0.5) / (having + 0.5))
        for at, fields in enumerate(read):
            found = sum(w * places(needle, field) for w, field in zip(WEIGHTS, fields, strict=True))
            length = 1.2 * (0.5 + 0.5 * len(fields[-1]) / 500)
            scores[at] += rarity * found * 2.2 / (found + length)
    return scores


@given(st.lists(STREAMS, min_size=1, max_size=4), st.lists(NEEDLES, min_size=1, max_size=3))
def test_strings_read_at_once_score_as_read_one_by_one(
    streams: list[str], needles: list[Needle]
) -> None:
    plan = Plan(tuple((needle,) for needle in needles), (), ())
    neighbours = [Needle(one.words + other.words) for one, other in pairwise(needles)]
    factors = [1] * len(needles) + [2] * len(neighbours)
    expected = by_hand([*needles, *neighbours], factors, streams)
    assert list(ranking(plan, streams).scores(streams)) == pytest.approx(expected, abs=1e-6)


def test_many_strings_are_scored_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.search.ranking._AT_ONCE", 2)
    word = CODES[0]
    streams = [FIELD_END.join(["", "", "", "", "", word * times]) for times in (3, 0, 1, 2, 9)]
    plan = Plan(((Needle((Meant((word,)),)),),), (), ())
    scores = list(ranking(plan, []).scores(streams))
    assert sorted(range(5), key=lambda at: scores[at]) == [1, 2, 3, 0, 4]
    assert scores[1] == 0
