"""What a word is for the search: one spelling for every way to write it. Pure.

The index and the highlighting read texts with the same pattern, so what one finds the other can
mark: a word may hold combining marks (text in NFD) and invisible characters (soft hyphens), and
`spell` takes them out.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import takewhile

from storage.text.normalize import canonical_tone, fold, normalize

LONGEST = 64
"""Characters of a word that count; the rest of longer ones (addresses, codes) is not compared."""

END = "~"
"""Separates the two parts of a lexeme; no word contains it."""

_REMEMBERED = 200_000
_MARKS = "\u0300-\u036f\u00ad\u200b-\u200f\u2060-\u2064\ufeff"  # combining, invisible
_MARK = re.compile(f"[{_MARKS}]")
RAW = re.compile(rf"[\w{_MARKS}]+")
# Every ASCII letter with diacritics is among these: Latin, Kelvin and Ångström.
_LATIN = [*range(0x250), 0x256, *range(0x1E00, 0x1F00), 0x212A, 0x212B]


@lru_cache(maxsize=200_000)
def spell(raw: str) -> str:
    """Return a match of `RAW` as it is compared: NFC, lower case, tones in the older place.

    Empty where it holds no letter or figure.
    """
    word = raw.lower() if raw.isascii() else canonical_tone(normalize(normalize(raw).lower()))
    word = word[:LONGEST]
    return word if any(map(str.isalnum, word)) else ""


def is_plain(word: str) -> bool:
    """True for a spelled word without diacritics; in a query it also matches words with them."""
    return folded(word) == word


@lru_cache(maxsize=200_000)
def folded(word: str) -> str:
    """Return a spelled word without diacritics, đ folded to d."""
    return word if word.isascii() else fold(word)


@lru_cache(maxsize=200_000)
def lexeme(word: str) -> str:
    """Return a spelled word without diacritics, END, and the word from its first diacritic on.

    All words that are equal without diacritics share a prefix: "cho" is cho~, "chợ" is cho~ợ.
    """
    plain = folded(word)
    same = (at for at, (one, other) in enumerate(zip(word, plain, strict=False)) if one != other)
    return f"{plain}{END}{word[next(same, len(plain)) :]}"


def word_of(lexeme: str) -> str:
    """Return the spelled word that a lexeme stands for."""
    plain, _, rest = lexeme.partition(END)
    return plain[: len(plain) - len(folded(rest))] + rest


class _Lexemes(dict[str, str]):
    """A cache: from a piece of text without whitespace to its lexemes, separated by spaces."""

    def __missing__(self, piece: str) -> str:
        if len(self) > _REMEMBERED:
            self.clear()
        raw = [piece] if piece.isalnum() else RAW.findall(piece)
        words = filter(None, map(spell, raw))
        found = self[piece] = " ".join(map(lexeme, words))
        return found


_lexemes = _Lexemes()  # half the time of functools.lru_cache, a tenth of an article's


def lexemes(text: str) -> str:
    """Return the lexemes of a text's words, separated by spaces."""
    return " ".join(filter(None, map(_lexemes.__getitem__, text.split())))


def starts_of(word: str, text: str) -> Iterator[int]:
    """Yield the offsets of words of `text` that may equal or begin with `word`, but for diacritics.

    `spelled` decides for each of them, and rejects few. Faster than spelling every word.
    """
    for found in _beginning_of(word).finditer(text):
        start = found.start()
        while start and _MARK.match(text, start - 1):
            start -= 1
        if not (start and (text[start - 1].isalnum() or text[start - 1] == "_")):
            yield start


@lru_cache(maxsize=1_000)
def _beginning_of(word: str) -> re.Pattern[str]:
    """Return a pattern of every way to write the ASCII letters with which a folded word begins."""
    ways = list(takewhile(bool, map(_ways, folded(word))))
    if not ways:
        return RAW
    rest = "".join(f"[{_MARKS}]*[{way}]" for way in ways[1:])
    return re.compile(rf"[{ways[0]}](?<!\w[{ways[0]}]){rest}")


@cache
def _ways(letter: str) -> str:
    """Return the characters that are an ASCII letter or figure when folded."""
    latin = map(chr, _LATIN if letter.isascii() else ())
    return "".join(char for char in latin if folded(spell(char)) == letter)


def spelled(text: str, start: int = 0) -> Iterator[tuple[int, int, str]]:
    """Yield each word of `text`: its first character, the one after its last, its spelling."""
    for match in RAW.finditer(text, start):
        word = spell(match.group())
        if word:
            yield match.start(), match.end(), word


def whole(text: str, at: int) -> int:
    """Return the first offset from `at` on that does not part a letter from its marks."""
    while at < len(text) and unicodedata.category(text[at]).startswith("M"):
        at += 1
    return at
