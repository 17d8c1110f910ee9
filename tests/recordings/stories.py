"""Read the stories: one TOML file each, the body in a small mark-up of its own.

Blocks of a body are separated by blank lines. A block is a subhead (`## …`), a quotation
(`> …`), a list (`- …` lines), a picture (`![file] caption | photo credit`), a box of related
stories (`[[related ID ID]]`), a note that is no text (`[[note …]]`), or else a paragraph, which
may hold links to other stories: `[words](ID)`.
"""

import re
import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from storage.text.normalize import fold

FOLDER = Path(__file__).parent / "stories"
LINK = re.compile(r"\[([^\]]+)\]\((\d+)\)")
PartKind = Literal["paragraph", "heading", "quote", "list", "image", "related", "note"]
_PICTURE = re.compile(r"!\[(?P<file>\S+)\]\s*(?P<caption>[^|]+?)\s*(?:\|\s*(?P<credit>.+))?")
_BOX = re.compile(r"\[\[(?P<kind>related|note)\s+(?P<rest>.+)\]\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Session:
    """One visit to both outlets. `number` counts the sessions of the day from 0."""

    name: str
    number: int
    start: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """One block of a body. `text` may hold links; `items` is a list's; `ids` a related box's."""

    kind: PartKind
    text: str = ""
    file: str = ""
    credit: str = ""
    items: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()

    @property
    def caption(self) -> str:
        """A picture's caption as the page prints it, with the photo credit."""
        return f"{self.text} {self.credit}".strip()


@dataclass(frozen=True, slots=True)
class Story:
    """One story as it stands in one session.

    answer: what the server sends for its URL: the "article", or a "challenge", "gone", "video".
    restless: view counter and related boxes follow the session, though the text does not.
    theme: the older of an outlet's two article templates where it is "old".
    """

    outlet: str
    id: int
    title: str
    section: str
    published: datetime
    sapo: str = ""
    parts: tuple[Part, ...] = ()
    slug: str = ""
    dateline: str | None = None
    authors: tuple[str, ...] = ()
    credit: str | None = None
    tags: tuple[str, ...] = ()
    kind: str = "text"
    modified: datetime | None = None
    old_slug: str | None = None
    amp: bool = False
    restless: bool = False
    byline_in_body: bool = False
    theme: str = "new"
    answer: str = "article"
    views: int = field(default=0)

    @property
    def byline(self) -> str | None:
        """The author line as printed."""
        if self.credit:
            return f"Theo {self.credit}"
        return " - ".join(self.authors) or None

    @property
    def pictures(self) -> list[Part]:
        """The pictures of the body, in order."""
        return [part for part in self.parts if part.kind == "image"]


def slugify(title: str) -> str:
    """Return a title as both outlets write it in an address."""
    return re.sub(r"[^a-z0-9]+", "-", fold(title)).strip("-")


def plain(text: str) -> str:
    """Return a text without its links, keeping their words."""
    return LINK.sub(r"\1", text)


def _parse_box(kind: str, rest: str) -> Part:
    if kind == "note":
        return Part("note", text=rest)
    return Part("related", ids=tuple(int(number) for number in rest.split()))


def _parse_part(block: str) -> Part:
    if box := _BOX.fullmatch(block):
        return _parse_box(box["kind"], box["rest"])
    if match := _PICTURE.fullmatch(block):
        return Part("image", match["caption"], file=match["file"], credit=match["credit"] or "")
    if block.startswith("- "):
        return Part("list", items=tuple(line.removeprefix("- ") for line in block.splitlines()))
    text = " ".join(block.split())
    kinds: dict[str, PartKind] = {"##": "heading", ">": "quote"}
    mark, _, rest = text.partition(" ")
    return Part(kinds[mark], rest) if mark in kinds else Part("paragraph", text)


def parse_body(body: str) -> tuple[Part, ...]:
    """Return the blocks of a body in the mark-up that this module's docstring describes."""
    blocks = re.split(r"\n\s*\n", body.strip())
    return tuple(_parse_part(block.strip()) for block in blocks if block.strip())


def _edited(raw: dict[str, Any], session: Session) -> dict[str, Any]:
    """Return a story's values with the changes that its table for this session lists."""
    values = {key: value for key, value in raw.items() if key not in {"morning", "evening"}}
    change = dict(raw.get(session.name, {}))
    for old, new in change.pop("replace", []):
        if old not in values["body"]:
            raise ValueError(f"{raw['title']}: no {old!r} in the body to replace")
        values["body"] = values["body"].replace(old, new)
    values["body"] = values.get("body", "") + "\n\n" + change.pop("append", "")
    return values | change


def _story(raw: dict[str, Any], outlet: str, session: Session) -> Story:
    values = _edited(raw, session)
    parts = parse_body(values.pop("body"))
    for name in ("authors", "tags"):
        values[name] = tuple(values.get(name, ()))
    values.setdefault("slug", slugify(raw["title"]))
    return Story(outlet=outlet, parts=parts, **values)


def load_stories(outlet: str, session: Session) -> list[Story]:
    """Return an outlet's stories as they stand in a session, newest first.

    What is published less than five minutes before the session, or after it, is not there yet.
    """
    stories = [
        _story(tomllib.loads(path.read_text(encoding="utf-8")), outlet, session)
        for path in sorted((FOLDER / outlet).glob("*.toml"))
    ]
    until = session.start - timedelta(minutes=5)
    there = [story for story in stories if story.published <= until]
    return sorted(there, key=lambda story: (story.published, story.id), reverse=True)
