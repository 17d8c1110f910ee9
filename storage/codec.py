"""An article as JSON and back, without loss. Pure.

The JSON is what the archive keeps of every distinct content; SQL and DuckDB can read it. What two
versions of our extraction code read alike is one content: the version stands with the captures.
Unknown values and empty lists are left out, so a field that is added later needs no rewrite.
"""

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from storage.model import Article, Block, Extraction, Image

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
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


def article_to_json(article: Article) -> str:
    """Return `article` without its extraction's version as one line of JSON.

    Articles equal but for that version give the same text. Raises ValueError where a time has no
    zone.
    """
    every = asdict(article)
    del every["extraction"]["version"]
    fields = {key: every[key] for key in every if every[key] not in (None, ()) or key == "blocks"}
    for name in _TIMES:
        if name in fields:
            fields[name] = in_utc(fields[name], name).isoformat()
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    # UTF-8 has no lone surrogates and databases refuse them; JSON can escape them.
    return _LONE_SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def article_from_json(text: str, version: int) -> Article:
    """Return the article that `article_to_json` wrote, as read by that version of our code."""
    fields = json.loads(text)
    fields["extraction"]["version"] = version
    return Article(
        **{key: _READERS[key](value) if key in _READERS else value for key, value in fields.items()}
    )
