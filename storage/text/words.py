"""What a word is for the search: one spelling for every way to write it. Pure.

The index and the highlighting read texts with the same pattern, so what one finds the other can
mark: a word may hold combining marks (text in NFD) and invisible characters (soft hyphens), and
`spell` takes them out.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from storage.text.normalize import canonical_tone, fold, normalize

LONGEST = 64
"""Characters of a word that count; the rest of longer ones (addresses, codes) is not compared."""

END = "~"
"""Ends in a lexeme the word without diacritics; no word has it."""

_REMEMBERED = 200_000
RAW = re.compile(r"[\w\u0300-\u036f\u00ad\u200b-\u200f\u2060-\u2064\ufeff]+")


@lru_cache(maxsize=200_000)
def spell(raw: str) -> str:
    """Return a match of `RAW` as it is compared: NFC, lower case, tones in the older place.

    Empty where it holds no letter or figure.
    """
    word = canonical_tone(normalize(normalize(raw).lower()))[:LONGEST]
    return word if any(char.isalnum() for char in word) else ""


def is_plain(word: str) -> bool:
    """True for a spelled word without any diacritic: typed so, it matches those with them."""
    return folded(word) == word


@lru_cache(maxsize=200_000)
def folded(word: str) -> str:
    """Return a spelled word without diacritics, đ folded to d."""
    return fold(word)


@lru_cache(maxsize=200_000)
def lexeme(word: str) -> str:
    """Return a spelled word without diacritics, and from its first one on as it is spelled.

    All that a word without diacritics stands for begins alike: "cho" is cho~, "chợ" is cho~ợ.
    """
    plain = folded(word)
    same = (at for at, (one, other) in enumerate(zip(word, plain, strict=False)) if one != other)
    return f"{plain}{END}{word[next(same, len(plain)) :]}"


def word_of(lexeme: str) -> str:
    """Return the spelled word that a lexeme stands for."""
    plain, _, rest = lexeme.partition(END)
    return plain[: len(plain) - len(folded(rest))] + rest


class _Lexemes(dict[str, str]):
    """What stands between two blanks, by the lexemes of its words, a blank between them."""

    def __missing__(self, piece: str) -> str:
        if len(self) > _REMEMBERED:
            self.clear()
        words = filter(None, map(spell, RAW.findall(piece)))
        found = self[piece] = " ".join(map(lexeme, words))
        return found


_lexemes = _Lexemes()  # half the time of functools.lru_cache, a tenth of an article's


def lexemes(text: str) -> str:
    """Return the lexemes of a text's words, a blank between two."""
    return " ".join(filter(None, map(_lexemes.__getitem__, text.split())))


def spelled(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield each word of `text`: its first character, the one after its last, its spelling."""
    for match in RAW.finditer(text):
        word = spell(match.group())
        if word:
            yield match.start(), match.end(), word


def whole(text: str, at: int) -> int:
    """Return the first place from `at` on where `text` can be cut without parting a character."""
    while at < len(text) and unicodedata.category(text[at]).startswith("M"):
        at += 1
    return at
