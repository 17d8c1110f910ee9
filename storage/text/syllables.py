"""A text as arrays of syllable hashes: what copies are compared by. Pure.

Folding takes away everything that two prints of one text may differ in: Unicode form, tone
placement (it moves a mark, and no mark is left), y for i, case, typography, diacritics. Whole
texts go through numpy at once: an article takes about a tenth of a millisecond.
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

_TABLE = 0x2000  # every Latin letter with its marks lies below; above it punctuation begins
_FIRST_IDEOGRAPH = 0x2E80  # from here on characters are letters of other scripts
_MARK = 1  # a code that no letter folds to: combining marks and what is invisible
_SENTENCE_ENDS = ".!?:;\n"
_LONGEST = 64  # characters of a token that count; longer ones are no words
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_CAPITALS = 0.6  # a line with more of them is a headline in capitals, not a list of names


@dataclass(frozen=True, slots=True)
class Syllables:
    """The syllables and numbers of a text, in order.

    hashes: one for each, folded. digits: which hold a digit. names: which begin with a capital
    that no sentence's beginning explains. lines: the number of the line that each is in.
    """

    hashes: Hashes
    digits: Flags
    names: Flags
    lines: Numbers

    def __len__(self) -> int:
        return len(self.hashes)

    def keep(self, wanted: Flags) -> "Syllables":
        """Return those for which `wanted` is true."""
        return Syllables(
            self.hashes[wanted], self.digits[wanted], self.names[wanted], self.lines[wanted]
        )


def syllables(lines: Sequence[str]) -> Syllables:
    """Return what `lines` consist of, after folding."""
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
    """Return `syllables(lines).hashes` of all `texts`, and where each text's begin and end.

    texts: their lines, in which there is no line break.
    """
    every = list(texts)
    codes, folded = _characters([line for lines in every for line in lines])
    starts, letters, lengths = _runs(folded)
    numbers = np.cumsum(codes == ord("\n"))[starts]
    bounds = np.searchsorted(numbers, np.cumsum([0, *map(len, every)])).tolist()
    return mixed(_run_hashes(letters, lengths, _powers())), bounds


def _characters(lines: Sequence[str]) -> tuple[Codes, Codes]:
    """Return the characters of `lines`, a line break after each, and what they fold to."""
    codes = np.frombuffer("\n".join(lines).encode("utf-32-le", "replace"), dtype=np.uint32)
    folded = _folds()[codes]
    if (folded == _MARK).any():
        codes, folded = codes[folded != _MARK], folded[folded != _MARK]
    return codes, folded


def _runs(folded: Codes) -> tuple[Numbers, Hashes, Numbers]:
    """Return where syllables begin, the letters of all, and how many each has."""
    inside = folded > _MARK
    starts, ends = runs(inside)
    return starts, folded[inside].astype(np.uint64), ends - starts


def mixed(values: Hashes) -> Hashes:
    """Return each value as one whose every bit depends on all of its bits (splitmix64's end)."""
    values = (values ^ (values >> np.uint64(30))) * _MIX[0]
    values = (values ^ (values >> np.uint64(27))) * _MIX[1]
    return values ^ (values >> np.uint64(31))


def distinct(values: NDArray[_Number]) -> NDArray[_Number]:
    """Return `np.unique(values)` in a fifth of its time: it makes a hash table before it sorts."""
    ordered = np.sort(values)
    differs = np.ones(len(ordered), dtype=np.bool_)
    differs[1:] = ordered[1:] != ordered[:-1]
    return ordered[differs]


def runs(inside: Flags) -> tuple[Numbers, Numbers]:
    """Return where runs of true values begin, and where they end."""
    edges = np.flatnonzero(np.diff(inside, prepend=False, append=False))
    return edges[::2], edges[1::2]


def _run_hashes(letters: Hashes, lengths: Numbers, powers: Hashes) -> Hashes:
    """Return a hash of each run: the sum of its letters, each times the power of its place.

    letters: those of all runs, in order. powers: the last one stands for all places from there on.
    """
    if not len(lengths):
        return np.zeros(0, dtype=np.uint64)
    first = np.cumsum(lengths) - lengths
    place = np.arange(len(letters)) - np.repeat(first, lengths)
    return np.add.reduceat(letters * powers[np.minimum(place, len(powers) - 1)], first)


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
    """Return what each character folds to, 0 for what is between words."""
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
    return np.array([pow(base, place, modulus) for place in range(1, _LONGEST + 1)], np.uint64)
