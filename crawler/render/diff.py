"""Word-by-word differences between two states of an article. Pure."""

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

# The comparison is quadratic in the number of words: about a second for this many pairs.
_MAX_PAIRS = 4_000_000
_PARAGRAPH = re.compile(r"[^\n]*\n|[^\n]+")
_WORD = re.compile(r"\n|[^\S\n]*\S+[^\S\n]*|[^\S\n]+")  # each with the blanks around it
_Marked = tuple[Op, str]
_Texts = Sequence[str]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that are unchanged, removed or added; "\\n" between paragraphs."""

    op: Op
    text: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that differs. pieces: without the added ones they are the text before the change."""

    field: str
    pieces: tuple[Piece, ...]


def compare_articles(before: Article, after: Article) -> tuple[FieldChange, ...]:
    """Return the visible fields that differ, in reading order."""
    changes = []
    for field, text_of in _FIELDS.items():
        pieces = compare_texts(text_of(before), text_of(after))
        if any(piece.op != "same" for piece in pieces):
            changes.append(FieldChange(field, pieces))
    return tuple(changes)


def changed_share(before: Article, after: Article) -> float:
    """Return the share of changed words in title, sapo and body, from 0 to 1.

    It is the larger of the removed and added words, so that a cut and an addition count alike.
    """
    texts = [
        "\n".join((article.title, article.sapo or "", *(block.text for block in article.blocks)))
        for article in (before, after)
    ]
    counts: dict[Op, int] = {"same": 0, "removed": 0, "added": 0}
    for piece in compare_texts(*texts):
        counts[piece.op] += len(piece.text.split())
    changed = max(counts["removed"], counts["added"])
    return changed / (counts["same"] + changed) if changed else 0.0


def compare_texts(before: str, after: str) -> tuple[Piece, ...]:
    """Return the differences of two texts; equal paragraphs are matched first.

    The unchanged and added pieces joined are exactly `after`; the unchanged and removed ones are
    `before`, except for blanks, Unicode form and tone placement.
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
    """Return a share of words in percent; a small one is "< 1%", not 0%."""
    return f"{share:.0%}" if share >= 0.01 or not share else "< 1%"


def _compare_words(old: Sequence[str], new: Sequence[str]) -> list[_Marked]:
    found: list[_Marked] = []
    for is_same, removed, added in _aligned(old, new):
        if not is_same:
            found += _marked("removed", removed)
        found += _marked("same" if is_same else "added", added)
    return found


def _aligned(old: _Texts, new: _Texts) -> Iterator[tuple[bool, _Texts, _Texts]]:
    """Yield aligned runs of two sequences, each with whether they are equal.

    Most edits are small: equal items at both ends are matched before anything is normalized.
    Sequences with more than `_MAX_PAIRS` pairs left are not aligned: they are one unequal run.
    """
    head = _common_prefix(old, new)
    tail = _common_prefix(old[head:][::-1], new[head:][::-1])
    yield True, old[:head], new[:head]
    removed, added = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(removed) * len(added) > _MAX_PAIRS:
        yield False, removed, added
    else:
        # autojunk ignores frequent items, and Vietnamese syllables are frequent.
        keys = [_key(text) for text in removed], [_key(text) for text in added]
        for op, i, j, k, m in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
            yield op == "equal", removed[i:j], added[k:m]
    yield True, old[len(old) - tail :], new[len(new) - tail :]


def _common_prefix(old: Sequence[str], new: Sequence[str]) -> int:
    """Return the length of the common prefix."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, pair in pairs if pair[0] != pair[1]), min(len(old), len(new)))


def _key(text: str) -> str:
    """Return a text in the form in which it is compared: normalized Unicode and tone placement."""
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
