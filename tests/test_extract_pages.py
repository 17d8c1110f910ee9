"""Every recorded page of tests/pages, field by field."""

from datetime import datetime
from typing import Any

import pytest

from crawler.extract import extract
from storage.model import Article, Refusal
from tests.pages_fixture import load_page, page_names


def _fields() -> list[tuple[str, str]]:
    return [(name, field) for name in page_names() for field in load_page(name)[1]]


def _shown(result: Article | Refusal, field: str) -> Any:
    if isinstance(result, Refusal):
        return result.reason.value if field == "refusal" else result
    match field:
        case "blocks":
            return [[block.kind, block.text] for block in result.blocks]
        case "images":
            return [[image.url, image.caption, image.credit] for image in result.images]
        case "family" | "path" | "layout":
            return getattr(result.extraction, field)
        case "refusal":
            return None
        case _:
            value = getattr(result, field)
            return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize(("name", "field"), _fields())
def test_field_of_page(name: str, field: str) -> None:
    page, expected = load_page(name)
    wanted = expected[field]
    if field.endswith("_at") and wanted:
        wanted = datetime.fromisoformat(wanted)
    assert _shown(extract(page, None), field) == wanted
