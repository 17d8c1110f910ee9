"""The sentence in which something stands, and the words that an edit changed. Pure."""

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
    """Characters in a row that look alike."""

    text: str
    style: Style = "plain"


_LONGEST = 320  # characters of a quote
_AROUND = 60  # of these, kept on each side of a change
_END = re.compile(r"[.!?…]+[\"”’)]*\s+|\n")
_FIELDS: tuple[Field, ...] = ("body", "sapo", "title")
_STYLES: dict[str, Style] = {"same": "plain", "removed": "removed", "added": "added"}


def sentence_with(article: Article, marks: Sequence[Mark]) -> tuple[Span, ...]:
    """Return the first sentence of body, else sapo, that has a mark; else the lead's first.

    Nothing where the title alone has one and there is no lead.
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
    for one, other in marks:
        if start <= one < other <= end:
            spans += [Span(text[at:one]), Span(text[one:other], "found")]
            at = other
    spans.append(Span(text[at:end].rstrip()))
    return _whole(text, start, end, [span for span in spans if span.text])


def _whole(text: str, start: int, end: int, spans: list[Span]) -> tuple[Span, ...]:
    """Say by dots where a piece of a sentence begins or ends within it."""
    if start and not _END.search(text[max(0, start - 4) : start]):
        spans.insert(0, Span("… "))
    if end < len(text) and not _END.search(text[max(0, end - 4) : end]):
        spans.append(Span(" …"))
    return tuple(spans)


def changed_lines(before: Article, after: Article, most: int) -> tuple[tuple[Span, ...], ...]:
    """Return the paragraphs of title, sapo and body that changed, cut around what changed."""
    lines = [
        line
        for change in compare_articles(before, after)
        if change.field in ("title", "sapo", "body")
        for line in _paragraphs(change.pieces)
    ]
    return tuple(lines[:most])


def _paragraphs(pieces: Sequence[Piece]) -> list[tuple[Span, ...]]:
    lines = [[Span(one.text, _STYLES[one.op]) for one in line] for line in lines_of(pieces)]
    changed = (line for line in lines if any(s.style != "plain" and s.text.strip() for s in line))
    return [_cut(line) for line in changed]


def _cut(line: Sequence[Span]) -> tuple[Span, ...]:
    """Shorten what stayed; words that look alike become one piece."""
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
            begun = text[:_AROUND] if at else ""
            ended = text[-_AROUND:] if at < len(joined) - 1 else ""
            text = f"{begun} … {ended}"
        spans.append(Span(text, span.style))
    return tuple(span for span in spans if span.text)
