"""A digest as what is to be read, whatever it is printed as: lines, quotes and links. Pure."""

from dataclasses import dataclass
from typing import Literal

Style = Literal["plain", "found", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Span:
    """Characters in a row that look alike."""

    text: str
    style: Style = "plain"


@dataclass(frozen=True, slots=True)
class Entry:
    """One article. facts: outlet, time and the like. lines: what it says, or what changed in it.

    links: further ones, by what they are called.
    """

    title: str
    url: str
    facts: tuple[str, ...]
    lines: tuple[tuple[Span, ...], ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A topic. rest: what is said of those that are not shown."""

    heading: str
    entries: tuple[Entry, ...]
    rest: str = ""


@dataclass(frozen=True, slots=True)
class DigestPage:
    """A digest. notes: said first. trust: how far it can be believed. language: of its texts."""

    subject: str
    intro: str
    notes: tuple[str, ...]
    sections: tuple[Section, ...]
    trust: tuple[str, ...]
    footer: str
    language: str
