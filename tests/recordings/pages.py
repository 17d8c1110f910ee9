"""What both outlets' sites share: stories with their addresses, cards, templates."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from crawler.families import FAMILY_NAMES
from crawler.outlets.model import Outlet, Section, load_outlets
from tests.recordings.stories import LINK, Session, Story, load_stories, plain, slugify

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
DAWN = datetime(2026, 9, 14, 7, 20, tzinfo=LOCAL)
_RECHECKED_SINCE = datetime(2026, 9, 13, 6, 0, tzinfo=LOCAL)
_EVENING_BEFORE = datetime(2026, 9, 13, 20, 15, tzinfo=LOCAL)


@dataclass(frozen=True, slots=True)
class Card:
    """A story as a listing shows it."""

    id: int
    title: str
    url: str
    image: str
    summary: str = ""
    published: datetime = _EVENING_BEFORE
    modified: datetime = _EVENING_BEFORE
    kind: str = "text"
    related: tuple["Card", ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A story and the address under which the site shows it; `old_url` leads there."""

    story: Story
    url: str
    old_url: str | None = None

    @property
    def lead(self) -> str:
        """The lead with its dateline, in the outlet's form."""
        dateline, sapo = self.story.dateline, self.story.sapo
        if dateline is None:
            return sapo
        return f"({dateline}) {sapo}" if dateline == "LĐTĐ" else f"{dateline} - {sapo}"

    def card(self, url: str | None = None, related: tuple[Card, ...] = ()) -> Card:
        """Return the story's card; `url` where a listing shows another address than its own."""
        story = self.story
        files = [part.file for part in story.pictures] or [f"{story.slug[:24]}.jpg"]
        return Card(
            id=story.id,
            title=story.title,
            url=url or self.url,
            image=files[0],
            summary=self.lead,
            published=story.published,
            modified=story.modified or story.published,
            kind=story.kind,
            related=related,
        )


@dataclass(frozen=True, slots=True)
class Special:
    """An address that leads to no article: kind "soft404" or "missing" (a real 404).

    title, section: how and where a listing links to it. reason: the refusal's name.
    """

    outlet: str
    kind: str
    url: str
    title: str
    section: str
    reason: str


@dataclass(frozen=True, slots=True)
class Site:
    """An outlet's site in one session; `raw` is its menu and its headlines of other sections."""

    session: Session
    outlet: Outlet
    raw: dict[str, Any]
    shown: tuple[Shown, ...]
    specials: tuple[Special, ...]

    @property
    def now(self) -> datetime:
        """The session's start in local time."""
        return self.session.start.astimezone(LOCAL)

    def get(self, number: int) -> Shown:
        """Return the story with this id. Raises KeyError where the session has none."""
        for shown in self.shown:
            if shown.story.id == number:
                return shown
        raise KeyError(f"{self.outlet.slug}: no story {number} in {self.session.name}")

    def others(self, story: Story | None) -> list[Card]:
        """Return the other stories: those the day began with, unless `story` is restless."""
        late = story is None or story.restless
        return [
            shown.card()
            for shown in self.shown
            if shown.story is not story and (late or shown.story.published < DAWN)
        ]

    @property
    def first(self) -> bool:
        """True in the session that has seen nothing before."""
        return self.session.number == 0

    def asked(self) -> list[Shown]:
        """Return the stories whose pages the session asks for: later ones skip what is old."""
        return [s for s in self.shown if self.first or s.story.published >= _RECHECKED_SINCE]

    def listed(self, shown: Shown) -> Card:
        """Return a card with the address that section pages link to: at first, the old one."""
        return shown.card(shown.old_url if self.first else None)

    def special_cards(self, section: Section) -> list[Card]:
        """Return the links of a section page that lead to no article."""
        return [
            Card(0, special.title, special.url, "khong-anh.jpg")
            for special in self.specials
            if special.section == section.slug and self.first
        ]

    def special_exchanges(self) -> list[tuple[Special, int]]:
        """Return the special addresses with the status that each answers."""
        there = self.specials if self.first else ()
        return [(special, 404 if special.kind == "missing" else 200) for special in there]

    def views(self, story: Story) -> int:
        """Return the view counter, which only a restless story moves between two sessions."""
        return 1200 + story.id % 977 + (731 * self.session.number if story.restless else 0)


def load_site(slug: str, session: Session, address: Callable[[Story, str], str]) -> Site:
    """Return an outlet's site in a session. `address` gives a story's URL for a slug of it."""
    raw = tomllib.loads((HERE / "stories" / f"{slug}.toml").read_text(encoding="utf-8"))
    shown = tuple(
        Shown(
            story,
            address(story, story.slug),
            address(story, story.old_slug) if story.old_slug else None,
        )
        for story in load_stories(slug, session)
    )
    specials = tuple(Special(outlet=slug, **values) for values in raw["special"])
    outlet = load_outlets(ROOT / "config" / "outlets", FAMILY_NAMES)[slug]
    return Site(session, outlet, raw, shown, specials)


def environment(family: str, **tools: Callable[..., Any]) -> Environment:
    """Return a family's templates. `tools` are functions that the templates call by name."""
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    env.globals.update(tools)
    env.filters["slug"] = slugify
    env.globals["m"] = env.get_template(f"{family}/macros.html.j2").module
    return env


def linked(text: str, anchor: Callable[[int, str], str], blank: str = " ") -> Markup:
    """Return a text as HTML, its links made by `anchor` from a story's id and the words.

    blank: what follows a link where the text has a blank.
    """
    out, end = Markup(), 0
    for match in LINK.finditer(text):
        out += escape(text[end : match.start()]) + Markup(anchor(int(match[2]), match[1]))
        end = match.end()
        if text[end : end + 1] == " ":
            out, end = out + Markup(blank), end + 1
    return out + escape(text[end:])


def summary(story: Story) -> str:
    """Return what a page's description meta says: the lead, cut at a word."""
    text = plain(story.sapo)
    return text if len(text) <= 200 else text[:200].rsplit(" ", 1)[0] + "..."
