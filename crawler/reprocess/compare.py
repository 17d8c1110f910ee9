"""Comparison of two extraction results of one capture, field by field. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from difflib import unified_diff
from enum import StrEnum
from typing import Any

from crawler.render.base import time_json
from storage.model.articles import FAILURES, Article, Block, Image, Refusal

Result = Article | Refusal


# A diff by sentence shows only the sentence that changed, not its whole paragraph.
_SENTENCE_END = re.compile(r"(?<=[.!?…:;])\s+")


class Effect(StrEnum):
    """The effect of re-extracting a capture."""

    SAME = "same"
    CHANGED = "changed"  # a different article, or a different refusal
    REFUSED = "refused"  # an article became a refusal
    ADMITTED = "admitted"  # a refusal became an article
    FAILED = "failed"  # extraction crashed or timed out: the previous result is kept


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """A field that differs, "body" for the blocks, with the lines of a unified diff."""

    field: str
    lines: tuple[str, ...]


def effect_of(before: Result, after: Result) -> Effect:
    """Return the effect of replacing the result `before` by `after`."""
    if isinstance(after, Refusal):
        if after.reason in FAILURES:
            return Effect.FAILED
        if isinstance(before, Article):
            return Effect.REFUSED
    elif isinstance(before, Refusal):
        return Effect.ADMITTED
    return Effect.CHANGED if differing_fields(before, after) else Effect.SAME


def differing_fields(before: Result, after: Result) -> tuple[str, ...]:
    """Return the names of the fields that differ, in the order of `Article`.

    "body" stands for the blocks, "refusal" for everything if one of the two is a refusal. The
    version of the extraction code is ignored.
    """
    if isinstance(before, Refusal) or isinstance(after, Refusal):
        is_same = isinstance(after, Refusal) and replace(after, version=0) == (
            replace(before, version=0) if isinstance(before, Refusal) else None
        )
        return () if is_same else ("refusal",)
    after = replace(after, extraction=replace(after.extraction, version=before.extraction.version))
    names = [field.name for field in fields(Article)]
    differing = [name for name in names if getattr(before, name) != getattr(after, name)]
    return tuple("body" if name == "blocks" else name for name in differing)


def field_diffs(before: Result, after: Result) -> tuple[FieldDiff, ...]:
    """Return a unified diff of each field that differs, with one line of context."""
    return tuple(
        FieldDiff(name, _diff(_lines(before, name), _lines(after, name)))
        for name in differing_fields(before, after)
    )


def _diff(before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    diff = unified_diff(before, after, n=1, lineterm="")
    return tuple(diff)[2:]  # without the two lines that name files


def _lines(result: Result, field: str) -> list[str]:
    if isinstance(result, Refusal):
        return [f"refused as {result.reason}: {result.evidence}"]
    if field == "refusal":
        return [f"article: {result.title}", *_text(result.blocks)]
    if field == "body":
        return _text(result.blocks)
    return _value_lines(field, getattr(result, field))


def _value_lines(field: str, value: Any) -> list[str]:
    match field:
        case "images":
            return [_picture(image) for image in value]
        case "extraction":
            return [f"family {value.family}, layout {value.layout}, path {value.path}"]
        case "published_at" | "modified_at":
            value = time_json(value)
    if isinstance(value, tuple):
        return list(value)
    return [] if value is None else str(value).splitlines()


def _text(blocks: tuple[Block, ...]) -> list[str]:
    """Return the sentences of blocks; the first one of a block has its kind as a prefix."""
    lines = []
    for block in blocks:
        first, *rest = _SENTENCE_END.split(block.text)
        lines += [f"{block.kind}: {first}", *(f"    {sentence}" for sentence in rest)]
    return lines


def _picture(image: Image) -> str:
    return " | ".join((image.url, image.caption or "–", image.credit or "–"))
