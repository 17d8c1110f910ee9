"""Parsing of the unit lists of thanglequoc/vietnamese-provinces-database (MIT), one file per date.

Pure, standard library only.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from crawler.places.build.resolutions import Clause, Member, Resolution
from storage.errors import ConfigError
from storage.text.normalize import canonical_tone, fold, normalize

_INITIALS = {
    "thành phố": "tp", "thị xã": "tx", "thị trấn": "tt", "đặc khu": "dk", "tỉnh": "t",
    "quận": "q", "huyện": "h", "phường": "p", "xã": "x",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """A unit in a list; `parent` is the code of the unit above, None for provinces."""

    code: str
    type: str
    name: str
    parent: str | None


def parse_list(text: str, name: str) -> dict[str, Listed]:
    """Return the units of a list by code, parents before children; `name` is the file's.

    Codes are unique: those of provinces, districts and wards have two, three and five digits.
    Raises ConfigError if the text is not such a list.
    """
    try:
        found = list(_walk(json.loads(text), None))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{name}: expected a unit list as JSON ({error!r})") from error
    return {unit.code: unit for unit in sorted(found, key=lambda unit: (len(unit.code), unit.code))}


def _walk(nodes: list[dict[str, Any]], parent: str | None) -> Iterator[Listed]:
    for node in nodes:
        kind, name = split_name(node["FullName"])
        # a list of 2025 has the wards of Gia Lai in Quảng Ngãi's entry, but with this code
        yield Listed(node["Code"], kind, name, parent)
        for key in ("District", "Ward", "Wards"):
            yield from _walk(node.get(key) or [], node["Code"])


def split_name(full_name: str) -> tuple[str, str]:
    """Return type and name of a full name: "Quận 01" → ("quận", "1").

    Raises ValueError if it does not begin with a known type word.
    """
    text = canonical_tone(normalize(full_name)).strip()
    for kind in _INITIALS:
        if text.lower().startswith(kind + " "):
            name = text[len(kind) :].strip()
            name = re.sub(r"^Phường (?=\D)", "", name)  # "Phường Phường Đúc" of Huế
            name = re.sub(r"^(?:NT|N\.T|Nông Trường)\b", "Nông trường", name)
            return kind, str(int(name)) if name.isdecimal() else name
    raise ValueError(full_name)


def identity(kind: str, name: str, code: str | None, month: str) -> str:
    """Return a readable id: initials of the type, name, official code if known, month."""
    slug = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")
    return f"{_INITIALS[kind]}-{slug}{f'.{code}' if code else ''}@{month}"


def loose(text: str) -> str:
    """Return the letters and digits of `text`, folded, which most misspellings have in common."""
    return re.sub(r"[\W_]", "", fold(text))


def reconcile(
    first: Mapping[str, Listed], second: Mapping[str, Listed], resolutions: list[Resolution]
) -> tuple[dict[str, Listed], dict[str, Listed]]:
    """Return the lists of 2025-07-01 and 2026-04-30 without their errors.

    The earlier one has the communes of Gia Lai in Quảng Ngãi, and both misspell names. So provinces
    are taken from the later list, and names from the resolution that formed the unit, else from the
    later list. The remaining differences are changes of type.
    """
    official = _official_names(resolutions)
    earlier, later = {}, {}
    for code, new in second.items():
        old = first[code]
        name = new.name
        if new.parent is not None:
            names = official.get((loose(second[new.parent].name), old.type), frozenset())
            name = _spelling((new.name, old.name), names)
        earlier[code] = replace(old, name=name, parent=new.parent)
        later[code] = replace(new, name=name)
    return earlier, later


def _spelling(spellings: tuple[str, ...], official: frozenset[str]) -> str:
    """Return the official name that one of the lists' `spellings` matches, else the first one."""
    exact = [name for name in spellings if name in official]
    close = [name for spelling in spellings for name in official if loose(name) == loose(spelling)]
    return (exact + close + [spellings[0]])[0]


def _official_names(resolutions: list[Resolution]) -> dict[tuple[str, str], frozenset[str]]:
    """Return the names of the new units by province and type."""
    names: dict[tuple[str, str], frozenset[str]] = {}
    for resolution in resolutions:
        units: list[Clause | Member] = [*resolution.clauses, *resolution.kept]
        for unit in units:
            key = loose(resolution.province), unit.type
            names[key] = names.get(key, frozenset()) | {split_name(f"{unit.type} {unit.name}")[1]}
    return names
