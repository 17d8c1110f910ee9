"""Page fixtures as files, each a page with what must come out of it."""

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from crawler.shipped import is_clone, shipped
from storage.errors import UsageError
from storage.model.articles import Article, Refusal

WARNING = (
    "real articles must not enter the repository: keep the markup, and write every sentence, name "
    "and caption again, about an invented event, before you commit"
)


def fixtures() -> Path:
    """Return the folder of a clone's page fixtures; elsewhere one in the current folder, made."""
    if is_clone():
        return shipped("outlets").parent.parent / "tests" / "pages"
    pages = Path("pages").resolve()
    with suppress(OSError):  # the fixture's own error says more
        pages.mkdir(exist_ok=True)
    return pages


def proposed_name(result: Article | Refusal) -> str:
    """Return a fixture's name: the outlet with the article's id, or with what refused it."""
    mark = result.article_id or "page" if isinstance(result, Article) else result.reason.value
    return re.sub(r"[^\w-]+", "_", f"{result.outlet}_{mark}", flags=re.ASCII)


def write_fixture(folder: Path, name: str, body: bytes, fixture: dict[str, Any]) -> Path:
    """Write a fixture's two files; return the second. Raises UsageError where one is there."""
    text = json.dumps(fixture, ensure_ascii=False, indent=2) + "\n"
    page, expected = folder / f"{name}.html", folder / f"{name}.json"
    there = next((path for path in (page, expected) if path.exists()), None)
    if there:
        raise UsageError(f"{there}: is there already; a fixture is never replaced: give --name")
    try:
        with page.open("xb") as stream:
            stream.write(body)
        with expected.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(
            f"{folder}: cannot be written: {error.strerror}; expected the folder tests/pages of a "
            "clone, or --folder"
        ) from None
    return expected
