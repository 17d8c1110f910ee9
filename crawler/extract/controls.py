"""Removal of control characters from every field of an article. Pure."""

import re
from dataclasses import fields, replace
from operator import is_
from typing import Any

from storage.model.articles import Article, Block, Image
from storage.text.normalize import CONTROLS

_CONTROLS = re.compile(f"[{CONTROLS}]")


def without_controls(article: Article) -> Article:
    """Return the article without control characters in its texts."""
    clean: Article = _clean_fields(article)
    return clean


def _clean_fields(item: Any) -> Any:
    """Return a dataclass with clean fields; the same object if nothing changes."""
    values = {field.name: getattr(item, field.name) for field in fields(item)}
    changed = {
        name: clean for name, value in values.items() if (clean := _clean(value)) is not value
    }
    return replace(item, **changed) if changed else item


def _clean(value: Any) -> Any:
    """Return a value without control characters; the same object if it has none."""
    if isinstance(value, str):
        return value if value.isprintable() else _CONTROLS.sub("", value)
    if isinstance(value, Block | Image):
        return _clean_fields(value)
    if isinstance(value, tuple):
        parts = tuple(map(_clean, value))
        return value if all(map(is_, parts, value)) else parts
    return value
