"""Check cases: small invented pages after public bug reports, in TINQUAN_SHARED."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler.extract import extract
from crawler.families import FAMILY_NAMES
from crawler.outlets.model import load_outlets
from crawler.page.response import Page
from storage.model.articles import Article, Refusal
from tests.support.paths import ROOT

_OUTLETS = load_outlets(ROOT / "config/outlets", FAMILY_NAMES)


def failures(file: Path) -> list[str]:
    """Return the differences between what a case's page gives and what the case expects."""
    case: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    outlet = _OUTLETS[case["outlet"]] if case["outlet"] else None
    fetched_at = datetime.fromisoformat(case["fetched_at"]).astimezone(UTC)
    result = extract(Page(case["url"], file.with_suffix(".html").read_bytes(), fetched_at), outlet)
    expected = dict(case["expect"])
    refusal = expected.pop("refusal", None)
    if isinstance(result, Refusal) or refusal is not None:
        found = result.reason if isinstance(result, Refusal) else None
        return [] if found == refusal else [f"refusal {found!r}, not {refusal!r}: {result}"]
    return [
        f"{key}: {found!r}, not {wanted!r}"
        for key, wanted in expected.items()
        if not _agrees(found := _field(result, key), wanted)
    ]


def _field(article: Article, key: str) -> Any:
    special: dict[str, Callable[[], Any]] = {
        "captions": lambda: {image.url: image.caption for image in article.images},
        "credits": lambda: {image.url: image.credit for image in article.images},
        "images": lambda: [image.url for image in article.images],
        "kinds": lambda: {block.text: block.kind for block in article.blocks},
        "separate": article.body.splitlines,
    }
    return special[key]() if key in special else getattr(article, key)


def _agrees(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(_named(found, key, text) for key, text in wanted.items())
    if isinstance(wanted, dict):
        return all(_holds(found or "", how, values) for how, values in wanted.items())
    if isinstance(found, list):  # each wanted text is in an item of its own
        places = [next((n for n, text in enumerate(found) if each in text), -1) for each in wanted]
        return -1 not in places and len(set(places)) == len(wanted)
    if isinstance(found, datetime) and isinstance(wanted, str):
        return found == datetime.fromisoformat(wanted)
    return bool(found == (tuple(wanted) if isinstance(wanted, list) else wanted))


def _named(found: dict[str, str | None], key: str, text: str) -> bool:
    """Return whether the value of some name that contains `key` contains `text`."""
    return any(key in name and text in (value or "") for name, value in found.items())


def _holds(found: Any, how: str, values: list[Any]) -> bool:
    if how == "oneof":
        return list(found) in values
    # Line ends count only in `separate`: a phrase may continue from a subhead into its paragraph.
    text = " ".join((found if isinstance(found, str) else "\n".join(found)).split())
    if how == "order":
        places = [text.find(value) for value in values]
        return -1 not in places and places == sorted(places)
    counts = [text.count(value) for value in values]
    return {
        "contains": all(counts), "lacks": not any(counts), "any": any(counts),
        "once": all(count == 1 for count in counts),
    }[how]  # fmt: skip
