"""Quotes for digests: the sentence with a match, and the words that an edit changed. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from crawler.render.diff import Piece, compare_articles, lines_of
from storage.model.articles import Article
from storage.model.places import Field
from storage.model.search import Mark

Style = Literal["plain", "found", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters of one style."""

    text: str
    style: Style = "plain"


_LONGEST = 320  # characters of a quote
_AROUND = 60  # unchanged characters that are kept on each side of a change
_END = re.compile(r"[.!?…]+[\"”’)]*\s+|\n")
_FIELDS: tuple[Field, ...] = ("body", "sapo", "title")
_STYLES: dict[str, Style] = {"same": "plain", "removed": "removed", "added": "added"}


def sentence_with(article: Article, marks: Sequence[Mark]) -> tuple[Span, ...]:
    """Return the first sentence of the body, or else of the sapo, that has a mark.

    If neither has one, return the first sentence of the sapo, or else of the body; an empty tuple
    if both are empty.
    """
    texts = {"body": article.body, "sapo": article.sapo or "", "title": article.title}
    for field in _FIELDS[:2]:
        own = [(mark.start, mark.end) for mark in marks if mark.field == field]
        if own:
            return _sentence(texts[field], own)
    lead = texts["sapo"] or texts["body"]
    return _sentence(lead, [(0, 0)]) if lead else ()


def _sentence(text: str, marks: Sequence[tuple[int, int]]) -> tuple[Span, ...]:
    first, last = marks[0]
    start, end = 0, len(text)
    for match in _END.finditer(text):
        if match.end() <= first:
            start = match.end()
        elif match.start() >= last:
            end = match.end()
            break
    if end - start > _LONGEST:
        start = max(start, first - _LONGEST // 3)
        end = min(end, start + _LONGEST)
    spans, at = [], start
    for begin, stop in marks:
        if start <= begin < stop <= end:
            spans += [Span(text[at:begin]), Span(text[begin:stop], "found")]
            at = stop
    spans.append(Span(text[at:end].rstrip()))
    return _with_ellipses(text, start, end, [span for span in spans if span.text])


def _with_ellipses(text: str, start: int, end: int, spans: list[Span]) -> tuple[Span, ...]:
    """Return the spans with an ellipsis where they begin or end within a sentence."""
    if start and not _END.search(text[max(0, start - 4) : start]):
        spans.insert(0, Span("… "))
    if end < len(text) and not _END.search(text[max(0, end - 4) : end]):
        spans.append(Span(" …"))
    return tuple(spans)


def changed_lines(before: Article, after: Article, most: int) -> tuple[tuple[Span, ...], ...]:
    """Return the changed paragraphs of title, sapo and body, shortened around the changes."""
    lines = [
        line
        for change in compare_articles(before, after)
        if change.field in ("title", "sapo", "body")
        for line in _paragraphs(change.pieces)
    ]
    return tuple(lines[:most])


def _paragraphs(pieces: Sequence[Piece]) -> list[tuple[Span, ...]]:
    lines = [[Span(piece.text, _STYLES[piece.op]) for piece in line] for line in lines_of(pieces)]
    changed = (line for line in lines if any(s.style != "plain" and s.text.strip() for s in line))
    return [_cut(line) for line in changed]


def _cut(line: Sequence[Span]) -> tuple[Span, ...]:
    """Merge adjacent spans of one style, and shorten the unchanged ones."""
    joined = [
        Span("".join(span.text for span in run), style)
        for style, run in groupby(line, key=lambda span: span.style)
    ]
    spans = []
    for at, span in enumerate(joined):
        text = span.text
        if span.style != "plain":
            text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
        elif len(text) > 2 * _AROUND:
            start = text[:_AROUND] if at else ""
            end = text[-_AROUND:] if at < len(joined) - 1 else ""
            text = f"{start} … {end}"
        spans.append(Span(text, span.style))
    return tuple(span for span in spans if span.text)
