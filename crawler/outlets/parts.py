"""The tables of an outlet file: domains, sections, sitemaps, paging and others. Pure.

docs/add-an-outlet.md describes their form; `crawler.outlets.model` combines them.
"""

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from crawler.families.base import PagingForm
from crawler.outlets.cadence import Cadence, Table


def _matching(pattern: str, expected: str) -> AfterValidator:
    """Return a validator of a text's form. expected: describes the pattern in the error."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"expected {expected}")
        return value

    return AfterValidator(check)


_SLUG = "lower-case letters without marks, digits and hyphens, such as ha-noi"
Slug = Annotated[str, _matching(r"[a-z0-9][a-z0-9-]*", _SLUG)]
Host = Annotated[str, _matching(r"[a-z0-9-]+(\.[a-z0-9-]+)+", "a host, such as tienphong.vn")]
_PATH = "a path that begins with / and has no blanks"
UrlPath = Annotated[str, _matching(r"/\S*", _PATH)]
Confidence = Literal["high", "medium", "low"]


class Domain(Table):
    """A host the outlet publishes on.

    since, until: first and last year, if known. former: the outlet left the host in an unknown
    year.
    """

    host: Host
    since: int | None = Field(None, ge=1995, le=2100)
    until: int | None = Field(None, ge=1995, le=2100)
    former: bool = False
    confidence: Confidence = "high"

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.since and self.until and self.since > self.until:
            raise ValueError(f"{self.host}: since {self.since} is after until {self.until}")
        return self


class PagingRule(Table):
    """The paging of an outlet or section, if it differs from the family's.

    For the fields of `template`, and for `first`, `step` and `form`, see
    crawler.families.base.Paging.
    """

    template: str
    first: int = Field(1, ge=0)
    step: int = Field(1, ge=1)
    form: PagingForm = "html"
    confidence: Confidence = "high"

    @field_validator("template")
    @classmethod
    def _fillable(cls, value: str) -> str:
        try:
            value.format(host="x", site="x", path="/x", zone=1, page=1, last="1")
        except (KeyError, IndexError, ValueError, AttributeError):
            known = "{host}, {site}, {path}, {zone}, {page}, {last}"
            raise ValueError(f"expected no fields but {known}") from None
        return value


class Section(Table):
    """A section of the outlet: its page, its feed, or both.

    path: of its page; empty if unknown.
    zone: its number in ePi's and VCCorp's feeds and paging.
    feed: path (or URL) of its RSS feed.
    hanoi: mostly about Hà Nội; district: mostly about districts and wards.
    crawl: whether a crawl that names no section includes it.
    cadence: overrides the outlet's.
    """

    slug: Slug
    name: str
    path: Annotated[str, _matching(r"(/\S*)?", _PATH)] = ""
    zone: int | None = Field(None, ge=1)
    feed: str | None = None
    paging: PagingRule | None = None
    hanoi: bool = False
    district: bool = False
    crawl: bool = True
    cadence: Cadence | None = None
    confidence: Confidence = "high"

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if not self.path and not self.feed:
            raise ValueError(f"section {self.slug!r} has neither path nor feed: nothing to request")
        return self


class Sitemap(Table):
    """The sitemaps' paths. `template` may have {year}, {month}, {month:02d} and {day:02d}."""

    period: Literal["month", "day", "index"]
    template: UrlPath
    confidence: Confidence = "high"

    @field_validator("template")
    @classmethod
    def _fillable(cls, value: str) -> str:
        try:
            value.format(year=2026, month=1, day=1)
        except (KeyError, IndexError, ValueError, AttributeError):
            raise ValueError("expected no fields but {year}, {month}, {day}") from None
        return value


class Politeness(Table):
    """The delay between two requests to one host; `jitter` is the share by which it varies."""

    delay_seconds: float = Field(2.0, ge=0.5)
    jitter: float = Field(0.5, ge=0, le=1)


class FormerFamily(Table):
    """A CMS that the outlet used before: its first day, if known, and the day after the last."""

    family: str
    since: date | None = None
    until: date
    confidence: Confidence = "high"

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.since and self.since >= self.until:
            raise ValueError(f"{self.family}: since {self.since} is not before until {self.until}")
        return self


class Merger(Table):
    """A merger: the slug of the outlet that this one was merged into, and the day."""

    into: Slug
    on: date | None = None
    confidence: Confidence = "high"


class Proof(Table):
    """The pages that prove what the file says.

    written: pages written by us in the outlet's markup, as names of files in tests/pages.
    real: real pages, kept outside the repository, that are extracted correctly with this file.
    """

    written: tuple[str, ...] = ()
    real: tuple[str, ...] = ()


class Overrides(Table):
    """Selectors that are tried before the family's, for a theme of this outlet's own."""

    title: tuple[str, ...] = ()
    sapo: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    caption: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
