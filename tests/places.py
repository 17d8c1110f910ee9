"""What the tests of the places matcher share: the shipped gazetteer and the suites."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from crawler.places import Gazetteer, Tagger, load_gazetteer

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "config" / "gazetteer"
SUITE = Path(__file__).parent / "places_suite"


@cache
def gazetteer() -> Gazetteer:
    """Return the shipped gazetteer."""
    return load_gazetteer(FOLDER)


@cache
def tagger() -> Tagger:
    """Return a tagger over the shipped gazetteer."""
    return Tagger(gazetteer())


def suite(name: str) -> Iterator[dict[str, Any]]:
    """Yield the items of a suite: id, date, outlet_province, text, units."""
    for line in (SUITE / f"{name}.jsonl").read_text("utf-8").splitlines():
        yield json.loads(line)
