"""Recorded pages of tests/pages: a page in an outlet's markup and what must come out of it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from crawler.page import Page

FOLDER = Path(__file__).parent / "pages"


def page_names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load_page(name: str) -> tuple[Page, dict[str, Any]]:
    recorded = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    page = Page(
        url=recorded["url"],
        body=(FOLDER / f"{name}.html").read_bytes(),
        fetched_at=datetime.fromisoformat(recorded["fetched_at"]),
        status=recorded["status"],
    )
    return page, recorded["expect"]
