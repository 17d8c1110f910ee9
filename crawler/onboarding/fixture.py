"""Page fixtures: a saved page, and the expected result of its extraction as JSON."""

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
    """Return one field in the form of a fixture's JSON.

    Times are ISO 8601 in UTC; blocks [kind, text]; images [url, caption, credit]; "refusal" is
    the reason, null for an article. For any other field of a refusal, return its description.
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
            return [_plain(item) for item in value]
        case Block(kind, text):
            return [kind, text]
        case Image(url, caption, credit):
            return [url, caption, credit]
        case datetime():
            return value.isoformat()
    return value


def proposed_fixture(page: Page, outlet: str | None, result: Article | Refusal) -> dict[str, Any]:
    """Return an unconfirmed fixture that expects today's extraction result.

    outlet: the slug whose file the page is read with; None to detect the family from the page.
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


def fixtures(outlets: Path) -> Path:
    """Return the folder for page fixtures of the outlet files in a folder.

    It is tests/pages for a clone's own outlets, and `pages` here, which is created, for others: the
    tests do not know those.
    """
    if is_clone() and outlets == shipped("outlets"):
        return outlets.parent.parent / "tests" / "pages"
    pages = Path("pages").resolve()
    with suppress(OSError):  # the fixture's own error says more
        pages.mkdir(exist_ok=True)
    return pages


def proposed_name(result: Article | Refusal) -> str:
    """Return a fixture's name: the outlet with the article's id, or with the refusal's reason."""
    suffix = result.article_id or "page" if isinstance(result, Article) else result.reason.value
    return re.sub(r"[^\w-]+", "_", f"{result.outlet}_{suffix}", flags=re.ASCII)


def write_fixture(folder: Path, name: str, body: bytes, fixture: dict[str, Any]) -> Path:
    """Write a fixture's page and JSON; return the JSON's path. Raises UsageError if one exists."""
    text = json.dumps(fixture, ensure_ascii=False, indent=2) + "\n"
    page, expected = folder / f"{name}.html", folder / f"{name}.json"
    existing = next((path for path in (page, expected) if path.exists()), None)
    if existing:
        raise UsageError(f"{existing}: exists already; a fixture is never replaced: give --name")
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
