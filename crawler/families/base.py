"""What a family is: how the outlets of one CMS name, list and lay out their articles. Data only."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class Layout:
    """A family's selectors within a period. Each field is an ordered chain of CSS selectors.

    valid_from, valid_to: days (inclusive, exclusive) by capture time; None where unknown.
    caption: what is a caption, besides <figcaption> and the general rules.
    credit: where the outlet names the source a text is taken from.
    drop: what stands in the body but is no part of the text; the family says why.
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
    """How a section is paged through.

    template: URL with the fields {host}, {site} (the host without "www."), {path} (no slash or
    ending), {zone} (the section's own number, which its page may tell), {page}, {last} (id of
    the last article of the page before).
    first, step: the first value of {page} and what is added for the next.
    form: what answers.
    """

    template: str
    first: int = 1
    step: int = 1
    form: PagingForm = "html"

    @property
    def loads_items(self) -> bool:
        """True where further items come from an address of their own, not from section pages."""
        return "{path}" not in self.template


@dataclass(frozen=True, slots=True)
class OtherPage:
    """A kind of page that is no article: what it is called, and what its address looks like."""

    name: str
    url: re.Pattern[str]


def other_pages(**patterns: str) -> tuple[OtherPage, ...]:
    """Return kinds of pages from their names (with _ for a blank) and patterns."""
    named = ((name.replace("_", " "), pattern) for name, pattern in patterns.items())
    return tuple(OtherPage(name, re.compile(pattern, re.IGNORECASE)) for name, pattern in named)


@dataclass(frozen=True, slots=True)
class Family:
    """One CMS platform.

    marks: strings that this family's pages carry; a page without any is not tried with it.
    hosts: of outlets with a CMS of their own, whose pages are tried with it first.
    shared_by: hosts of outlets seen on a shared platform; their pages are tried with it first.
    article_url: matches the path (and host) of an article; group "id" is the outlet's own id.
    others: pages that are no articles, though `article_url` may take them for such.
    layouts: newest first; none where nobody has seen the markup: then pages are read generically.
    zone: finds the element that tells a section's number on its page, and the attribute.
    paging: how sections are paged, None where the family has no such way.
    day_archive: how a section's articles of one day are paged through; {day} is 2026-09-14.
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
