"""Page fixtures: a saved page beside what must come out of it, one JSON form. Pure."""

from datetime import datetime
from typing import Any

from crawler.page.response import Page
from storage.model.articles import Article, Block, Image, Refusal

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
