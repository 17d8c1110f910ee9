"""Which of some texts in memory many queries find: what the index does for one query. Pure.

Each word of the texts has a number whose bits are the texts that hold it, so that a query is a few
operations on numbers; what may hold a phrase is then read, as `Finder` reads.
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
from storage.search.highlight import Finder
from storage.text.normalize import canonical_tone
from storage.text.words import RAW, folded, spell

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text with the ids of the units that it is about; certain: those of which that is sure."""

    article: Article
    units: Collection[str] = ()
    certain: Collection[str] = ()


class Sieve:
    """Some texts, by their positions."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        """Index them."""
        self._articles = [one.article for one in candidates]
        self._words: dict[str, int] = {}
        self._facets: dict[tuple[str, str], int] = {}
        self._units: dict[str, int] = {}
        self._certain: dict[str, int] = {}
        for position, one in enumerate(candidates):
            _add(self._words, _words(one.article), 1 << position)
            _add(self._facets, _facets(one.article), 1 << position)
            _add(self._units, one.units, 1 << position)
            _add(self._certain, one.certain, 1 << position)

    def matches(self, query: SearchQuery) -> list[int]:
        """Return the texts that meet a query's words, places and facet values, in order."""
        found = (1 << len(self._articles)) - 1
        if query.places:
            about = self._certain if query.about == "certain" else self._units
            found &= _any(about.get(place, 0) for place in query.places)
        for kind, values in query.facets.items():
            found &= _any(self._facets.get((kind, facet_key(value)), 0) for value in values)
        words = query.words
        for group in words.required:
            found &= _any(map(self._may_say, group))
        for term in words.excluded:
            found &= -1 if len(term.words) > 1 else ~self._may_say(term)
        every = (*chain.from_iterable(words.required), *words.excluded)
        if not found or all(len(term.words) == 1 for term in every):
            return list(_positions(found))
        finder = Finder(words)  # only reading tells whether words stand side by side
        return [position for position in _positions(found) if finder.says(self._articles[position])]

    def _may_say(self, term: Term) -> int:
        found = -1
        for word in term.words:
            found &= self._holding(word)
        return found

    def _holding(self, word: Word) -> int:
        text = folded(word.text) if word.loose else word.text
        if not word.prefix:
            return self._words.get(text, 0)
        sure = text[:-2]  # before the letters on which the tone may stand
        near = takewhile(
            lambda one: one.startswith(sure),
            islice(self._sorted, bisect_left(self._sorted, sure), None),
        )
        begun = (one for one in near if canonical_tone(one[: len(text)]) == text)
        return _any(self._words[one] for one in begun)

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._words)


def _words(article: Article) -> set[str]:
    """Return the words of an article as spelled, and without diacritics."""
    texts = (article.title, article.sapo or "", article.body, *article.authors, *article.tags)
    every = set(map(spell, {raw for text in texts for raw in RAW.findall(text)})) - {""}
    return every | set(map(folded, every))


def _facets(article: Article) -> set[tuple[str, str]]:
    """Return an article's facet values with their kinds, as values are compared."""
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
