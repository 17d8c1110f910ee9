"""Signatures of articles: bottom-k sketches, the smallest hashes of their syllable 8-grams. Pure.

Two articles that share a part of their text share about the same part of their smallest hashes,
however long the rest of either is (Broder, "On the resemblance and containment of documents",
1997). Two hashes in common make a candidate pair; `similarity.compare` decides.
"""

import struct
from collections.abc import Iterable
from itertools import islice, pairwise

import numpy as np

from storage.model.articles import Article
from storage.text.syllables import Hashes, distinct, mixed, syllable_hashes

SIGNATURE_VERSION = 2
"""Incremented with every change of the rules here or in `similarity`; stored with signatures."""

SHINGLE = 8
"""Syllables per shingle: unrelated texts share almost no shingles of this length."""

SKETCH = 16
"""Hashes per signature: of 1,000 copies cut to 40 % of the text, three share fewer than two."""

SHARED = 2
"""Hashes that two articles must share to be compared."""

MIN_SYLLABLES = 30
"""Texts with fewer syllables get no signature: a shared headline or phone number proves nothing."""

Signature = tuple[int, ...]

_BASE = np.array([0x9E3779B97F4A7C15], dtype=np.uint64)  # an array: a scalar's square would warn
_BATCH = 16  # articles; the arrays of more do not fit into the processor's cache
_LAYOUT = struct.Struct(f"<{SKETCH}i")


def lines_of(article: Article) -> tuple[str, ...]:
    """Return the lines of an article that are compared: title, sapo and the blocks of the body."""
    texts = (article.title, article.sapo or "", *(block.text for block in article.blocks))
    return tuple(line for text in texts for line in text.split("\n") if line.strip())


def shingles(syllables: Hashes, size: int = SHINGLE) -> Hashes:
    """Return the hash of every run of `size` syllables, a power of two, in order."""
    if len(syllables) < size:
        return np.zeros(0, dtype=np.uint64)
    rolled, base, width = syllables, _BASE, 1
    while width < size:  # doubling: three steps for 8 syllables instead of eight
        rolled = rolled[:-width] * base + rolled[width:]
        base, width = base * base, 2 * width
    return mixed(rolled)


def signature(article: Article) -> Signature | None:
    """Return an article's 16 smallest shingle hashes, or fewer; None if its text is too short.

    Each is its hash's lower half as a signed 32-bit integer, which both databases store in 4 bytes;
    they are in the order of the whole hashes.
    """
    return signatures([article])[0]


def signatures(articles: Iterable[Article]) -> list[Signature | None]:
    """Return the signature of each article; a batch takes a third of the time of single calls."""
    texts, result = map(lines_of, articles), list[Signature | None]()
    while batch := list(islice(texts, _BATCH)):
        hashes, bounds = syllable_hashes(batch)
        rolled = shingles(hashes)
        result += [
            _signature(rolled[first : end - SHINGLE + 1]) if end - first >= MIN_SYLLABLES else None
            for first, end in pairwise(bounds)
        ]
    return result


def _signature(rolled: Hashes) -> Signature:
    # Selected by all 64 bits, stored as the lower half: the upper halves of the smallest are alike.
    return tuple(_smallest(rolled).astype(np.uint32).view(np.int32).tolist())


def _smallest(values: Hashes) -> Hashes:
    """Return the 16 smallest distinct values in order, without sorting all of them."""
    if len(values) > 2 * SKETCH:
        smallest = distinct(np.partition(values, 2 * SKETCH)[: 2 * SKETCH])
        if len(smallest) >= SKETCH:  # else repeated lines leave too few distinct values
            return smallest[:SKETCH]
    return distinct(values)[:SKETCH]


def pack(hashes: tuple[int, ...]) -> bytes:
    """Return a signature as little-endian bytes, four for each hash."""
    return _LAYOUT.pack(*hashes, *[0] * (SKETCH - len(hashes)))[: 4 * len(hashes)]


def unpack(packed: bytes) -> tuple[int, ...]:
    """Return the signature in the result of `pack`."""
    return struct.unpack(f"<{len(packed) // 4}i", packed)
