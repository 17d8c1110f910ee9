"""Match many queries against texts in memory, as the full-text index does for one query. Pure.

Each word has a bit mask of the texts that contain it, so that a query is a few bitwise operations;
texts that may contain a phrase are then read.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice, takewhile
from typing import TypeVar

from storage.model.articles import Article
from storage.model.search import SearchQuery, Term, Word
from storage.search.document import facet_key, facet_values
from storage.search.highlight import is_match, means
from storage.text.words import RAW, folded, spell

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text with the ids of the units that it is about. certain: the certain ones of them."""

    article: Article
    units: Collection[str] = ()
    certain: Collection[str] = ()


class Sieve:
    """An index of texts in memory, which are identified by their positions."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        """Index the texts."""
        self._articles = [candidate.article for candidate in candidates]
        self._words: dict[str, int] = {}
        self._facets: dict[tuple[str, str], int] = {}
        self._units: dict[str, int] = {}
        self._certain: dict[str, int] = {}
        for position, candidate in enumerate(candidates):
            _add(self._words, _words(candidate.article), 1 << position)
            _add(self._facets, _facets(candidate.article), 1 << position)
            _add(self._units, candidate.units, 1 << position)
            _add(self._certain, candidate.certain, 1 << position)

    def matches(self, query: SearchQuery) -> list[int]:
        """Return the texts that match a query's words, places and facet values, in order."""
        found = (1 << len(self._articles)) - 1
        if query.places:
            about = self._certain if query.about == "certain" else self._units
            found &= _any(about.get(place, 0) for place in query.places)
        for kind, values in query.facets.items():
            found &= _any(self._facets.get((kind, facet_key(value)), 0) for value in values)
        words = query.words
        for group in words.required:
            found &= _any(map(self._containing, group))
        for term in words.excluded:
            found &= -1 if len(term.words) > 1 else ~self._containing(term)
        terms = (*chain.from_iterable(words.required), *words.excluded)
        if not found or all(len(term.words) == 1 for term in terms):
            return list(_positions(found))
        # The masks do not show whether the words of a phrase are adjacent.
        return [one for one in _positions(found) if is_match(words, self._articles[one])]

    def _containing(self, term: Term) -> int:
        """Return the mask of the texts that contain all words of a term, in any order."""
        found = -1
        for word in term.words:
            found &= self._containing_word(word)
        return found

    def _containing_word(self, word: Word) -> int:
        text = folded(word.text) if word.loose else word.text
        if not word.prefix:
            return self._words.get(text, 0)
        stem = text[:-2]  # the letters before those that may carry the tone mark
        candidates = takewhile(
            lambda known: known.startswith(stem),
            islice(self._sorted, bisect_left(self._sorted, stem), None),
        )
        return _any(self._words[known] for known in candidates if means(word, known))

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._words)


def _words(article: Article) -> set[str]:
    """Return the words of an article as spelled, and without diacritics."""
    texts = (article.title, article.sapo or "", article.body, *article.authors, *article.tags)
    words = set(map(spell, {raw for text in texts for raw in RAW.findall(text)})) - {""}
    return words | set(map(folded, words))


def _facets(article: Article) -> set[tuple[str, str]]:
    """Return an article's facet values with their kinds, as normalised and as folded keys."""
    values = {(kind, facet_key(value)) for kind, value in facet_values(article)}
    return values | {(kind, folded(key)) for kind, key in values}


def _add(masks: dict[_Key, int], keys: Iterable[_Key], bit: int) -> None:
    for key in keys:
        masks[key] = masks.get(key, 0) | bit


def _any(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def _positions(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
