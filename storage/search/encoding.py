"""An article as the search reads it: a string in which every word is two characters. Pure.

The first character stands for the word without diacritics (its family), the second for the form
of it (its variant); families and variants are numbered in `lexicon` (storage.sql.search.lexicon).
So a word or phrase is found by looking for a substring, at the speed of C, with diacritics in the
string itself and without in every second character of it; both databases hold the same string,
and Python decides and ranks. Fields stand in `FIELDS`' order between `FIELD_END`s, several values
of one field between `VALUE_END`s; the first field holds what the article is filed under.

The databases' indexes hold keys: each word, and each pair of neighbours without diacritics, as
one of 2^20 numbers. (Pairs, because Vietnamese syllables are few and common and phrases of them
the usual question; numbers, because the long tail of rare pairs would otherwise be most of the
index.) A key may find too much; the string is always asked.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from storage.text.arrays import Numbers, distinct

FIELDS = ("filed", "title", "sapo", "authors", "tags", "body")
FIELD_END = "\n\n"
VALUE_END = "\t\t"

_FIRST_FAMILY = 0x100
_SURROGATES = range(0xD800, 0xE000)
_CHARACTERS = 0x110000 - _FIRST_FAMILY - len(_SURROGATES)
_KEPT_APART = 500_000  # families after _CHARACTERS share characters, but not with the common ones
# Letters and figures first, in one byte each; FTS5's ascii tokenizer parts words at any other
# ASCII character and takes capitals for small ones.
_VARIANTS = "0123456789abcdefghijklmnopqrstuvwxyz" + "".join(map(chr, range(0x80, 0x100)))
_PAIRS_BITS = 20
_MASK = (1 << _PAIRS_BITS) - 1
_DROPPED_BITS = 4  # in PostgreSQL, whose index takes up less with fewer and longer lists
_FIRST_PAIR_KEY = 0x10000  # 2^20 characters from here on: just as many as there are
_OWNER_BITS = 32  # more than a word's code takes
_A, _B = 2654435761, 2246822519  # primes that spread neighbouring numbers; also in `search_keys_of`


def code(family: int, variant: int) -> str:
    """Return the two characters of a word. family, variant: from 0.

    Beyond 1.1 million families rare ones share a character, beyond 164 variants of one family
    the last ones do; then a search for one finds the others too.
    """
    if family >= _CHARACTERS:
        family = _KEPT_APART + family % (_CHARACTERS - _KEPT_APART)
    at = _FIRST_FAMILY + family
    if at >= _SURROGATES.start:
        at += len(_SURROGATES)
    return chr(at) + _VARIANTS[min(variant, len(_VARIANTS) - 1)]


def numbers(code_: str) -> tuple[int, int]:
    """Return the family and variant of a word's two characters, as `code` took them."""
    at = ord(code_[0])
    family = at - _FIRST_FAMILY - (len(_SURROGATES) if at >= _SURROGATES.stop else 0)
    return family, _VARIANTS.index(code_[1])


def without_marks(stream: str) -> str:
    """Return every word's family, one character each."""
    return stream[::2]


def pair_key(first: str, second: str) -> int:
    """Return the number of two neighbouring families, given as characters."""
    return ((ord(first) * _A + ord(second) * _B) >> 12) & _MASK


def fts_pair(first: str, second: str) -> str:
    """Return the FTS5 token of two neighbouring families."""
    return chr(_FIRST_PAIR_KEY + pair_key(first, second))


def array_pair(first: str, second: str) -> int:
    """Return the array element of two neighbouring families."""
    return -1 - (pair_key(first, second) >> _DROPPED_BITS)


def array_word(code_: str) -> int:
    """Return the array element of a word."""
    return ord(code_[0]) << 8 | ord(code_[1])


def fts_tokens(streams: Sequence[str]) -> list[str]:
    """Return for each string the tokens that FTS5 holds of it, parted by blanks."""
    chars = np.frombuffer(FIELD_END.join(streams).encode("utf-32-le"), "<u4").astype(np.int64)
    families, variants = chars[::2], chars[1::2]
    ends = np.cumsum([len(stream) // 2 + 1 for stream in streams], dtype=np.int64)
    owners = np.repeat(np.arange(len(streams)) << _OWNER_BITS, np.diff(ends, prepend=0))
    owners = owners[: len(families)]
    real = families >= _FIRST_FAMILY
    words = distinct(owners[real] | (families[real] << 8) | variants[real])
    both = real[:-1] & real[1:]
    first, second = families[:-1][both], families[1:][both]
    pairs = distinct(owners[:-1][both] | (((first * _A + second * _B) >> 12) & _MASK))
    of_words = _joined(words, len(streams), words >> 8 & 0x1FFFFF, words & 0xFF)
    of_pairs = _joined(pairs, len(streams), (pairs & _MASK) + _FIRST_PAIR_KEY)
    return [one + other for one, other in zip(of_words, of_pairs, strict=True)]


def _joined(keys: Numbers, owners: int, *columns: Numbers) -> list[str]:
    """Return of each owner the rows of code points that are its own, a blank after each row."""
    table = np.full((len(keys), len(columns) + 1), ord(" "), "<u4")
    for number, column in enumerate(columns):
        table[:, number] = column
    text = table.tobytes().decode("utf-32-le")
    bounds = np.searchsorted(keys, np.arange(owners + 1) << _OWNER_BITS) * (len(columns) + 1)
    return [text[a:b] for a, b in pairwise(bounds.tolist())]


# The same keys in PostgreSQL's own words, so that nothing but its index holds them. Costly, so that
# no plan asks it row by row. It reads another table's row, which is never changed, only written
# before the row that is indexed and deleted with it: so it is immutable where it is asked.
_SQL = r"""
CREATE FUNCTION search_keys_of(id bigint) RETURNS int4[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 100000 SET search_path FROM CURRENT AS $$
SELECT coalesce(array_agg(f << 8 | v) FILTER (WHERE f > 255), '{}')
    || coalesce(
        array_agg(-1 - (((f * @A + next * @B) >> 12 & @MASK) >> @DROPPED)::int4)
        FILTER (WHERE f > 255 AND next > 255), '{}')
FROM (
    SELECT f, v, lead(f) OVER (ORDER BY number) AS next FROM (
        SELECT ascii(word) AS f, ascii(substr(word, 2)) AS v, number
        FROM search,
            unnest(string_to_array(regexp_replace(stream, '(..)', '\1 ', 'g'), ' '))
            WITH ORDINALITY AS words (word, number)
        WHERE article = id
    ) AS characters
) AS neighbours
$$
"""
SEARCH_KEYS_OF = (
    _SQL.replace("@A", str(_A))
    .replace("@B", str(_B))
    .replace("@MASK", str(_MASK))
    .replace("@DROPPED", str(_DROPPED_BITS))
)
