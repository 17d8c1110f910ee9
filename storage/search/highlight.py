"""What a query found in a text, by its characters, and a piece of it to show. Pure.

The stored text is searched, not the index: marks stand on the characters as they are written, with
all their combining marks.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import and_

from storage.model.articles import Article
from storage.model.places import Field
from storage.model.search import Mark, Snippet, Term, Word, Words
from storage.text.words import LONGEST, RAW, folded, spell, whole

_SNIPPET = 200  # characters
_BEFORE = 60  # of these, before the first mark
_NO_WORD = -1  # what punctuation that looks like a word means
_Span = tuple[int, int]


class _Meaning(dict[str, int]):
    """Of words as written, those of a query that stand for them, a bit each; _NO_WORD for none."""

    def __init__(self, words: Sequence[Word]) -> None:
        super().__init__()
        self.bits = {word: 1 << number for number, word in enumerate(dict.fromkeys(words))}
        self._compared = [
            (folded(word.text) if word.loose else word.text, word, bit)
            for word, bit in self.bits.items()
        ]

    def __missing__(self, raw: str) -> int:
        spelling = spell(raw)
        forms = spelling, folded(spelling)
        meant = 0
        for text, word, bit in self._compared:
            form = forms[word.loose]
            if form == text or (word.prefix and form.startswith(text)):
                meant |= bit
        self[raw] = found = meant if spelling else _NO_WORD
        return found


class Finder:
    """Finds a query's terms in texts; what it learned of a word it knows in the next text."""

    def __init__(self, words: Words) -> None:
        self._asked = words
        self._terms = [term for group in words.required for term in group]
        every = (*self._terms, *words.excluded)
        self._meaning = _Meaning([word for term in every for word in term.words])

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
        raws = RAW.findall(text)
        said = self._said(raws)
        if not any(said):  # as in most texts
            return []
        spans = _characters([raw for raw in raws if self._meaning[raw] != _NO_WORD], text)
        found = (
            (spans[first][0], whole(text, spans[first + len(term.words) - 1][1]))
            for term in self._terms
            for first in self._places(term, said)
        )
        return _apart(sorted(found))

    def says(self, article: Article) -> bool:
        """Return whether an article is what the query's words ask for."""
        fields = (article.title, article.sapo or "", article.body, *article.authors, *article.tags)
        texts = [said for said in map(self._said, map(RAW.findall, fields)) if any(said)]

        def is_said(term: Term) -> bool:
            return any(True for said in texts for _ in self._places(term, said))

        required = all(any(map(is_said, group)) for group in self._asked.required)
        return required and not any(map(is_said, self._asked.excluded))

    def _said(self, raws: Sequence[str]) -> list[int]:
        """Return what each word of a text means."""
        meant = list(map(self._meaning.__getitem__, raws))
        return [one for one in meant if one != _NO_WORD] if _NO_WORD in meant else meant

    def _places(self, term: Term, said: Sequence[int]) -> Iterator[int]:
        """Yield where a term begins among the words of a text, of which is known what they mean."""
        first, *rest = (self._meaning.bits[word] for word in term.words)
        for at, meant in enumerate(said):
            if meant & first:
                following = said[at + 1 : at + 1 + len(rest)]
                if len(following) == len(rest) and all(map(and_, following, rest)):
                    yield at


def _characters(raws: Sequence[str], text: str) -> list[_Span]:
    """Return the characters of words of a text, given in their order."""
    spans, at = [], 0
    for raw in raws:
        start = text.index(raw, at)
        at = start + len(raw)
        spans.append((start, at))
    return spans


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
