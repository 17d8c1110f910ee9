"""Page fixtures of tests/pages: a page in an outlet's markup, and the expected result."""

import json
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from functools import cache
from pathlib import Path
from typing import Any

from crawler.families import FAMILY_NAMES
from crawler.outlets.model import Outlet, find_outlet, load_outlets
from crawler.page.response import Page
from tests.support.paths import TESTS

FOLDER = TESTS / "pages"


@dataclass(frozen=True)
class Fixture:
    """One page fixture. outlet: the outlet to extract with, None to detect it."""

    page: Page
    expect: dict[str, Any]
    outlet: Outlet | None
    confirmed: bool
    to_confirm: tuple[str, ...] = ()

    @property
    def wanted(self) -> list[tuple[str, Any]]:
        """The expected fields with their values."""
        return list(self.expect.items())

    @property
    def is_article(self) -> bool:
        return self.expect.get("refusal") is None


def page_names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load_page(name: str) -> tuple[Page, dict[str, Any]]:
    fixture = load_fixture(name)
    return fixture.page, fixture.expect


def load_fixture(name: str, folder: Path = FOLDER) -> Fixture:
    recorded = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    page = Page(
        url=recorded["url"],
        body=(folder / f"{name}.html").read_bytes(),
        fetched_at=datetime.fromisoformat(recorded["fetched_at"]),
        status=recorded["status"],
    )
    slug = recorded.get("outlet")
    outlet = find_outlet(_outlets(), slug) if slug else None
    to_check = tuple(recorded.get("to_confirm", ()))
    return Fixture(page, recorded["expect"], outlet, recorded.get("confirmed", True), to_check)


@cache
def _outlets() -> dict[str, Outlet]:
    return load_outlets(FOLDER.parent.parent / "config/outlets", FAMILY_NAMES)


def to_confirm(name: str, fixture: Fixture) -> str | None:
    """Return what a person must do before a fixture counts, if anything."""
    if fixture.confirmed:
        return None
    message = (
        f"tests/pages/{name}.json holds what the code extracted, which nobody has confirmed: read "
        f'{name}.html, correct every field under "expect" (delete those that do not matter), '
        'and then delete the line "confirmed": false'
    )
    if not fixture.to_confirm:
        return message
    lines = "".join(f"\n- {line}" for line in fixture.to_confirm)
    return f'{message}\nIts outlet is new; confirm these too, then delete "to_confirm":{lines}'


def difference(field: str, wanted: object, shown: object) -> str:
    """Return how a field differs from the expected value, line by line."""
    lines = unified_diff(_lines(wanted), _lines(shown), "expected", "extracted", "", "", 1, "")
    return "\n".join((f"{field} differs:", *lines))


def _lines(value: object) -> list[str]:
    return json.dumps(value, ensure_ascii=False, indent=1).replace(". ", ".\n   ").splitlines()
