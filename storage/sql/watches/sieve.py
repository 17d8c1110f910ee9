"""Which of some texts in memory many queries find: what the index does for one query. Pure.

Each word of the texts has a number whose bits are the texts that hold it, so that a query is a few
operations on numbers; what then may match is read, as `Finder` reads.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from storage.model.articles import Article
from storage.model.search import SearchQuery, Term, Word
from storage.search.document import document_of
from storage.search.highlight import Finder
from storage.sql.search.entry import facet_tokens
from storage.text.words import folded


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text with the ids of the units that it is about."""

    article: Article
    units: Collection[str] = ()


class Sieve:
    """Some texts, by their positions."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        """Index them."""
        self._articles = [one.article for one in candidates]
        self._words: dict[str, int] = {}
        self._units: dict[str, int] = {}
        for position, one in enumerate(candidates):
            document = document_of(one.article)
            words = {*document.words, *map(folded, document.words), *document.tokens.split()}
            _add(self._words, words, 1 << position)
            _add(self._units, one.units, 1 << position)

    def matches(self, query: SearchQuery) -> list[int]:
        """Return the texts that meet a query's words, places and facet values, in order."""
        found = (1 << len(self._articles)) - 1
        if query.places:
            found &= _any(self._units.get(place, 0) for place in query.places)
        for tokens in facet_tokens(query):
            found &= _any(self._words.get(token, 0) for token in tokens)
        for group in query.words.required:
            found &= _any(map(self._may_say, group))
        if not found or not query.words.required:
            return list(_positions(found))
        finder = Finder(query.words)
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
        begun = self._sorted[bisect_left(self._sorted, text) :]
        return _any(self._words[one] for one in takewhile(lambda w: w.startswith(text), begun))

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._words)


def _add(masks: dict[str, int], keys: Iterable[str], bit: int) -> None:
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
