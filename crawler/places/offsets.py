"""Normalise a text for matching and still know where each character came from.

Pure, standard library only. Rules are those of `storage.text.normalize`, cluster by cluster.
"""

import re
import unicodedata
from dataclasses import dataclass

from storage.text.normalize import canonical_tone, normalize

# one character for one: blanks, dashes and quotation marks that mean the same
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
    """A normalised text. `starts[i]` is where its character i begins in the original.

    `starts` has one entry more than the text, for its end; None where nothing moved.
    """

    text: str
    lower: str
    starts: tuple[int, ...] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the offsets in the original of the normalised characters [start, end)."""
        if self.starts is None:
            return start, end
        return self.starts[start], self.starts[end]


def normal(original: str) -> Normal:
    """Return `original` normalised: NFC, real Đ, plain dashes and blanks, older tone placement."""
    starts = None
    text = original
    if _UNEVEN.search(text) or not unicodedata.is_normalized("NFC", text):
        text, starts = _clusters(text)
    text = canonical_tone(text.translate(_SAME_LENGTH))
    return Normal(text, _lower(text), starts)


def _clusters(original: str) -> tuple[str, tuple[int, ...]]:
    """Return the text with every base and its marks composed, invisible characters dropped."""
    pieces: list[str] = []
    starts: list[int] = []
    for match in _CLUSTER.finditer(original):
        piece = normalize(match.group())
        pieces.append(piece)
        starts += [match.start()] * len(piece)
    return "".join(pieces), (*starts, len(original))


def _lower(text: str) -> str:
    """Return `text` in lower case and of the same length ("İ" would become two characters)."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
