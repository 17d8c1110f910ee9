"""What an outlet is, and how its file is read and validated.

Pure: `parse_outlet` takes text. `load_…` and `read_outlets`, which read files, are for the
rooms at the edge (settings, commands). The file's form is described in docs/add-an-outlet.md.
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

    datelines: prefixes of the lead that are no text ("TPO", "LĐTĐ").
    province: the one it writes about, by name; none for an outlet of the whole country.
    tags: words by which machines are given outlets.
    former_families: the platforms it was on before; `family` is today's.
    paging: where it pages otherwise than its family does.
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
        if twice := {slug for slug in slugs if slugs.count(slug) > 1}:
            raise ValueError(f"section {min(twice)!r} is given twice")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            wrong = f"timezone {self.timezone!r} is none, such as Asia/Ho_Chi_Minh"
            raise ValueError(wrong) from None
        if self.status != "active" and not self.status_note:
            raise ValueError(f"status {self.status!r} needs a status_note that says why")
        hosts = [domain.host for domain in self.domains]
        if twice := {host for host in hosts if hosts.count(host) > 1}:
            raise ValueError(f"domain {min(twice)!r} is given twice")
        for section in self.sections:
            check_floor(Cadence().with_(self.cadence, section.cadence), self.floor)
        return self

    def family_on(self, day: date) -> str:
        """Return the name of the outlet's family at a day."""
        for former in self.former_families:
            if (former.since is None or former.since <= day) and day < former.until:
                return former.family
        return self.family

    @property
    def floor(self) -> timedelta:
        """The least time between two visits that politeness allows, whatever the cadence says."""
        crawled = [section for section in self.sections if section.crawl]
        listings = sum(bool(section.path) + bool(section.feed) for section in crawled)
        return floor_of(listings, self.politeness.delay_seconds)

    @property
    def host(self) -> str:
        """The host in use today: the first domain that it has not left."""
        kept = (d.host for d in self.domains if d.until is None and not d.former)
        return next(kept, self.domains[0].host)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host of every era."""
        return tuple(domain.host for domain in self.domains)

    def province_of(self, sections: tuple[str, ...]) -> str | None:
        """Return the province that an article is probably about, judged by its section.

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
    found = error.errors(include_url=False)
    places = [item["loc"] for item in found]
    return "; ".join(
        _complaint(item)
        for item in found
        # Left out are those that wait for keys that are wrong themselves, or hold such.
        if item["type"] != "default_factory_not_called"
        and not any(loc != item["loc"] == loc[: len(item["loc"])] for loc in places)
    )


_SAID = {
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


def _complaint(item: ErrorDetails) -> str:
    key = ".".join(str(part) for part in item["loc"]) or "file"
    said = _SAID.get(item["type"], "").format(**item.get("ctx", {}))
    said = said or item["msg"].removeprefix("Value error, ")
    value = item["input"]
    if isinstance(value, dict):  # a table is told by its name, if it has one
        return f"{key}: {said}" + (f" (in {value['name']!r:.60})" if "name" in value else "")
    return f"{key}: {said} (given: {value!r:.60})"


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
    named = [outlet.family, *(former.family for former in outlet.former_families)]
    if unknown := [name for name in named if name not in families]:
        expected = ", ".join(sorted(families))
        raise ConfigError(f"{file}: family: {unknown[0]!r} is unknown; expected one of: {expected}")
    return outlet


def load_outlets(folder: Path, families: frozenset[str]) -> dict[str, Outlet]:
    """Return every outlet of a folder by slug, in the order of their file names.

    Raises ConfigError for the first file that is none.
    """
    outlets, wrong = read_outlets(folder, families)
    if wrong:
        raise ConfigError(next(iter(wrong.values())))
    return outlets


def load_outlet_folders(folders: Iterable[Path], families: frozenset[str]) -> dict[str, Outlet]:
    """Return the outlets of all folders by slug, sorted; a later folder's file replaces one.

    Raises ConfigError as `load_outlets` does.
    """
    outlets: dict[str, Outlet] = {}
    for folder in folders:
        outlets |= load_outlets(folder, families)
    return dict(sorted(outlets.items()))


def read_outlets(
    folder: Path, families: frozenset[str]
) -> tuple[dict[str, Outlet], dict[str, str]]:
    """Return a folder's outlets by slug, and by slug what is wrong with files that are none.

    Raises ConfigError where there is no such folder.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; it should hold one TOML file an outlet")
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
        raise ConfigError(f"{path}: is no UTF-8 text; expected an outlet's TOML file") from None


def find_outlet(outlets: dict[str, Outlet], slug: str) -> Outlet:
    """Return one outlet. Raises UnknownOutletError that names those like it, or all there are."""
    try:
        return outlets[slug]
    except KeyError:
        if near := get_close_matches(slug.lower(), outlets, n=3):
            hint = f"did you mean {' or '.join(near)}?"
        else:
            hint = f"there are: {', '.join(outlets) or 'none'}"
        raise UnknownOutletError(f"no outlet {slug!r}; {hint}") from None


def outlet_of_host(outlets: dict[str, Outlet], host: str) -> Outlet | None:
    """Return the outlet that publishes, or once published, on `host` (www. and m. count as it)."""
    bare = host.lower().removeprefix("www.").removeprefix("m.").removeprefix("amp.")
    for outlet in outlets.values():
        if bare in outlet.hosts or host.lower() in outlet.hosts:
            return outlet
    return None
