"""What a query found in a text, by its characters, and a piece of it to show. Pure.

The stored text is searched, not the index: marks stand on the characters as they are written, with
all their combining marks.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from storage.model.articles import Article
from storage.model.places import Field
from storage.model.search import Mark, Snippet, Term, Word, Words
from storage.text.normalize import canonical_tone
from storage.text.words import LONGEST, folded, spelled, starts_of, whole

_SNIPPET = 200  # characters
_BEFORE = 60  # of these, before the first mark
_Span = tuple[int, int]


def find_marks(words: Words, article: Article) -> tuple[Mark, ...]:
    """Return where title, sapo and body of an article say the required words, in order."""
    texts: tuple[tuple[Field, str], ...] = (
        ("title", article.title),
        ("sapo", article.sapo or ""),
        ("body", article.body),
    )
    return tuple(
        Mark(field, start, end) for field, text in texts for start, end in find_spans(words, text)
    )


def find_spans(words: Words, text: str) -> list[_Span]:
    """Return the characters of `text` that say the required words, in order and apart."""
    terms = chain.from_iterable(words.required)
    return _apart(sorted(chain.from_iterable(_places(term, text) for term in terms)))


def is_match(words: Words, article: Article) -> bool:
    """Return whether an article says the required words, and none of the excluded ones."""
    texts = (article.title, article.sapo or "", article.body, *article.authors, *article.tags)

    def is_said(term: Term) -> bool:
        return any(True for text in texts for _ in _places(term, text))

    return all(any(map(is_said, group)) for group in words.required) and not any(
        map(is_said, words.excluded)
    )


def _places(term: Term, text: str) -> Iterator[_Span]:
    """Yield the characters of `text` at which it says a term."""
    for start in starts_of(term.words[0].text, text):
        words = list(islice(spelled(text, start), len(term.words)))
        if len(words) == len(term.words) and all(
            means(word, one) for word, (_, _, one) in zip(term.words, words, strict=True)
        ):
            yield words[0][0], whole(text, words[-1][1])


def means(word: Word, found: str) -> bool:
    """Return whether a query's word stands for a spelled one.

    The beginning "hoà" is one of "hoàng" and of "hòa": alone the tone may stand in two places.
    """
    wanted = word.text
    if word.loose:
        wanted, found = folded(wanted), folded(found)
    if word.prefix:
        found = canonical_tone(found[: len(wanted)])
    return found == wanted


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
