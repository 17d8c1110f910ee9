"""Where needles stand in many articles' strings at once: numpy reads them word by word. Pure.

A word's two characters are one number of 64 bits, so a word is found by comparing numbers; the
others of a phrase are looked at only where the first stands.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from storage.search.encoding import FIELD_END, FIELDS
from storage.search.matcher import Meant, Needle
from storage.text.arrays import Flags, Numbers

_FAMILY = 0xFFFFFFFF  # the first character's bits
_FIELD_END = ord(FIELD_END[0])

Weights = NDArray[np.float64]


class Strings:
    """Strings of articles, with the places at which their fields end."""

    def __init__(self, streams: Sequence[str]) -> None:
        text = FIELD_END.join(streams)
        self._words = np.frombuffer(text.encode("utf-32-le"), "<u8")
        inner = np.flatnonzero(self._families == _FIELD_END)
        self._ends = np.append(inner, len(self._words))
        self._count = len(streams)

    @cached_property
    def _families(self) -> NDArray[np.uint32]:
        return (self._words & _FAMILY).astype(np.uint32)

    def body_lengths(self) -> Numbers:
        """Return of each string how many words its body has."""
        ends: Numbers = self._ends.reshape(self._count, len(FIELDS))
        lengths: Numbers = ends[:, -1] - ends[:, -2] - 1
        return lengths

    def having(self, needle: Needle) -> int:
        """Return how many of the strings the needle stands in."""
        return len(np.unique(self._fields(needle) // len(FIELDS)))

    def weigh(self, needle: Needle, weights: Weights) -> Weights:
        """Return of each string how often the needle begins in each field, times its weight."""
        of_string, field = np.divmod(self._fields(needle), len(FIELDS))
        return np.bincount(of_string, weights[field], self._count).astype(np.float64)

    def _fields(self, needle: Needle) -> Numbers:
        """Return the fields in which the needle begins, counted through all strings."""
        first, *rest = needle.words
        places = np.flatnonzero(self._are(first, self._words, self._families))
        for after, word in enumerate(rest, start=1):
            places = places[places < len(self._words) - after]
            at = places + after
            places = places[self._are(word, self._words[at], self._families[at])]
        return np.searchsorted(self._ends, places)

    @staticmethod
    def _are(word: Meant, words: NDArray[np.uint64], families: NDArray[np.uint32]) -> Flags:
        """Return which of some words in the strings are such as a query's word means."""
        if word.loose:
            return _is_any(families, map(ord, word.families))
        return _is_any(words, (ord(code[0]) | ord(code[1]) << 32 for code in word.codes))


def _is_any(values: NDArray[np.unsignedinteger], wanted: Iterable[int]) -> Flags:
    numbers = np.fromiter(wanted, values.dtype)
    found: Flags = values == numbers[0] if len(numbers) == 1 else np.isin(values, numbers)
    return found
