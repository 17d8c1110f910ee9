"""What a query found in a text, by its characters, and a piece of it to show. Pure.

The stored text is searched, not the index's string: marks stand on the characters as they are
written, with all their combining marks.
"""

import re
from collections.abc import Iterator, Sequence

from storage.model.articles import Article
from storage.model.places import Field
from storage.model.search import Mark, Snippet, Term, Word, Words
from storage.text.words import LONGEST, RAW, folded, spell, whole

_SNIPPET = 200  # characters
_BEFORE = 60  # of these, before the first mark
_NONE: frozenset[Word] = frozenset()
_SNIPPET_FIELDS: tuple[Field, ...] = ("body", "sapo")


class Finder:
    """Finds a query's terms in texts; what it learned of a word it knows in the next text."""

    def __init__(self, words: Words) -> None:
        self._asked = words
        self._terms = [term for group in words.required for term in group]
        every = (*self._terms, *words.excluded)
        self._words = list(dict.fromkeys(word for term in every for word in term.words))
        self._exact = {word.text for word in self._words if not (word.loose or word.prefix)}
        self._loose = {folded(word.text) for word in self._words if word.loose and not word.prefix}
        self._begun = tuple(folded(word.text) for word in self._words if word.prefix)
        self._meaning: dict[str, frozenset[Word]] = {}  # of words as written
        self._idle: set[str] = set()  # words as written that mean nothing here: nearly all

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

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the characters of `text` that the terms find, in order and apart."""
        here = self._here(text) if self._terms else []
        found = (span for term in self._terms for span in self._spans(term, text, here))
        return _apart(sorted((start, whole(text, end)) for start, end in found))

    def says(self, article: Article) -> bool:
        """Return whether an article is what the query's words ask for."""
        texts = (article.title, article.sapo or "", *article.authors, *article.tags, article.body)
        here = [(text, self._here(text)) for text in texts if text]
        return all(
            any(self._is_said(term, here) for term in group) for group in self._asked.required
        ) and not any(self._is_said(term, here) for term in self._asked.excluded)

    def _is_said(self, term: Term, texts: Sequence[tuple[str, list[str]]]) -> bool:
        return any(True for text, here in texts for _ in self._spans(term, text, here))

    def _here(self, text: str) -> list[str]:
        """Return the words of a text, as written, that may be the query's."""
        return [raw for raw in set(RAW.findall(text)) - self._idle if self._meant(raw)]

    def _spans(self, term: Term, text: str, here: Sequence[str]) -> Iterator[tuple[int, int]]:
        for raw in here:
            if term.words[0] in self._meant(raw):
                for start in _places(raw, text):
                    end = self._end(term.words[1:], text, start + len(raw))
                    if end is not None:
                        yield start, end

    def _end(self, rest: Sequence[Word], text: str, at: int) -> int | None:
        """Return where the words that follow at `at` end; None where it is not `rest`."""
        for word in rest:
            following = _next_word(text, at)
            if following is None or word not in self._meant(following.group()):
                return None
            at = following.end()
        return at

    def _meant(self, raw: str) -> frozenset[Word]:
        """Return the query's words that stand for a word as written."""
        meant = self._meaning.get(raw, _NONE)
        if meant or raw in self._idle:
            return meant
        spelling = spell(raw)
        if self._may_mean(spelling):
            meant = frozenset(word for word in self._words if means(word, spelling))
        if meant:
            self._meaning[raw] = meant
        else:
            self._idle.add(raw)
        return meant

    def _may_mean(self, spelling: str) -> bool:
        """Return False where no word of the query can stand for it, as is usual."""
        if spelling in self._exact:
            return True
        if not (self._loose or self._begun):
            return False
        plain = folded(spelling)
        return plain in self._loose or plain.startswith(self._begun)


def _places(raw: str, text: str) -> Iterator[int]:
    """Yield where `raw` stands in `text` as a match of RAW, and not within a longer one."""
    at = text.find(raw)
    while at >= 0:
        end = at + len(raw)
        if not RAW.match(text, end) and not (at and RAW.match(text, at - 1)):
            yield at
        at = text.find(raw, at + 1)


def _next_word(text: str, at: int) -> re.Match[str] | None:
    """Return the first match of RAW from `at` on that spells a word."""
    match = RAW.search(text, at)
    while match and not spell(match.group()):
        match = RAW.search(text, match.end())
    return match


def _apart(found: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    apart: list[tuple[int, int]] = []
    for start, end in found:
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def means(word: Word, spelling: str) -> bool:
    """Return whether a word of a query stands for a spelled word of a text."""
    text, found = (folded(word.text), folded(spelling)) if word.loose else (word.text, spelling)
    return found.startswith(text) if word.prefix else found == text


def snippet(article: Article, marks: Sequence[Mark]) -> Snippet | None:
    """Return the piece of body or sapo with most marks; the beginning where only others have any.

    None where the article has neither body nor sapo.
    """
    texts: dict[Field, str] = {"body": article.body, "sapo": article.sapo or ""}
    for field in _SNIPPET_FIELDS:
        own = [(mark.start, mark.end) for mark in marks if mark.field == field]
        if own:
            return _piece(field, texts[field], _densest(own), own)
    field = "sapo" if texts["sapo"] else "body"
    return _piece(field, texts[field], 0, []) if texts[field] else None


def _densest(marks: Sequence[tuple[int, int]]) -> int:
    """Return the start of the first mark after which most marks begin within a snippet."""
    starts = [start for start, _ in marks]
    room = _SNIPPET - _BEFORE
    best, most, last = starts[0], 0, 0
    for at, start in enumerate(starts):
        while last < len(starts) and starts[last] < start + room:
            last += 1
        if last - at > most:
            best, most = start, last - at
    return best


def _piece(field: Field, text: str, first: int, marks: Sequence[tuple[int, int]]) -> Snippet:
    start = _cut(text, max(0, first - _BEFORE), first)
    room = min(len(text), start + _SNIPPET)
    end = _cut(text, room, min(len(text), room + LONGEST))
    before, after = "… " if start else "", " …" if end < len(text) else ""
    inside = [
        (max(one, start), min(other, end)) for one, other in marks if one < end and other > start
    ]
    piece = text[start:end].replace("\n", " ")
    moved = tuple((a - start + len(before), b - start + len(before)) for a, b in inside)
    return Snippet(field, before + piece + after, moved)


def _cut(text: str, at: int, latest: int) -> int:
    """Return the first place from `at` on where a word begins, or has ended; at most `latest`."""
    if at == 0:
        return 0
    while at < latest and not text[at - 1].isspace():
        at += 1
    return at if at == len(text) else whole(text, at)
