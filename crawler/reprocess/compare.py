"""Two readings of one capture, field by field. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from difflib import unified_diff
from enum import StrEnum
from typing import Any

from crawler.render.base import time_json
from storage.model.articles import FAILURES, Article, Block, Image, Refusal

Result = Article | Refusal


# A diff by sentence shows the one that changed, where one by paragraph repeats the others.
_SENTENCE_END = re.compile(r"(?<=[.!?…:;])\s+")


class Effect(StrEnum):
    """What reading a capture again comes to."""

    SAME = "same"
    CHANGED = "changed"  # another article, or another refusal
    REFUSED = "refused"  # an article became a refusal
    ADMITTED = "admitted"  # a refusal became an article
    FAILED = "failed"  # our code crashed or took too long: what was read before counts


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """A field that differs, "body" for the blocks; `lines` are those of a unified diff."""

    field: str
    lines: tuple[str, ...]


def effect_of(before: Result, after: Result) -> Effect:
    """Return what it comes to that `before` is now read as `after`."""
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

    "body" means the blocks, "refusal" all where one of the two is no article. The
    version of our code is no difference.
    """
    if isinstance(before, Refusal) or isinstance(after, Refusal):
        same = isinstance(after, Refusal) and replace(after, version=0) == (
            replace(before, version=0) if isinstance(before, Refusal) else None
        )
        return () if same else ("refusal",)
    after = replace(after, extraction=replace(after.extraction, version=before.extraction.version))
    names = [field.name for field in fields(Article)]
    found = [name for name in names if getattr(before, name) != getattr(after, name)]
    return tuple("body" if name == "blocks" else name for name in found)


def field_diffs(before: Result, after: Result) -> tuple[FieldDiff, ...]:
    """Return a unified diff of each field that differs, one line of context around a change."""
    return tuple(
        FieldDiff(name, _diff(_lines(before, name), _lines(after, name)))
        for name in differing_fields(before, after)
    )


def _diff(before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    found = list(unified_diff(before, after, n=1, lineterm=""))
    return tuple(line for line in found[2:])  # without the two lines that name files


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
    """Return blocks by the sentence; the first of each says what its block is."""
    lines = []
    for block in blocks:
        first, *rest = _SENTENCE_END.split(block.text)
        lines += [f"{block.kind}: {first}", *(f"    {sentence}" for sentence in rest)]
    return lines


def _picture(image: Image) -> str:
    return " | ".join((image.url, image.caption or "–", image.credit or "–"))
