"""Lossless conversion between an article and its JSON. Pure.

The archive stores one JSON text for each distinct content; SQL and DuckDB can read it. The version
of the extraction code is stored with the captures instead, so two versions that read a page alike
share one content. Missing values and empty lists are left out, so that a field added later needs
no rewrite of stored rows.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from storage.model.articles import Article, Block, Extraction, Image
from storage.model.json import plain
from storage.text.normalize import escaped

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_TIMES = ("published_at", "modified_at")
_READERS: dict[str, Callable[[Any], Any]] = {
    "blocks": lambda rows: tuple(Block(**row) for row in rows),
    "images": lambda rows: tuple(Image(**row) for row in rows),
    "extraction": lambda row: Extraction(**row),
    **dict.fromkeys(_TIMES, datetime.fromisoformat),
    **dict.fromkeys(("authors", "section", "tags", "notes"), tuple),
}


def in_utc(moment: datetime, what: str) -> datetime:
    """Return `moment` in UTC. Raises ValueError, which names it as `what`, if it is naive."""
    if moment.utcoffset() is None:
        raise ValueError(f"{what} has no time zone: {moment.isoformat()}")
    return moment.astimezone(UTC)


class Window(Protocol):
    """A query with a time range: `since` is inclusive, `until` exclusive."""

    @property
    def since(self) -> datetime | None:
        """The start; None for no lower bound."""

    @property
    def until(self) -> datetime | None:
        """The end; None for no upper bound."""


def check_window(query: Window) -> None:
    """Raise ValueError if a bound of a query's time range is naive."""
    for moment, what in ((query.since, "since"), (query.until, "until")):
        if moment is not None:
            in_utc(moment, what)


def article_to_json(article: Article) -> str:
    """Return `article` as one line of JSON, without the version of the extraction code.

    Articles that differ only in that version give the same text. Raises ValueError if a time is
    naive.
    """
    row = plain(article)
    del row["extraction"]["version"]
    for name in _TIMES:
        row[name] = row[name] and in_utc(row[name], name).isoformat()
    row = {
        name: value for name, value in row.items() if value not in (None, []) or name == "blocks"
    }
    text = _encode(row)
    try:
        text.encode()  # takes a fifth of the time of a search for lone surrogates
    except UnicodeEncodeError:
        return escaped(text)
    return text


def article_from_json(text: str, version: int) -> Article:
    """Return the article in a JSON text of `article_to_json`.

    version: of the extraction code that read it.
    """
    row = json.loads(text)
    row["extraction"]["version"] = version
    return Article(
        **{key: _READERS[key](value) if key in _READERS else value for key, value in row.items()}
    )
