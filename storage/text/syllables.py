"""Texts as numpy arrays of syllable hashes, by which copies are compared. Pure.

Folding removes the differences between two printings of one text: Unicode form, tone placement
(no mark is left), y for i, case, typography, diacritics. Whole texts are processed by numpy at
once: an article takes about a tenth of a millisecond.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from storage.text.normalize import fold

Codes = NDArray[np.uint32]
Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Flags = NDArray[np.bool_]

_Number = TypeVar("_Number", np.int64, np.uint64)

_TABLE = 0x2000  # all Latin letters are below; punctuation begins here
_FIRST_IDEOGRAPH = 0x2E80  # characters from here on count as letters of other scripts
_MARK = 1  # a code that no letter folds to: combining marks and invisible characters
_SENTENCE_ENDS = ".!?:;\n"
_LONGEST = 64  # characters of a token with a power of their own; longer tokens are not words
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_CAPITALS = 0.6  # a line with more capitalized syllables is a headline, not a list of names


@dataclass(frozen=True, slots=True)
class Syllables:
    """The syllables and numbers of a text, in order.

    hashes: of each, folded. digits: True for those with a digit. names: True for those that begin
    with a capital but not a sentence. lines: the line number of each.
    """

    hashes: Hashes
    digits: Flags
    names: Flags
    lines: Numbers

    def __len__(self) -> int:
        return len(self.hashes)

    def keep(self, wanted: Flags) -> "Syllables":
        """Return the syllables for which `wanted` is true."""
        return Syllables(
            self.hashes[wanted], self.digits[wanted], self.names[wanted], self.lines[wanted]
        )


def syllables(lines: Sequence[str]) -> Syllables:
    """Return the syllables of `lines`, folded."""
    codes, folded = _characters(lines)
    starts, letters, lengths = _runs(folded)
    if not len(starts):
        none = np.zeros(0, dtype=np.int64)
        return Syllables(none.astype(np.uint64), none.astype(bool), none.astype(bool), none)
    hashes = mixed(_run_hashes(letters, lengths, _powers()))
    digits = np.logical_or.reduceat(_is_digit(letters), np.cumsum(lengths) - lengths)
    numbers = np.cumsum(codes == ord("\n"))[starts]
    names = _names(codes, starts, numbers) & ~digits
    return Syllables(hashes, digits, names, numbers)


def syllable_hashes(texts: Iterable[Sequence[str]]) -> tuple[Hashes, list[int]]:
    """Return `syllables(lines).hashes` of all `texts` in one array, and the bounds of each text.

    texts: the lines of each, without line breaks.
    """
    texts = list(texts)
    codes, folded = _characters([line for lines in texts for line in lines])
    starts, letters, lengths = _runs(folded)
    numbers = np.cumsum(codes == ord("\n"))[starts]
    bounds = np.searchsorted(numbers, np.cumsum([0, *map(len, texts)])).tolist()
    return mixed(_run_hashes(letters, lengths, _powers())), bounds


def _characters(lines: Sequence[str]) -> tuple[Codes, Codes]:
    """Return the code points of `lines`, joined by line breaks, and their folded codes."""
    codes = np.frombuffer("\n".join(lines).encode("utf-32-le", "replace"), dtype=np.uint32)
    folded = _folds()[codes]
    if (folded == _MARK).any():
        codes, folded = codes[folded != _MARK], folded[folded != _MARK]
    return codes, folded


def _runs(folded: Codes) -> tuple[Numbers, Hashes, Numbers]:
    """Return the starts of all syllables, their letters in one array, and their lengths."""
    inside = folded > _MARK
    starts, ends = runs(inside)
    return starts, folded[inside].astype(np.uint64), ends - starts


def mixed(values: Hashes) -> Hashes:
    """Return hashes in which every bit depends on all bits of the value (splitmix64 finalizer)."""
    values = (values ^ (values >> np.uint64(30))) * _MIX[0]
    values = (values ^ (values >> np.uint64(27))) * _MIX[1]
    return values ^ (values >> np.uint64(31))


def distinct(values: NDArray[_Number]) -> NDArray[_Number]:
    """Return the sorted distinct values, five times as fast as `np.unique` with its hash table."""
    ordered = np.sort(values)
    differs = np.ones(len(ordered), dtype=np.bool_)
    differs[1:] = ordered[1:] != ordered[:-1]
    return ordered[differs]


def runs(inside: Flags) -> tuple[Numbers, Numbers]:
    """Return the starts and the ends (exclusive) of the runs of true values."""
    edges = np.flatnonzero(np.diff(inside, prepend=False, append=False))
    return edges[::2], edges[1::2]


def _run_hashes(letters: Hashes, lengths: Numbers, powers: Hashes) -> Hashes:
    """Return a polynomial hash of each run: the sum of its letters times powers of a base.

    letters: those of all runs, in order. powers: by position; the last applies to all further ones.
    """
    if not len(lengths):
        return np.zeros(0, dtype=np.uint64)
    first = np.cumsum(lengths) - lengths
    position = np.arange(len(letters)) - np.repeat(first, lengths)
    return np.add.reduceat(letters * powers[np.minimum(position, len(powers) - 1)], first)


def _names(codes: Codes, starts: Numbers, lines: Numbers) -> Flags:
    capital = _capitals()[np.minimum(codes[starts], _TABLE - 1)]
    ends = np.cumsum(_sentence_ends()[np.minimum(codes, _TABLE - 1)])[starts]
    begins = np.concatenate(([True], ends[1:] != ends[:-1]))
    share = np.bincount(lines, weights=capital) / np.maximum(np.bincount(lines), 1)
    return capital & ~begins & (share[lines] <= _CAPITALS)


def _is_digit(folded: Hashes) -> Flags:
    return (folded >= ord("0")) & (folded <= ord("9"))


@cache
def _folds() -> Codes:
    """Return the folded code of each character, 0 for a character that separates words."""
    table = np.arange(0x110000, dtype=np.uint32)
    table[:_FIRST_IDEOGRAPH] = 0
    for code in range(_TABLE):
        char = chr(code)
        if char.isalnum():
            table[code] = ord((fold(char) or char)[0])
        elif 0x300 <= code < 0x370 or code == 0xAD:
            table[code] = _MARK
    table[table == ord("y")] = ord("i")  # "lý" and "lí" are one word
    table[0x200B:0x2010] = table[0x2060] = table[0xFEFF] = _MARK
    return table


@cache
def _capitals() -> Flags:
    return np.array([chr(code).isupper() for code in range(_TABLE)])


@cache
def _sentence_ends() -> Flags:
    return np.array([chr(code) in _SENTENCE_ENDS for code in range(_TABLE)])


@cache
def _powers() -> Hashes:
    base, modulus = 0x100000001B3, 1 << 64
    return np.array([pow(base, power, modulus) for power in range(1, _LONGEST + 1)], np.uint64)
