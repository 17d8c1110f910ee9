"""No control character leaves extraction, whichever field a page puts it into. Pure."""

import re
from dataclasses import fields, replace
from operator import is_
from typing import Any

from storage.model.articles import Article, Block, Image
from storage.text.normalize import CONTROLS

_CONTROLS = re.compile(f"[{CONTROLS}]")


def without_controls(article: Article) -> Article:
    """Return an article whose texts hold no control characters."""
    clean: Article = _of_fields(article)
    return clean


def _of_fields(item: Any) -> Any:
    """Return an item with clean fields; the very same one where they all are."""
    values = {field.name: getattr(item, field.name) for field in fields(item)}
    changed = {
        name: clean for name, value in values.items() if (clean := _clean(value)) is not value
    }
    return replace(item, **changed) if changed else item


def _clean(value: Any) -> Any:
    """Return a field's value without controls, the very same one where it has none."""
    if isinstance(value, str):
        return value if value.isprintable() else _CONTROLS.sub("", value)
    if isinstance(value, Block | Image):
        return _of_fields(value)
    if isinstance(value, tuple):
        parts = tuple(map(_clean, value))
        return value if all(map(is_, parts, value)) else parts
    return value
