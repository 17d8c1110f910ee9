"""What an outlet is, and how its file is read and validated.

Pure: `parse_outlet` takes text. The one function that reads files, `load_outlets`, is for the
rooms at the edge (settings, commands). The file's form is described in docs/add-an-outlet.md.
"""

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from crawler.cadence import Cadence, check_floor, floor_of
from storage.errors import ConfigError, UnknownOutletError
from storage.text import fold

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Host = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]
UrlPath = Annotated[str, StringConstraints(pattern=r"^/\S*$")]
Confidence = Literal["high", "medium", "low"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Domain(_Strict):
    """A host the outlet publishes on. `since`, `until`: first and last year, where known."""

    host: Host
    since: int | None = Field(None, ge=1995, le=2100)
    until: int | None = Field(None, ge=1995, le=2100)


class Section(_Strict):
    """A section of the outlet.

    zone: the number ePi's feeds and paging API know it by.
    feed: path (or URL) of its RSS feed.
    hanoi: mostly about Hà Nội; district: mostly about districts and wards.
    crawl: taken by a crawl that names no section.
    cadence: where this section's differs from the outlet's.
    """

    slug: Slug
    name: str
    path: UrlPath
    zone: int | None = None
    feed: str | None = None
    hanoi: bool = False
    district: bool = False
    crawl: bool = True
    cadence: Cadence | None = None
    confidence: Confidence = "high"


class Sitemap(_Strict):
    """Where sitemaps lie. `template` may hold {year}, {month}, {month:02d} and {day:02d}."""

    period: Literal["month", "day", "index"]
    template: UrlPath

    @field_validator("template")
    @classmethod
    def _fillable(cls, value: str) -> str:
        try:
            value.format(year=2026, month=1, day=1)
        except (KeyError, IndexError, ValueError, AttributeError):
            raise ValueError("expected no fields but {year}, {month}, {day}") from None
        return value


class Politeness(_Strict):
    """Seconds between two requests to one host; `jitter` is the share by which it varies."""

    delay_seconds: float = Field(2.0, ge=0.5)
    jitter: float = Field(0.5, ge=0, le=1)


class Overrides(_Strict):
    """Selectors that come before the family's own, for a theme of this outlet alone."""

    title: tuple[str, ...] = ()
    sapo: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    caption: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


class Outlet(_Strict):
    """One outlet file.

    datelines: prefixes of the lead that are no text ("TPO", "LĐTĐ").
    province: the one it writes about, by name; none for an outlet of the whole country.
    status: "retired" outlets stay crawlable by name, but are not crawled unless named;
    "uncertain" ones may be retired: nobody has confirmed it.
    """

    slug: Slug
    name: str
    family: str
    domains: tuple[Domain, ...] = Field(min_length=1)
    sections: tuple[Section, ...] = Field(min_length=1)
    status: Literal["active", "uncertain", "retired"] = "active"
    status_note: str | None = None
    names: tuple[str, ...] = ()
    province: str | None = None
    language: str = "vi"
    timezone: str = "Asia/Ho_Chi_Minh"
    datelines: tuple[str, ...] = ()
    sitemap: Sitemap | None = None
    page_size: int | None = Field(None, ge=1)
    cadence: Cadence = Cadence()
    politeness: Politeness = Politeness()
    overrides: Overrides = Overrides()
    confidence: Confidence = "high"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        slugs = [section.slug for section in self.sections]
        if twice := {slug for slug in slugs if slugs.count(slug) > 1}:
            raise ValueError(f"section {min(twice)!r} stands twice")
        if self.timezone not in available_timezones():
            raise ValueError(f"timezone {self.timezone!r} is none, such as Asia/Ho_Chi_Minh")
        if self.status != "active" and not self.status_note:
            raise ValueError(f"status {self.status!r} needs a status_note that says why")
        for section in self.sections:
            check_floor(Cadence().with_(self.cadence, section.cadence), self.floor)
        return self

    @property
    def floor(self) -> timedelta:
        """The least time between two visits that politeness allows, whatever the cadence says."""
        crawled = [section for section in self.sections if section.crawl]
        listings = sum(2 if section.feed else 1 for section in crawled)
        return floor_of(listings, self.politeness.delay_seconds)

    @property
    def host(self) -> str:
        """The host in use today: the first domain without an end."""
        return next((d.host for d in self.domains if d.until is None), self.domains[0].host)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host of every era."""
        return tuple(domain.host for domain in self.domains)

    def province_of(self, sections: tuple[str, ...]) -> str | None:
        """Return the province that an article is probably about, judged by where it stands.

        sections: names of its sections as the page prints them. An outlet of the whole country
        that files an article under a section on Hà Nội says as much as an outlet of Hà Nội.
        """
        named = {fold(name) for name in sections}
        in_hanoi = any(section.hanoi and fold(section.name) in named for section in self.sections)
        return self.province or ("Hà Nội" if in_hanoi else None)

    def section(self, slug: str) -> Section:
        """Return the section with this slug. Raises ConfigError that names those there are."""
        for section in self.sections:
            if section.slug == slug:
                return section
        known = ", ".join(section.slug for section in self.sections)
        raise ConfigError(f"outlet {self.slug} has no section {slug!r}; it has: {known}")


def explain(error: ValidationError) -> str:
    """Return pydantic's complaints as one line: each key, what is wrong, and what was given."""
    parts = []
    for item in error.errors(include_url=False):
        key = ".".join(str(part) for part in item["loc"]) or "file"
        given = "" if item["type"] == "missing" else f" (given: {item['input']!r:.60})"
        parts.append(f"{key}: {item['msg']}{given}")
    return "; ".join(parts)


def parse_outlet(text: str, file: str, families: frozenset[str]) -> Outlet:
    """Return the outlet that a TOML text describes; its slug is the file's name.

    families: names of the families there are. Raises ConfigError with file, key and expectation.
    """
    try:
        outlet = Outlet.model_validate(tomllib.loads(text) | {"slug": Path(file).stem})
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from None
    except ValidationError as error:
        raise ConfigError(f"{file}: {explain(error)}") from None
    if outlet.family not in families:
        expected = ", ".join(sorted(families))
        raise ConfigError(
            f"{file}: family: {outlet.family!r} is unknown; expected one of: {expected}"
        )
    return outlet


def load_outlets(folder: Path, families: frozenset[str]) -> dict[str, Outlet]:
    """Return every outlet of a folder by slug, in the order of their file names."""
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; it should hold one TOML file an outlet")
    outlets = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ConfigError(f"{path}: is no UTF-8 text; expected an outlet's TOML file") from None
        outlet = parse_outlet(text, str(path), families)
        outlets[outlet.slug] = outlet
    return outlets


def find_outlet(outlets: dict[str, Outlet], slug: str) -> Outlet:
    """Return one outlet. Raises UnknownOutletError that names those there are."""
    try:
        return outlets[slug]
    except KeyError:
        known = ", ".join(outlets) or "none"
        raise UnknownOutletError(f"no outlet {slug!r}; there are: {known}") from None


def outlet_of_host(outlets: dict[str, Outlet], host: str) -> Outlet | None:
    """Return the outlet that publishes, or once published, on `host` (www. and m. count as it)."""
    bare = host.lower().removeprefix("www.").removeprefix("m.").removeprefix("amp.")
    for outlet in outlets.values():
        if bare in outlet.hosts or host.lower() in outlet.hosts:
            return outlet
    return None


def is_valid_in(domain: Domain, day: date) -> bool:
    """True where the outlet published on this domain in the year of `day`, as far as known."""
    return (domain.since or 0) <= day.year <= (domain.until or day.year)
