"""What a query found in a text, by its characters, and a piece of it to show. Pure.

The stored text is searched, not the index: marks stand on the characters as they are written, with
all their combining marks.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from storage.model.articles import Article
from storage.model.places import Field
from storage.model.search import Mark, Snippet, Term, Word, Words
from storage.text.normalize import canonical_tone
from storage.text.words import END, LONGEST, RAW, folded, lexeme, lexemes, spell, whole, word_of

_SNIPPET = 200  # characters
_BEFORE = 60  # of these, before the first mark
_Span = tuple[int, int]


class Finder:
    """Finds a query's terms in texts."""

    def __init__(self, words: Words) -> None:
        self._asked = words
        self._terms = [term for group in words.required for term in group]
        self._patterns = {term: _pattern(term) for term in (*self._terms, *words.excluded)}

    def marks(self, article: Article) -> tuple[Mark, ...]:
        """Return where the article says what is asked for, in title, sapo and body, in order."""
        texts: tuple[tuple[Field, str], ...] = (
            ("title", article.title),
            ("sapo", article.sapo or ""),
            ("body", article.body),
        )
        return tuple(
            Mark(field, start, end) for field, text in texts for start, end in self.spans(text)
        )

    def spans(self, text: str) -> list[_Span]:
        """Return the characters of `text` that the terms find, in order and apart."""
        line = _line(text)
        found = [(term, first) for term in self._terms for first in self._places(term, line)]
        if not found:  # as in most texts
            return []
        starts = [word.start() for word in RAW.finditer(text)]  # matches cost three times as much
        if len(starts) >= line.count(" "):  # of some nothing is left but punctuation
            starts = [at for at in starts if spell(text[at : _end(text, at)])]
        said = ((starts[first], starts[first + len(term.words) - 1]) for term, first in found)
        return _apart(sorted((start, whole(text, _end(text, last))) for start, last in said))

    def _places(self, term: Term, line: str) -> Iterator[int]:
        """Yield the numbers of the words in a line at which a term begins."""
        found = self._patterns[term].search(line)
        while found:
            if means(term.words[-1], found.group().rpartition(" ")[2]):
                yield line.count(" ", 0, found.start())
            found = self._patterns[term].search(line, found.start() + 1)

    def says(self, article: Article) -> bool:
        """Return whether an article is what the query's words ask for."""
        fields = (article.title, article.sapo or "", article.body, *article.authors, *article.tags)
        lines = list(map(_line, fields))

        def is_said(term: Term) -> bool:
            return any(True for line in lines for _ in self._places(term, line))

        required = all(any(map(is_said, group)) for group in self._asked.required)
        return required and not any(map(is_said, self._asked.excluded))


def _end(text: str, start: int) -> int:
    found = RAW.match(text, start)
    return found.end() if found else start


def _line(text: str) -> str:
    """Return the lexemes of a text, a blank before each and behind the last."""
    return f" {lexemes(text)} "


def _pattern(term: Term) -> re.Pattern[str]:
    return re.compile("".join(f" {_pattern_of(word)}" for word in term.words) + "(?= )")


def _pattern_of(word: Word) -> str:
    """Return the pattern of lexemes; of a beginning also of those that differ in diacritics."""
    plain = re.escape(folded(word.text))
    if word.prefix:
        return rf"{plain}\S*"
    return rf"{plain}{END}\S*" if word.loose else re.escape(lexeme(word.text))


def means(word: Word, found: str) -> bool:
    """Return whether a lexeme that is like a query's word but for diacritics has these, too.

    The beginning "hoà" is one of "hoàng" and of "hòa": alone the tone may stand in two places.
    """
    if word.loose or not word.prefix:
        return True
    return canonical_tone(word_of(found)[: len(word.text)]) == word.text


def _apart(found: Sequence[_Span]) -> list[_Span]:
    apart: list[_Span] = []
    for start, end in found:
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def snippet(article: Article, marks: Sequence[Mark]) -> Snippet | None:
    """Return the piece of body or sapo with most marks; the beginning where only others have any.

    None where the article has neither body nor sapo.
    """
    texts: dict[Field, str] = {"body": article.body, "sapo": article.sapo or ""}
    for field, text in texts.items():
        own = [(mark.start, mark.end) for mark in marks if mark.field == field]
        if own:
            return _piece(field, text, own)
    field = "sapo" if texts["sapo"] else "body"
    return _piece(field, texts[field], []) if texts[field] else None


def _piece(field: Field, text: str, marks: Sequence[_Span]) -> Snippet:
    """Return the piece of a text after whose first mark most others begin."""
    room = _SNIPPET - _BEFORE
    starts = [start for start, _ in marks]
    near = [bisect_left(starts, first + room) - number for number, first in enumerate(starts)]
    first = starts[near.index(max(near))] if starts else 0
    start = _cut(text, max(0, first - _BEFORE), first)
    end = _cut(text, min(len(text), start + _SNIPPET), len(text))
    before, after = "… " if start else "", " …" if end < len(text) else ""
    inside = ((max(one, start), min(other, end)) for one, other in marks)
    moved = tuple((a - start + len(before), b - start + len(before)) for a, b in inside if a < b)
    return Snippet(field, before + text[start:end].replace("\n", " ") + after, moved)


def _cut(text: str, at: int, latest: int) -> int:
    """Return the first place from `at` on where a word begins or has ended, within a word's length.

    It is at most `latest`, or where no character is parted.
    """
    if at == 0:
        return 0
    latest = min(latest, at + LONGEST)
    while at < latest and not text[at - 1].isspace():
        at += 1
    return whole(text, at)
