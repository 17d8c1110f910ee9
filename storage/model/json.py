"""An article as plain data for JSON. Pure."""

from dataclasses import fields
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from storage.model.articles import Article

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")

_FIELDS = tuple(field.name for field in fields(Article))
ARTICLE_KEYS = (
    *("outlet", "article_id", "url", "title", "dateline", "sapo", "body", "blocks", "authors"),
    *("byline", "credit", "published_at", "modified_at", "published_raw", "published_rule"),
    *("section", "tags", "images", "kind", "language", "notes", "extraction"),
)
"""The keys of an article's JSON, in order."""


def time_json(moment: datetime | None) -> str | None:
    """Return `moment` in ISO 8601 with Việt Nam's UTC offset, as outlets print it."""
    return moment.astimezone(LOCAL).isoformat() if moment else None


def plain(article: Article) -> dict[str, Any]:
    """Return an article's fields by name, with tuples as lists and times as datetimes."""
    # By hand: dataclasses.asdict copies every value deeply, which takes four times as long.
    values = ((name, getattr(article, name)) for name in _FIELDS)
    row = {name: list(value) if isinstance(value, tuple) else value for name, value in values}
    extraction = article.extraction
    row["blocks"] = [{"kind": block.kind, "text": block.text} for block in article.blocks]
    row["images"] = [
        {"url": image.url, "caption": image.caption, "credit": image.credit}
        for image in article.images
    ]
    row["extraction"] = {
        "family": extraction.family,
        "layout": extraction.layout,
        "path": extraction.path,
        "version": extraction.version,
    }
    return row


def article_json(article: Article) -> dict[str, Any]:
    """Return an article with the JSON keys of `tinquan extract` (docs/json.md)."""
    row = plain(article) | {
        "title": article.title or None,
        "body": article.body,
        "published_at": time_json(article.published_at),
        "modified_at": time_json(article.modified_at),
    }
    return {**{key: row[key] for key in ARTICLE_KEYS}, "refusal": None}
