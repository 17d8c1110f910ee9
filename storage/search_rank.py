"""How well an article fits a query: BM25F over its fields, the same in both databases. Pure.

Words that stand next to each other in the query count as one more term where they do so in the
text too: Vietnamese words are of several syllables, and nobody types the quotation marks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

from storage.search_codes import FIELD_END, without_marks
from storage.search_match import Needle, Plan

_WEIGHTS = (5.0, 2.5, 2.0, 3.0, 1.0)  # title, sapo, authors, tags, body
_NEIGHBOURS = 2.0  # times a term of its own
_K1, _B = 1.2, 0.5  # as usual, but news are of more even length than the texts of .75
_USUAL_LENGTH = 500  # words of a body
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Ranking:
    """What counts, and how much each."""

    needles: tuple[Needle, ...]
    weights: tuple[float, ...]
    loose: bool  # whether any is looked for in the string without marks

    def score(self, stream: str) -> float:
        """Return how well an article with that string fits; more is better, never negative."""
        families = without_marks(stream) if self.loose else ""
        body = len(stream) - stream.rindex(FIELD_END) - len(FIELD_END)
        length = _K1 * (1 - _B + _B * body / 2 / _USUAL_LENGTH)
        total = 0.0
        for needle, weight in zip(self.needles, self.weights, strict=True):
            found = _found(needle, stream, families)
            if found:
                total += weight * found * (_K1 + 1) / (found + length)
        return round(total, _DIGITS)


def _found(needle: Needle, stream: str, families: str) -> float:
    """Return how often the needle stands in the fields, times the weight of each."""
    here, end = (families, FIELD_END[:1]) if needle.loose else (stream, FIELD_END)
    everywhere = needle.count(here)
    if not everywhere:  # as of most neighbours
        return 0.0
    head, _, body = here.rpartition(end)
    in_body = needle.count(body)
    if in_body == everywhere:  # as of most words
        return in_body * _WEIGHTS[-1]
    of_fields = zip(_WEIGHTS, head.split(end)[1:], strict=False)  # the last is the body's
    return sum(weight * needle.count(field) for weight, field in of_fields) + in_body * _WEIGHTS[-1]


def ranking(plan: Plan, sample: Sequence[str]) -> Ranking:
    """Return how to rank what `plan` asks for.

    sample: articles' strings, whether they match or not, that tell rare words from common ones.
    """
    single = [needle for group in plan.required for needle in group]
    neighbours = [
        Needle((*one[0].words, *other[0].words))
        for one, other in pairwise(plan.required)
        if len(one) == len(other) == 1
    ]
    needles = (*single, *neighbours)
    folded = [without_marks(stream) for stream in sample]
    rarity = [_rarity(needle, sample, folded) for needle in needles]
    factors = [1.0] * len(single) + [_NEIGHBOURS] * len(neighbours)
    weights = tuple(a * b for a, b in zip(rarity, factors, strict=True))
    return Ranking(needles, weights, any(needle.loose for needle in needles))


def _rarity(needle: Needle, sample: Sequence[str], folded: Sequence[str]) -> float:
    having = sum(map(needle.within, sample, folded))
    return log(1 + (len(sample) - having + 0.5) / (having + 0.5))
