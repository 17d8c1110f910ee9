"""How well an article fits a query: BM25F over its fields, the same in both databases. Pure.

Words that stand next to each other in the query count as one more term where they do so in the
text too: Vietnamese words are of several syllables, and nobody types the quotation marks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

import numpy as np

from storage.search.matcher import Needle, Plan
from storage.search.scanner import Strings

_WEIGHTS = np.array((0.0, 5.0, 2.5, 2.0, 3.0, 1.0))  # of search_codes.FIELDS
_NEIGHBOURS = 2.0  # times a term of its own
_K1, _B = 1.2, 0.5  # as usual, but news are of more even length than the texts of .75
_USUAL_LENGTH = 500  # words of a body
_DIGITS = 6
_AT_ONCE = 1_000  # strings: their numbers stay in the processor's own memory


@dataclass(frozen=True, slots=True)
class Ranking:
    """What counts, and how much each."""

    needles: tuple[Needle, ...]
    weights: tuple[float, ...]

    def scores(self, streams: Sequence[str]) -> Iterator[float]:
        """Yield how well articles with these strings fit; more is better, never negative."""
        for first in range(0, len(streams), _AT_ONCE):
            yield from self._scores(Strings(streams[first : first + _AT_ONCE]))

    def _scores(self, strings: Strings) -> Iterator[float]:
        bodies = strings.body_lengths()
        length = _K1 * (1 - _B + _B * bodies / _USUAL_LENGTH)
        total = np.zeros(len(bodies))
        for needle, weight in zip(self.needles, self.weights, strict=True):
            found = strings.weigh(needle, _WEIGHTS)
            total += weight * found * (_K1 + 1) / (found + length)
        return (round(score, _DIGITS) for score in total.tolist())


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
    strings = Strings(sample) if sample else None
    rarity = [_rarity(strings.having(needle) if strings else 0, len(sample)) for needle in needles]
    factors = [1.0] * len(single) + [_NEIGHBOURS] * len(neighbours)
    return Ranking(needles, tuple(a * b for a, b in zip(rarity, factors, strict=True)))


def _rarity(having: int, of_all: int) -> float:
    return log(1 + (of_all - having + 0.5) / (having + 0.5))
