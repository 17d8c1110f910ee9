"""The shipped gazetteer and the suites, for tests of the places matcher."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from crawler.places import Gazetteer, Tagger, load_gazetteer
from tests.support.paths import ROOT, TESTS

FOLDER = ROOT / "config" / "gazetteer"
SUITE = TESTS / "places_suite"


@cache
def gazetteer() -> Gazetteer:
    """Return the shipped gazetteer."""
    return load_gazetteer(FOLDER)


@cache
def tagger() -> Tagger:
    """Return a tagger over the shipped gazetteer."""
    return Tagger(gazetteer())


@pytest.fixture
def gazetteer_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the commands that a test runs share the shipped gazetteer, which is slow to load."""

    def load(folder: Path) -> Gazetteer:
        return gazetteer() if folder == FOLDER else load_gazetteer(folder)

    monkeypatch.setattr("crawler.places.load_gazetteer", load)  # for imports inside functions
    for module in ("choosing", "crawl.crawl", "query.places", "archive.tag"):
        monkeypatch.setattr(f"crawler.commands.{module}.load_gazetteer", load)


def suite(name: str) -> Iterator[dict[str, Any]]:
    """Yield the items of a suite: id, date, outlet_province, text, units."""
    for line in (SUITE / f"{name}.jsonl").read_text("utf-8").splitlines():
        yield json.loads(line)


TAY_HO = {
    "id": "q-tay-ho.003@2024-12",
    "name": "Tây Hồ",
    "type": "quận",
    "level": "district",
    "province": "Hà Nội",
    "valid_from": None,
    "valid_to": "2025-07-01",
}
