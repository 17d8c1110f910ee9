"""Each outlet's file, checked on the real pages that it names (in TINQUAN_SHARED)."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.extract import extract
from crawler.families import FAMILY_NAMES
from crawler.outlets.model import load_outlets
from crawler.page.response import Page
from storage.model.articles import Article
from tests.support.corpus import NOT_PROOF, shared
from tests.support.score import body_f1

OUTLETS = load_outlets(Path("config/outlets"), FAMILY_NAMES)
REAL = sorted((slug, name) for slug, each in OUTLETS.items() for name in each.proof.real)
# A fragment without head and title: nothing but its text can be compared.
_FRAGMENTS = {"congthuong_1"}
# Their annotations give no time; their theme is that of 2022. The others were saved soon after
# publication.
_SAVED = {
    "dantri_2": datetime(2022, 7, 1, tzinfo=UTC),
    "dantri_8": datetime(2022, 12, 31, tzinfo=UTC),
    "dantri_12": datetime(2022, 12, 31, tzinfo=UTC),
}

pytestmark = pytest.mark.corpus


def gold() -> dict[str, dict[str, Any]]:
    lines = (shared("corpus") / "gold.jsonl").read_text("utf-8").splitlines()
    return {each["id"]: each for each in map(json.loads, lines)}


def saved(name: str, published: str | None) -> datetime:
    if name in _SAVED:
        return _SAVED[name]
    if published is None:
        return datetime(2026, 11, 20, tzinfo=UTC)
    return datetime.fromisoformat(published).astimezone(UTC) + timedelta(days=30)


@pytest.mark.parametrize(("slug", "name"), REAL)
def test_a_real_page_is_read_rightly_with_the_outlet_s_file(slug: str, name: str) -> None:
    wanted, outlet = gold()[name], OUTLETS[slug]
    url = wanted["url"] or f"https://{outlet.host}/bai-112379.html"
    at = saved(name, wanted["published"])
    body = (shared("corpus") / wanted["file"]).read_bytes()
    article = extract(Page(url, body, at), outlet)
    assert isinstance(article, Article), article
    title, lead = wanted["title"] or "", wanted["lead"] or ""
    assert body_f1(article.body, title, lead, wanted["body"]) >= 0.97
    assert article.extraction.family == outlet.family
    assert [note for note in article.notes if note.startswith(("family:", "layout:"))] == []
    if name not in _FRAGMENTS:
        assert article.title == wanted["title"]
        assert article.article_id
        assert article.article_id in url
    if wanted["published"]:
        assert article.published_at == datetime.fromisoformat(wanted["published"])
    if wanted["authors"] is not None:
        assert list(article.authors) == wanted["authors"]


def test_every_real_page_of_a_shipped_outlet_proves_its_file() -> None:
    assert {name for _, name in REAL} == set(gold()) - NOT_PROOF
