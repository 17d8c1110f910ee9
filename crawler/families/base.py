"""The family model: the URLs, listings and markup that the outlets of one CMS share. Data only."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class Layout:
    """A family's selectors within a period. Each field is an ordered chain of CSS selectors.

    valid_from, valid_to: days (inclusive, exclusive) by capture time; None if unknown.
    caption: captions, in addition to <figcaption> and the general rules.
    credit: the source that a text is taken from.
    drop: elements of the body that are not part of the text; the family's comments say why.
    """

    name: str
    title: tuple[str, ...]
    sapo: tuple[str, ...]
    body: tuple[str, ...]
    author: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    caption: tuple[str, ...] = ()
    credit: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None


PagingForm = Literal["html", "epi-json", "onecms-json"]


@dataclass(frozen=True, slots=True)
class Paging:
    """How to page through a section.

    template: URL with the fields {host}, {site} (the host without "www."), {path} (without
    trailing slash or extension), {zone} (the section's number, which its page may give), {page},
    {last} (id of the last article of the previous page).
    first, step: the first value of {page}, and its increment.
    form: the format of the response.
    """

    template: str
    first: int = 1
    step: int = 1
    form: PagingForm = "html"

    @property
    def loads_items(self) -> bool:
        """Whether further items come from a separate URL, not from section pages."""
        return "{path}" not in self.template


@dataclass(frozen=True, slots=True)
class OtherPage:
    """A kind of page that is not an article: its name, and a pattern of its URL."""

    name: str
    url: re.Pattern[str]


def other_pages(**patterns: str) -> tuple[OtherPage, ...]:
    """Return kinds of pages from names (with _ for a blank) and patterns."""
    named = ((name.replace("_", " "), pattern) for name, pattern in patterns.items())
    return tuple(OtherPage(name, re.compile(pattern, re.IGNORECASE)) for name, pattern in named)


@dataclass(frozen=True, slots=True)
class Family:
    """One CMS platform.

    marks: strings in this family's pages; a page without any of them is not tried with it.
    hosts: of an outlet with its own CMS, whose pages are tried with this family first.
    shared_by: hosts of outlets on a shared platform, whose pages are tried with it first.
    article_url: matches an article's URL; group "id" is the outlet's own id.
    others: pages that are not articles, although `article_url` may match them.
    layouts: newest first; empty if the markup is unknown: pages are then read generically.
    zone: selector and attribute of the element with a section's number on its page.
    paging: how to page through sections; None if the family has no way to.
    day_archive: how to page through a section's articles of one day; {day} is 2026-09-14.
    """

    name: str
    marks: tuple[str, ...]
    article_url: re.Pattern[str]
    layouts: tuple[Layout, ...]
    others: tuple[OtherPage, ...] = ()
    paging: Paging | None = None
    day_archive: Paging | None = None
    zone: tuple[str, str] | None = None
    hosts: tuple[str, ...] = ()
    shared_by: tuple[str, ...] = ()
