"""Page fixtures: a saved page beside what must come out of it, one JSON form."""

import json
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from crawler.page.response import Page
from crawler.shipped import is_clone, shipped
from storage.errors import UsageError
from storage.model.articles import Article, Block, Image, Refusal

WARNING = (
    "real articles must not enter the repository: keep the markup, and write every sentence, name "
    "and caption again, about an invented event, before you commit"
)
_FIELDS = (
    "title", "dateline", "sapo", "blocks", "authors", "byline", "credit", "published_at",
    "modified_at", "published_rule", "section", "tags", "images", "kind", "language", "notes",
    "article_id", "family", "layout", "path"
)  # fmt: skip


def expected_value(result: Article | Refusal, field: str) -> Any:
    """Return one field as a fixture's JSON holds it.

    Times are ISO 8601 in UTC; blocks [kind, text]; images [url, caption, credit]; "refusal" is
    the reason, null for an article. A refusal has no other field: its description is returned.
    """
    if isinstance(result, Refusal):
        reason = result.reason.value
        return reason if field == "refusal" else f"refused: {reason}: {result.evidence}"
    if field == "refusal":
        return None
    in_extraction = field in {"family", "layout", "path"}
    return _plain(getattr(result.extraction if in_extraction else result, field))


def _plain(value: Any) -> Any:
    match value:
        case tuple():
            return [_plain(each) for each in value]
        case Block(kind, text):
            return [kind, text]
        case Image(url, caption, credit):
            return [url, caption, credit]
        case datetime():
            return value.isoformat()
    return value


def proposed_fixture(page: Page, outlet: str | None, result: Article | Refusal) -> dict[str, Any]:
    """Return a fixture that expects what the code says today, until a person confirms it.

    outlet: the slug whose file the page is read with; None to detect the family by the page.
    """
    fields = _FIELDS if isinstance(result, Article) else ("refusal",)
    return {
        "url": page.url,
        **({"outlet": outlet} if outlet else {}),
        "fetched_at": page.fetched_at.isoformat(),
        "status": page.status,
        "confirmed": False,
        "expect": {field: expected_value(result, field) for field in fields},
    }


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
