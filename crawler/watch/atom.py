"""Atom feeds (RFC 4287) of a query's results, with tag URIs (RFC 4151) as ids. Pure."""

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
_YEAR = "2026"  # the date of the tag URIs: RFC 4151 wants one on which the authority was valid
_NO_AUTHORITY = "tinquan.invalid"
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)  # the update time of a feed without entries


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An article, or one of its states. path: its unique part of the entry's tag URI."""

    path: str
    updated: datetime
    label: str
    entry: Entry
    article: Article


def tag_authority(contact: str) -> str:
    """Return the authority of tag URIs: the contact's e-mail address, or the host of its URL."""
    host = urlsplit(contact).hostname if "://" in contact else contact
    return host or _NO_AUTHORITY


def atom_of(title: str, path: str, authority: str, entries: Sequence[FeedEntry]) -> bytes:
    """Return a feed. path: its unique part of the feed's tag URI."""
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed")
    newest = max((entry.updated for entry in entries), default=_EPOCH)
    _add(feed, "id", _tag(authority, path))
    _add(feed, "title", title)
    _add(feed, "updated", _time(newest))
    _add(_add(feed, "author"), "name", "tinquan")
    _add(feed, "generator", "tinquan")
    for entry in entries:
        _add_entry(feed, entry, authority)
    xml: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return xml


def _add_entry(feed: ET.Element, found: FeedEntry, authority: str) -> None:
    article, entry = found.article, found.entry
    element = _add(feed, "entry")
    _add(element, "id", _tag(authority, found.path))
    _add(element, "title", f"{found.label}: {entry.title}" if found.label else entry.title)
    _add(element, "updated", _time(found.updated))
    if article.published_at:
        _add(element, "published", _time(article.published_at))
    for name in article.authors or (article.outlet,):
        _add(_add(element, "author"), "name", name)
    if entry.url:
        _add(element, "link", rel="alternate", href=entry.url)
    _add(element, "content", entry_html(entry), type="html")


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    element.text = visible(text) or None
    return element


def _tag(authority: str, path: str) -> str:
    return f"tag:{authority},{_YEAR}:tinquan/{quote(path)}"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def feed_entries(report: Report, entries: Entries) -> list[FeedEntry]:
    """Return the entries of a report, most recently learned first."""
    found = _unsorted(report, entries)
    return sorted(found, key=lambda entry: (entry.updated, entry.path), reverse=True)


def _unsorted(report: Report, entries: Entries) -> Iterator[FeedEntry]:
    headings = HEADINGS[entries.language]
    for story in (*report.new, *report.copies):
        found = story.article
        entry = entries.story(story)
        yield FeedEntry(f"article/{found.id}", story.learned_at, "", entry, found.latest.article)
    for arrived in report.edits:
        edit = arrived.edit
        path = f"article/{edit.id}/state/{edit.after.number}"
        entry = entries.edit(arrived)
        yield FeedEntry(path, arrived.learned_at, headings["edits"], entry, edit.after.article)
    for found in report.removed:
        since = found.removed_at or found.latest.last_seen_at
        path = f"article/{found.id}/removed/{since:%Y%m%dT%H%M%SZ}"
        entry = entries.removed(found)
        yield FeedEntry(path, since, headings["removed"], entry, found.latest.article)
