"""An article as JSON and back, without loss. Pure.

The JSON is what the archive keeps of every distinct content; SQL and DuckDB can read it. What two
versions of our extraction code read alike is one content: the version is kept with the captures.
Unknown values and empty lists are left out, so a field that is added later needs no rewrite.
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
    """Return an aware `moment` in UTC. Raises ValueError, naming `what`, where it has no zone."""
    if moment.utcoffset() is None:
        raise ValueError(f"{what} has no time zone: {moment.isoformat()}")
    return moment.astimezone(UTC)


class Window(Protocol):
    """A query with bounds in time: `since` is inclusive, `until` exclusive."""

    @property
    def since(self) -> datetime | None:
        """The first moment."""

    @property
    def until(self) -> datetime | None:
        """The moment after the last."""


def check_window(query: Window) -> None:
    """Raise ValueError where a bound of a query's window in time has no zone."""
    for moment, what in ((query.since, "since"), (query.until, "until")):
        if moment is not None:
            in_utc(moment, what)


def article_to_json(article: Article) -> str:
    """Return `article` without its extraction's version as one line of JSON.

    Articles equal but for that version give the same text. Raises ValueError where a time has no
    zone.
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
        text.encode()  # a fifth of the time that looking for them takes
    except UnicodeEncodeError:
        return escaped(text)
    return text


def article_from_json(text: str, version: int) -> Article:
    """Return the article that `article_to_json` wrote, as read by that version of our code."""
    row = json.loads(text)
    row["extraction"]["version"] = version
    return Article(
        **{key: _READERS[key](value) if key in _READERS else value for key, value in row.items()}
    )
