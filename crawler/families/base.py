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


@dataclass(frozen=True, slots=True)
class Paging:
    """How a section is paged through.

    template: URL with the fields {host}, {path} (no slash at the end), {zone}, {page}.
    first, step: the first value of {page} and what is added for the next.
    form: what answers, "html" or "epi-json".
    """

    template: str
    first: int
    step: int
    form: Literal["html", "epi-json"]


@dataclass(frozen=True, slots=True)
class Family:
    """One CMS platform.

    marks: strings that this family's pages carry; a page without any is not tried with it.
    hosts: of outlets that are known to use it; their pages are tried with it first.
    article_url: matches the path (and host) of an article; group "id" is the outlet's own id.
    not_article_url: matches what `article_url` would take wrongly.
    layouts: newest first.
    paging: how sections are paged, None where the family has no such way.
    """

    name: str
    marks: tuple[str, ...]
    article_url: re.Pattern[str]
    layouts: tuple[Layout, ...]
    not_article_url: re.Pattern[str] | None = None
    paging: Paging | None = None
    hosts: tuple[str, ...] = ()
