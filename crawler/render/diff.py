"""What changed between two states of an article, word by word. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

from crawler.render.base import time_text
from storage.model.articles import Article
from storage.text.normalize import canonical_tone, normalize

Op = Literal["same", "removed", "added"]

# Comparing words takes up to the product of their numbers: about a second for this many.
_MOST_PAIRS = 4_000_000
_PARAGRAPH = re.compile(r"[^\n]*\n|[^\n]+")
_WORD = re.compile(r"\n|[^\S\n]*\S+[^\S\n]*|[^\S\n]+")  # each with the blanks around it
_Marked = tuple[Op, str]
_Texts = Sequence[str]


@dataclass(frozen=True, slots=True)
class Piece:
    """Words in a row that stayed, went or came; "\\n" between paragraphs."""

    op: Op
    text: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that differs, in pieces that give both states: without the added ones, the former."""

    field: str
    pieces: tuple[Piece, ...]


def compare_articles(before: Article, after: Article) -> tuple[FieldChange, ...]:
    """Return the fields that a reader sees and that differ, in reading order."""
    changes = []
    for field, text_of in _FIELDS.items():
        pieces = compare_texts(text_of(before), text_of(after))
        if any(piece.op != "same" for piece in pieces):
            changes.append(FieldChange(field, pieces))
    return tuple(changes)


def changed_share(before: Article, after: Article) -> float:
    """Return which share of title, sapo and body is other words: 0 none of them, 1 all.

    Counted on the state that has more of them, so that a cut and an addition count alike.
    """
    texts = [
        "\n".join((one.title, one.sapo or "", *(block.text for block in one.blocks)))
        for one in (before, after)
    ]
    counts: dict[Op, int] = {"same": 0, "removed": 0, "added": 0}
    for piece in compare_texts(*texts):
        counts[piece.op] += len(piece.text.split())
    changed = max(counts["removed"], counts["added"])
    return changed / (counts["same"] + changed) if changed else 0.0


def compare_texts(before: str, after: str) -> tuple[Piece, ...]:
    """Return what became of the words of a text; paragraphs that are equal are found first.

    The pieces that stayed or came give `after` exactly, those that stayed or went `before` but
    for blanks and the form of letters.
    """
    old, new = _PARAGRAPH.findall(before), _PARAGRAPH.findall(after)
    tokens: list[_Marked] = []
    for is_same, removed, added in _aligned(old, new):
        if is_same:
            tokens += _marked("same", added)
        else:
            tokens += _compare_words(_words(removed), _words(added))
    runs = groupby(tokens, key=lambda token: token[0])
    return tuple(Piece(op, "".join(text for _, text in run)) for op, run in runs)


def lines_of(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Return the paragraphs of a field, each as pieces without line breaks."""
    lines: list[list[Piece]] = [[]]
    for piece in pieces:
        first, *rest = piece.text.split("\n")
        lines[-1].append(Piece(piece.op, first))
        lines += [[Piece(piece.op, text)] for text in rest]
    return lines


def share_text(share: float) -> str:
    """Return a share of words in percent; one that is small is not said to be none."""
    return f"{share:.0%}" if share >= 0.01 or not share else "< 1%"


def _compare_words(old: Sequence[str], new: Sequence[str]) -> list[_Marked]:
    found: list[_Marked] = []
    for is_same, removed, added in _aligned(old, new):
        if not is_same:
            found += _marked("removed", removed)
        found += _marked("same" if is_same else "added", added)
    return found


def _aligned(old: _Texts, new: _Texts) -> Iterator[tuple[bool, _Texts, _Texts]]:
    """Yield runs of two sequences, and whether they are equal; too long ones as one that is not.

    Most edits are small: what is equal at both ends is set apart before anything is normalized.
    """
    head = _equal(old, new)
    tail = _equal(old[head:][::-1], new[head:][::-1])
    yield True, old[:head], new[:head]
    gone, come = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(gone) * len(come) > _MOST_PAIRS:
        yield False, gone, come
    else:
        # No "junk": it leaves frequent words out, and Vietnamese syllables are frequent.
        keys = [_key(text) for text in gone], [_key(text) for text in come]
        for op, i, j, k, m in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
            yield op == "equal", gone[i:j], come[k:m]
    yield True, old[len(old) - tail :], new[len(new) - tail :]


def _equal(old: Sequence[str], new: Sequence[str]) -> int:
    """Return how many texts at the beginning are equal."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(old), len(new)))


def _key(text: str) -> str:
    """Return words as they are compared: one Unicode form, one way to place tones."""
    return canonical_tone(normalize(text)).strip(" ")


def _words(paragraphs: Sequence[str]) -> list[str]:
    return _WORD.findall("".join(paragraphs))


def _marked(op: Op, texts: Sequence[str]) -> list[_Marked]:
    return [(op, text) for text in texts]


def _captions(article: Article) -> str:
    pairs = ((image.caption or "", image.credit or "") for image in article.images)
    return "\n".join(" / ".join(filter(None, pair)) for pair in pairs if any(pair))


def _time(moment: datetime | None) -> str:
    return time_text(moment) if moment else ""


_FIELDS: dict[str, Callable[[Article], str]] = {
    "title": lambda article: article.title,
    "sapo": lambda article: article.sapo or "",
    "body": lambda article: article.body,
    "captions": _captions,
    "authors": lambda article: ", ".join(article.authors),
    "byline": lambda article: article.byline or "",
    "credit": lambda article: article.credit or "",
    "published_at": lambda article: _time(article.published_at),
    "modified_at": lambda article: _time(article.modified_at),
}
