"""What an article is found by among millions: the smallest hashes of its syllable 8-grams. Pure.

Two articles that share much of their text share about that part of their smallest hashes, however
long the rest of either is (a bottom-k sketch; Broder, "On the resemblance and containment of
documents", 1997). Two hashes in common make a candidate; `matching` decides.
"""

import struct
from collections.abc import Iterable
from itertools import islice, pairwise

import numpy as np

from storage.model.articles import Article
from storage.text.syllables import Hashes, distinct, mixed, syllable_hashes

SIGNATURE_VERSION = 2
"""Goes up with every change of the rules, here and in `similarity`; stored with each signature."""

SHINGLE = 8
"""Syllables a shingle: unrelated texts share next to none of that length."""

SKETCH = 16
"""Hashes a signature: with 16, of 1,000 copies cut to 40 % of the text three share under two."""

SHARED = 2
"""Hashes that two articles must share to be compared."""

MIN_SYLLABLES = 30
"""Shorter texts get no signature: a headline and a phone number prove nothing."""

Signature = tuple[int, ...]

_BASE = np.array([0x9E3779B97F4A7C15], dtype=np.uint64)  # an array, for its square overflows
_AT_ONCE = 16  # articles; the arrays of more do not stay in the processor's cache
_LAYOUT = struct.Struct(f"<{SKETCH}i")


def lines_of(article: Article) -> tuple[str, ...]:
    """Return the texts that are compared: title, sapo and the blocks of the body."""
    texts = (article.title, article.sapo or "", *(block.text for block in article.blocks))
    return tuple(line for text in texts for line in text.split("\n") if line.strip())


def shingles(syllables: Hashes, size: int = SHINGLE) -> Hashes:
    """Return the hash of every run of `size` syllables, a power of two, in order."""
    if len(syllables) < size:
        return np.zeros(0, dtype=np.uint64)
    rolled, base, width = syllables, _BASE, 1
    while width < size:  # two runs of 4 are one of 8: three steps instead of eight
        rolled = rolled[:-width] * base + rolled[width:]
        base, width = base * base, 2 * width
    return mixed(rolled)


def signature(article: Article) -> Signature | None:
    """Return the article's 16 smallest shingle hashes, or fewer; None for a text too short.

    As signed numbers of 32 bits, which both databases keep in 4 bytes, smallest first.
    """
    return signatures([article])[0]


def signatures(articles: Iterable[Article]) -> list[Signature | None]:
    """Return the signature of each article; many at once take a third of the time."""
    texts, found = map(lines_of, articles), list[Signature | None]()
    while some := list(islice(texts, _AT_ONCE)):
        hashes, bounds = syllable_hashes(some)
        rolled = shingles(hashes)
        found += [
            _signature(rolled[first : end - SHINGLE + 1]) if end - first >= MIN_SYLLABLES else None
            for first, end in pairwise(bounds)
        ]
    return found


def _signature(rolled: Hashes) -> Signature:
    # Ordered by all 64 bits and known by the lower half, or all would lie close together.
    return tuple(_smallest(rolled).astype(np.uint32).view(np.int32).tolist())


def _smallest(values: Hashes) -> Hashes:
    """Return the 16 smallest values, each once, in order, without sorting all of them."""
    if len(values) > 2 * SKETCH:
        found = distinct(np.partition(values, 2 * SKETCH)[: 2 * SKETCH])
        if len(found) >= SKETCH:  # else whole lines are there twice, and others may be missing
            return found[:SKETCH]
    return distinct(values)[:SKETCH]


def pack(hashes: tuple[int, ...]) -> bytes:
    """Return a signature as at most 64 bytes."""
    return _LAYOUT.pack(*hashes, *[0] * (SKETCH - len(hashes)))[: 4 * len(hashes)]


def unpack(packed: bytes) -> tuple[int, ...]:
    """Return the signature that `pack` packed."""
    return struct.unpack(f"<{len(packed) // 4}i", packed)
