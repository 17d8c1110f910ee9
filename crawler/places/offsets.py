"""Normalization of a text for matching that keeps the original offset of each character.

Pure, standard library only. The rules are those of `storage.text.normalize`, applied to each
character with its combining marks.
"""

import re
import unicodedata
from dataclasses import dataclass

from storage.text.normalize import canonical_tone, normalize

# replacements of one character by one: equivalent spaces, dashes, quotation marks and letters
_SAME_LENGTH = str.maketrans(
    dict.fromkeys(map(ord, "\u00a0\u2007\u202f\u2009\u2002\u2003\t"), " ")
    | dict.fromkeys(map(ord, "‐‑‒–—―"), "-")
    | dict.fromkeys(map(ord, "’ʼ`´′"), "'")
    | dict.fromkeys(map(ord, "ÐƉ"), "Đ")
    | dict.fromkeys(map(ord, "ðɖ"), "đ")
)
_CLUSTER = re.compile(r"[ \u00a0]+|.[\u0300-\u036f]*", re.DOTALL)
_UNEVEN = re.compile("  |[\u0300-\u036f\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff]")


@dataclass(frozen=True, slots=True)
class Normal:
    """A normalized text. `starts[i]` is the offset of its character i in the original.

    `starts` has one more entry than the text, for its end; None if all offsets are equal.
    """

    text: str
    lower: str
    starts: tuple[int, ...] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the offsets in the original of the normalized characters [start, end)."""
        if self.starts is None:
            return start, end
        return self.starts[start], self.starts[end]


def normal(original: str) -> Normal:
    """Return `original` normalized: NFC, true Đ, plain dashes and spaces, older tone placement."""
    starts = None
    text = original
    if _UNEVEN.search(text) or not unicodedata.is_normalized("NFC", text):
        text, starts = _clusters(text)
    text = canonical_tone(text.translate(_SAME_LENGTH))
    return Normal(text, _lower(text), starts)


def _clusters(original: str) -> tuple[str, tuple[int, ...]]:
    """Return the text composed, without invisible characters, and the offset of each character."""
    pieces: list[str] = []
    starts: list[int] = []
    for match in _CLUSTER.finditer(original):
        piece = normalize(match.group())
        pieces.append(piece)
        starts += [match.start()] * len(piece)
    return "".join(pieces), (*starts, len(original))


def _lower(text: str) -> str:
    """Return `text` in lower case with the same length ("İ", which would become two, is kept)."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
