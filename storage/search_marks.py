"""What a query found in a text, by its characters, and a piece of it to show. Pure.

The stored text is searched, not the index's string: marks stand on the characters as they are
written, with all their combining marks.
"""

from collections.abc import Iterator, Sequence

from storage.model import Article
from storage.places import Field
from storage.search import Mark, Snippet, Term, Word, Words
from storage.words import LONGEST, folded, spelled, whole

_SNIPPET = 200  # characters
_BEFORE = 60  # of these, before the first mark
_SNIPPET_FIELDS: tuple[Field, ...] = ("body", "sapo")


def find_marks(article: Article, words: Words) -> tuple[Mark, ...]:
    """Return where the article says what is asked for, in title, sapo and body, in order."""
    terms = [term for group in words.required for term in group]
    texts: tuple[tuple[Field, str], ...] = (
        ("title", article.title),
        ("sapo", article.sapo or ""),
        ("body", article.body),
    )
    return tuple(
        Mark(field, start, end) for field, text in texts for start, end in spans(text, terms)
    )


def spans(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Return the characters of `text` that the terms find, in order and apart from each other."""
    if not terms:
        return []
    words = list(spelled(text))
    found = sorted(
        (words[at][0], whole(text, words[at + len(term.words) - 1][1]))
        for term in terms
        for at in _places(term, words)
    )
    apart: list[tuple[int, int]] = []
    for start, end in found:
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def _places(term: Term, words: Sequence[tuple[int, int, str]]) -> Iterator[int]:
    length = len(term.words)
    for at in range(len(words) - length + 1):
        here = words[at : at + length]
        if all(means(word, one[2]) for word, one in zip(term.words, here, strict=True)):
            yield at


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
