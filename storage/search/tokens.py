"""The words of many texts at once, each distinct one once. Pure.

Looking every word of a text up costs more than anything else that indexing does: the tables are
large and the look-ups wander. Here numpy tells words apart, and only distinct ones are looked up.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from storage.text.arrays import Hashes, Numbers, run_hashes, runs
from storage.text.words import RAW

NO_WORD = "\0\0"
_LONGEST = 256  # characters; longer ones are no words, and each is taken for a distinct one


@dataclass(frozen=True, slots=True)
class Words:
    """The words of texts.

    raws: the distinct ones, as written. which: for each word in order, which of these it is.
    bounds: where each text's words begin in `which`, and where the last one's end.
    """

    raws: Sequence[str]
    which: Numbers
    bounds: Sequence[int]

    def coded(self, codes: Iterable[str]) -> Iterator[str]:
        """Yield each text as its words' codes.

        codes: of each of `raws`, two characters, or NO_WORD.
        """
        packed = "".join(codes).encode("utf-32-le")
        table = np.frombuffer(packed, "<u4").reshape(-1, 2)
        is_word = table[:, 0] != 0
        kept = is_word[self.which]
        text = table[self.which[kept]].tobytes().decode("utf-32-le")
        places = 2 * np.concatenate(([0], np.cumsum(kept)))[self.bounds]
        yield from (text[a:b] for a, b in pairwise(places.tolist()))


def tell_apart(texts: Sequence[str]) -> Words:
    """Return the words of `texts`: matches of `RAW`."""
    whole = "\n".join(texts)
    codes = np.frombuffer(whole.encode("utf-32-le", "surrogatepass"), "<u4")
    inside = _inside()[codes]
    starts, ends = runs(inside)
    lengths = ends - starts
    hashes = run_hashes(codes[inside].astype(np.uint64), lengths, _powers())
    long = np.flatnonzero(lengths > _LONGEST)
    hashes[long] = long
    _, first, which = np.unique(hashes, return_index=True, return_inverse=True)
    spans = zip(starts[first].tolist(), ends[first].tolist(), strict=True)
    begins = np.cumsum([0, *(len(text) + 1 for text in texts)])
    bounds = np.searchsorted(starts, begins).tolist()
    return Words([whole[a:b] for a, b in spans], which, bounds)


@cache
def _inside() -> NDArray[np.bool_]:
    """Return for each code point whether it belongs to a word."""
    table = np.zeros(0x110000, dtype=np.bool_)
    every = np.arange(0x110000, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    for run in RAW.finditer(every):
        table[run.start() : run.end()] = True
    return table


@cache
def _powers() -> Hashes:
    # Drawn anew in each process: nobody can write a text in which two words have one number.
    base, modulus = secrets.randbits(62) * 4 + 3, 1 << 64
    return np.array([pow(base, place, modulus) for place in range(1, _LONGEST + 1)], np.uint64)
