"""A feed of what a query found, as Atom (RFC 4287), with tag URIs (RFC 4151). Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree as ET

from crawler.watch.digest import Entries, Entry, visible
from crawler.watch.html import entry_html
from crawler.watch.words import HEADINGS
from storage.model.articles import Article
from storage.model.watches import Report

_ATOM = "http://www.w3.org/2005/Atom"
_SINCE = "2026"  # the year in which addresses of this form begin
_NOBODY = "tinquan.invalid"
_EMPTY = datetime(2026, 1, 1, tzinfo=UTC)  # what a feed without entries was updated at


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An article, or one of its states. path: what tells it from others in the archive."""

    path: str
    updated: datetime
    label: str
    entry: Entry
    article: Article


def tag_authority(contact: str) -> str:
    """Return whose tag URIs they are: an address, or the host of a page."""
    host = urlsplit(contact).hostname if "://" in contact else contact
    return host or _NOBODY


def atom_of(title: str, path: str, authority: str, entries: Sequence[FeedEntry]) -> bytes:
    """Return a feed. path: what tells it from other feeds of the same authority."""
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed")
    newest = max((one.updated for one in entries), default=_EMPTY)
    _add(feed, "id", _tag(authority, path))
    _add(feed, "title", title)
    _add(feed, "updated", _time(newest))
    _add(_add(feed, "author"), "name", "tinquan")
    _add(feed, "generator", "tinquan")
    for one in entries:
        _entry(_add(feed, "entry"), one, authority)
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _entry(made: ET.Element, one: FeedEntry, authority: str) -> None:
    article = one.article
    _add(made, "id", _tag(authority, one.path))
    _add(made, "title", f"{one.label}: {one.entry.title}" if one.label else one.entry.title)
    _add(made, "updated", _time(one.updated))
    if article.published_at:
        _add(made, "published", _time(article.published_at))
    for name in article.authors or (article.outlet,):
        _add(_add(made, "author"), "name", name)
    if one.entry.url:
        _add(made, "link", rel="alternate", href=one.entry.url)
    _add(made, "content", entry_html(one.entry), type="html")


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    made = ET.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    made.text = visible(text) or None
    return made


def _tag(authority: str, path: str) -> str:
    return f"tag:{authority},{_SINCE}:tinquan/{quote(path)}"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def feed_entries(report: Report, entries: Entries) -> list[FeedEntry]:
    """Return what a report holds, what was learned last first."""
    return sorted(_all(report, entries), key=lambda one: (one.updated, one.path), reverse=True)


def _all(report: Report, entries: Entries) -> Iterator[FeedEntry]:
    headings = HEADINGS[entries.language]
    for story in (*report.new, *report.copies):
        found = story.article
        made = entries.story(story)
        yield FeedEntry(f"article/{found.id}", story.learned_at, "", made, found.latest.article)
    for arrived in report.edits:
        edit = arrived.edit
        path = f"article/{edit.id}/state/{edit.after.number}"
        made = entries.edit(arrived)
        yield FeedEntry(path, arrived.learned_at, headings["edits"], made, edit.after.article)
    for found in report.removed:
        since = found.removed_at or found.latest.last_seen_at
        path = f"article/{found.id}/removed/{since:%Y%m%dT%H%M%SZ}"
        made = entries.removed(found)
        yield FeedEntry(path, since, headings["removed"], made, found.latest.article)
