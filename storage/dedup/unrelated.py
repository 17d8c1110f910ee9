"""Do two texts have nothing in common? Pure.

Of 20,000 pairs of unrelated Vietnamese articles the shorter one shares 2 % of its runs of three
syllables with the other in one pair of a hundred, 14 % at most; an edited or shortened text
shares most of them. So a tenth keeps a rewritten story together, and tells two stories apart.
"""

import numpy as np

from storage.dedup.signature import lines_of
from storage.model.articles import Article
from storage.text.arrays import Hashes, distinct
from storage.text.normalize import fold
from storage.text.syllables import mixed, syllable_hashes

_IN_COMMON = 0.1
"""Part of the shorter text's runs of three syllables; two texts that share less are unrelated."""

_MIN_SYLLABLES = 12
"""A shorter text, a headline or a caption, proves nothing."""

_BASE = np.array([0x9E3779B97F4A7C15], dtype=np.uint64)


def are_unrelated(one: Article, other: Article) -> bool:
    """Return True where neither headline nor text of two articles has anything in common."""
    if fold(one.title) == fold(other.title):
        return False
    hashes, bounds = syllable_hashes((lines_of(one), lines_of(other)))
    left, right = hashes[: bounds[1]], hashes[bounds[1] :]
    if min(len(left), len(right)) < _MIN_SYLLABLES:
        return False
    ours, theirs = _runs_of_three(left), _runs_of_three(right)
    shared = len(np.intersect1d(ours, theirs, assume_unique=True))
    return shared < _IN_COMMON * min(len(ours), len(theirs))


def _runs_of_three(syllables: Hashes) -> Hashes:
    rolled = (syllables[:-2] * _BASE + syllables[1:-1]) * _BASE + syllables[2:]
    return distinct(mixed(rolled))
