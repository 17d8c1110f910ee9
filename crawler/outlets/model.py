"""The outlet model, and the reading and validation of outlet files.

`parse_outlet` is pure: it takes text. `load_…` and `read_outlets` read files, for settings and
commands. docs/add-an-outlet.md describes the file's form.
"""

import tomllib
from collections.abc import Iterable
from datetime import date, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from crawler.outlets.cadence import Cadence, Table, check_floor, floor_of
from crawler.outlets.parts import (
    Confidence,
    Domain,
    FormerFamily,
    Merger,
    Overrides,
    PagingRule,
    Politeness,
    Proof,
    Section,
    Sitemap,
    Slug,
)
from storage.errors import ConfigError, UnknownOutletError
from storage.text.normalize import fold

__all__ = [
    "Domain", "Outlet", "Overrides", "Section", "explain", "find_outlet", "load_outlet_folders",
    "load_outlets", "outlet_of_host", "parse_outlet", "read_outlets"
]  # fmt: skip


class Outlet(Table):
    """One outlet file.

    datelines: prefixes of the lead that are not part of its text ("TPO", "LĐTĐ").
    province: the name of the one it covers; None for a national outlet.
    tags: by which machines are assigned outlets.
    former_families: the platforms it was on before; `family` is today's.
    paging: overrides the family's paging.
    status: a "retired" outlet is crawled only if it is named; an "uncertain" one may be retired,
    which nobody has confirmed.
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
    tags: tuple[Slug, ...] = ()
    language: str = "vi"
    timezone: str = "Asia/Ho_Chi_Minh"
    datelines: tuple[str, ...] = ()
    sitemap: Sitemap | None = None
    page_size: int | None = Field(None, ge=1)
    paging: PagingRule | None = None
    former_families: tuple[FormerFamily, ...] = ()
    merged: Merger | None = None
    proof: Proof = Proof()
    cadence: Cadence = Cadence()
    politeness: Politeness = Politeness()
    overrides: Overrides = Overrides()
    confidence: Confidence = "high"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        slugs = [section.slug for section in self.sections]
        if duplicates := {slug for slug in slugs if slugs.count(slug) > 1}:
            raise ValueError(f"section {min(duplicates)!r} is given twice")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(
                f"timezone {self.timezone!r} is unknown; expected one such as Asia/Ho_Chi_Minh"
            ) from None
        if self.status != "active" and not self.status_note:
            raise ValueError(f"status {self.status!r} needs a status_note that says why")
        hosts = [domain.host for domain in self.domains]
        if duplicates := {host for host in hosts if hosts.count(host) > 1}:
            raise ValueError(f"domain {min(duplicates)!r} is given twice")
        for section in self.sections:
            check_floor(Cadence().with_(self.cadence, section.cadence), self.floor)
        return self

    def family_on(self, day: date) -> str:
        """Return the name of the outlet's family on a day."""
        for former in self.former_families:
            if (former.since is None or former.since <= day) and day < former.until:
                return former.family
        return self.family

    @property
    def floor(self) -> timedelta:
        """The shortest time between two visits that politeness allows."""
        crawled = [section for section in self.sections if section.crawl]
        listings = sum(bool(section.path) + bool(section.feed) for section in crawled)
        return floor_of(listings, self.politeness.delay_seconds)

    @property
    def host(self) -> str:
        """Today's host: the first domain that the outlet has not left."""
        current = (domain.host for domain in self.domains if not (domain.until or domain.former))
        return next(current, self.domains[0].host)

    @property
    def hosts(self) -> tuple[str, ...]:
        """All hosts, of all eras."""
        return tuple(domain.host for domain in self.domains)

    def province_of(self, sections: tuple[str, ...]) -> str | None:
        """Return the province that an article is probably about: the outlet's or its section's.

        sections: the names of the article's sections as printed on its page. A national outlet's
        section on Hà Nội says as much as an outlet of Hà Nội.
        """
        named = {fold(name) for name in sections}
        in_hanoi = any(section.hanoi and fold(section.name) in named for section in self.sections)
        return self.province or ("Hà Nội" if in_hanoi else None)

    def section(self, slug: str) -> Section:
        """Return the section with this slug. Raises ConfigError that lists the known ones."""
        for section in self.sections:
            if section.slug == slug:
                return section
        known = ", ".join(section.slug for section in self.sections)
        raise ConfigError(f"outlet {self.slug} has no section {slug!r}; it has: {known}")


def explain(error: ValidationError) -> str:
    """Return pydantic's errors in one line: each key, what was expected, and what was given."""
    errors = error.errors(include_url=False)
    keys = [item["loc"] for item in errors]
    return "; ".join(
        _message(item)
        for item in errors
        # Errors that only follow from others are left out: of defaults, and of parent keys.
        if item["type"] != "default_factory_not_called"
        and not any(loc != item["loc"] == loc[: len(item["loc"])] for loc in keys)
    )


_MESSAGES = {
    "extra_forbidden": "no such key",
    "missing": "expected, and not there",
    "tuple_type": "expected a list",
    "dict_type": "expected a table",
    "model_type": "expected a table",
    "path_type": "expected a path",
    "string_type": "expected a text in quotes",
    "string_too_short": "expected at least {min_length} characters",
    "literal_error": "expected {expected}",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "greater_than": "expected more than {gt}",
    "greater_than_equal": "expected at least {ge}",
    "less_than": "expected less than {lt}",
    "less_than_equal": "expected at most {le}",
}


def _message(item: ErrorDetails) -> str:
    key = ".".join(str(part) for part in item["loc"]) or "file"
    message = _MESSAGES.get(item["type"], "").format(**item.get("ctx", {}))
    message = message or item["msg"].removeprefix("Value error, ")
    value = item["input"]
    if isinstance(value, dict):  # a table is identified by its name, if it has one
        return f"{key}: {message}" + (f" (in {value['name']!r:.60})" if "name" in value else "")
    return f"{key}: {message} (given: {value!r:.60})"


def parse_outlet(text: str, file: str, families: frozenset[str]) -> Outlet:
    """Return the outlet that a TOML text describes; its slug is the file's name.

    families: the known names. Raises ConfigError with file, key and what was expected.
    """
    try:
        outlet = Outlet.model_validate(tomllib.loads(text) | {"slug": Path(file).stem})
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from None
    except ValidationError as error:
        raise ConfigError(f"{file}: {explain(error)}") from None
    named = [outlet.family, *(former.family for former in outlet.former_families)]
    if unknown := [name for name in named if name not in families]:
        expected = ", ".join(sorted(families))
        raise ConfigError(f"{file}: family: {unknown[0]!r} is unknown; expected one of: {expected}")
    return outlet


def load_outlets(folder: Path, families: frozenset[str]) -> dict[str, Outlet]:
    """Return every outlet of a folder by slug, in the order of their file names.

    Raises ConfigError for the first invalid file.
    """
    outlets, wrong = read_outlets(folder, families)
    if wrong:
        raise ConfigError(next(iter(wrong.values())))
    return outlets


def load_outlet_folders(folders: Iterable[Path], families: frozenset[str]) -> dict[str, Outlet]:
    """Return the outlets of all folders by slug, sorted; later folders override earlier ones.

    Raises ConfigError as `load_outlets` does.
    """
    outlets: dict[str, Outlet] = {}
    for folder in folders:
        outlets |= load_outlets(folder, families)
    return dict(sorted(outlets.items()))


def read_outlets(
    folder: Path, families: frozenset[str]
) -> tuple[dict[str, Outlet], dict[str, str]]:
    """Return a folder's outlets, and the errors of invalid files, both by slug.

    Raises ConfigError if there is no such folder.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; expected one with a TOML file per outlet")
    outlets, wrong = {}, {}
    for path in sorted(folder.glob("*.toml")):
        try:
            outlets[path.stem] = parse_outlet(_text_of(path), str(path), families)
        except ConfigError as error:
            wrong[path.stem] = str(error)
    return outlets, wrong


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text; expected an outlet's TOML file") from None


def find_outlet(outlets: dict[str, Outlet], slug: str) -> Outlet:
    """Return one outlet. Raises UnknownOutletError that lists similar slugs, or else all."""
    try:
        return outlets[slug]
    except KeyError:
        if near := get_close_matches(slug.lower(), outlets, n=3):
            hint = f"did you mean {' or '.join(near)}?"
        else:
            hint = f"there are: {', '.join(outlets) or 'none'}"
        raise UnknownOutletError(f"no outlet {slug!r}; {hint}") from None


def outlet_of_host(outlets: dict[str, Outlet], host: str) -> Outlet | None:
    """Return the outlet that publishes or published on `host`, ignoring www., m. and amp."""
    bare = host.lower().removeprefix("www.").removeprefix("m.").removeprefix("amp.")
    for outlet in outlets.values():
        if bare in outlet.hosts or host.lower() in outlet.hosts:
            return outlet
    return None
