"""An article as plain data for JSON, under the keys that docs/json.md has fixed. Pure."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from storage.model.articles import Article

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")


def time_json(moment: datetime | None) -> str | None:
    """Return ISO 8601 with Việt Nam's offset, the one the pages themselves print."""
    return moment.astimezone(LOCAL).isoformat() if moment else None


def article_json(article: Article) -> dict[str, Any]:
    """Return an article with the keys that `tinquan extract` has fixed (docs/json.md)."""
    return {
        "outlet": article.outlet,
        "article_id": article.article_id,
        "url": article.url,
        "title": article.title or None,
        "dateline": article.dateline,
        "sapo": article.sapo,
        "body": article.body,
        "blocks": [{"kind": block.kind, "text": block.text} for block in article.blocks],
        "authors": list(article.authors),
        "byline": article.byline,
        "credit": article.credit,
        "published_at": time_json(article.published_at),
        "modified_at": time_json(article.modified_at),
        "published_raw": article.published_raw,
        "published_rule": article.published_rule,
        "section": list(article.section),
        "tags": list(article.tags),
        "images": [
            {"url": image.url, "caption": image.caption, "credit": image.credit}
            for image in article.images
        ],
        "kind": article.kind,
        "language": article.language,
        "notes": list(article.notes),
        "extraction": {
            "family": article.extraction.family,
            "layout": article.extraction.layout,
            "path": article.extraction.path,
            "version": article.extraction.version,
        },
        "refusal": None,
    }
