"""Accuracy on real pages and on the seed texts (in TINQUAN_SHARED, default ../shared)."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
import trafilatura

from crawler.extract import extract
from crawler.outlets.model import Outlet
from crawler.page.response import Page
from storage.model.articles import Article, Refusal
from tests.support.generic import extract_generic
from tests.support.paths import ROOT
from tests.support.score import body_f1
from tests.support.seed_pages import (
    epi_page,
    mastercms_page,
    read_epi_seed,
    read_mastercms_seed,
)

SHARED = Path(os.environ.get("TINQUAN_SHARED") or ROOT.parent / "shared")
FRAGMENTS = {"congthuong_1"}  # kept without head and title, which only its own family can know
FETCHED = datetime(2026, 11, 20, tzinfo=UTC)
Extract = Callable[[Page, Outlet | None], Article | Refusal]

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not (SHARED / "corpus").is_dir(), reason=f"no corpus in {SHARED}"),
]


def _gold() -> list[dict[str, Any]]:
    path = SHARED / "corpus" / "gold.jsonl"
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _page(gold: dict[str, Any]) -> Page:
    # Two pages were kept without their address.
    url = gold["url"] or f"https://{gold['id'].split('_')[0]}.vn/bai-112379.html"
    return Page(url, (SHARED / "corpus" / gold["file"]).read_bytes(), FETCHED)


def _article(gold: dict[str, Any], function: Extract = extract) -> Article:
    result = function(_page(gold), None)
    assert isinstance(result, Article), result
    return result


def _f1(gold: dict[str, Any], article: Article) -> float:
    return body_f1(article.body, gold["title"] or "", gold["lead"] or "", gold["body"])


def _bylines(gold: dict[str, Any]) -> list[str]:
    byline = gold["byline"]
    return list(filter(None, [byline] if isinstance(byline, str) else byline))


@pytest.mark.parametrize("gold", [pytest.param(gold, id=gold["id"]) for gold in _gold()])
def test_page_agrees_with_its_annotation(gold: dict[str, Any]) -> None:
    article = _article(gold)
    assert _f1(gold, article) >= 0.97
    assert [phrase for phrase in gold["boilerplate"] if phrase in article.body] == [
        phrase for phrase in gold["boilerplate"] if phrase in gold["body"]
    ]
    assert not [caption for caption in gold["captions"] if caption in article.body]
    assert [line for line in _bylines(gold) if line in article.body.splitlines()] == []
    if gold["title"] is not None:
        assert article.title == gold["title"]
    if gold["published"]:
        assert article.published_at == datetime.fromisoformat(gold["published"])
    captions = "\n".join(image.caption or "" for image in article.images)
    assert [line for line in gold["captions"] if line not in captions] == []


def test_authors_and_leads_are_right_on_19_pages_of_20() -> None:
    articles = [(gold, _article(gold)) for gold in _gold()]
    named = [(gold, article) for gold, article in articles if gold["authors"] is not None]
    led = [(gold, article) for gold, article in articles if gold["lead"]]
    wrong = [gold["id"] for gold, each in named if list(each.authors) != gold["authors"]]
    assert len(wrong) <= 0.05 * len(named), wrong
    wrong = [gold["id"] for gold, each in led if not gold["lead"].endswith(each.sapo or "none")]
    assert len(wrong) <= 0.05 * len(led), wrong


def test_mean_accuracy() -> None:
    # Those without a year are of 2016 and later.
    recent = [gold for gold in _gold() if gold.get("year", 2016) >= 2015]
    assert mean(_f1(gold, _article(gold)) for gold in recent) >= 0.998


def test_no_page_is_read_worse_than_trafilatura_reads_it() -> None:
    """The floor under every page, whatever family reads it or none."""
    for gold in _gold():
        found = trafilatura.extract(_page(gold).body, include_comments=False) or ""
        floor = body_f1(found, gold["title"] or "", gold["lead"] or "", gold["body"])
        assert _f1(gold, _article(gold)) >= floor, gold["id"]
        if gold["id"] not in FRAGMENTS:
            assert _f1(gold, _article(gold, extract_generic)) >= floor, gold["id"]


def test_generic_family_reads_every_whole_page() -> None:
    """Leave-one-family-out: no page's own family is known. Fragments are left out."""
    pages = [gold for gold in _gold() if gold["id"] not in FRAGMENTS]
    scores = [_f1(gold, _article(gold, extract_generic)) for gold in pages]
    assert mean(scores) >= 0.98
    assert min(scores) >= 0.95


@pytest.mark.parametrize("function", [extract, extract_generic])
def test_a_table_of_filings_is_refused(function: Extract) -> None:
    for path in sorted((SHARED / "corpus" / "not-articles").glob("*.html")):
        page = Page("https://finance.site.example/VNM/tin-123456.htm", path.read_bytes(), FETCHED)
        assert isinstance(function(page, None), Refusal), path.name


@pytest.mark.parametrize("function", [extract, extract_generic])
def test_listings_are_refused(function: Extract) -> None:
    for path in sorted((SHARED / "corpus" / "listings").glob("*.html")):
        host = path.name.split("_")[0]
        page = Page(f"https://{host}/thoi-su/xa-hoi.htm", path.read_bytes(), FETCHED)
        assert isinstance(function(page, None), Refusal), path.name


@pytest.mark.parametrize(
    ("file", "url"),
    [
        ("laodongthudo-dong-da.txt", "https://laodongthudo.vn/dong-da-172345.html"),
        ("tienphong-tay-ho.txt", "https://tienphong.vn/tay-ho-post1653456.tpo"),
    ],
)
def test_seed_text_comes_out_whole_and_alone(file: str, url: str) -> None:
    text = (SHARED / "seeds" / file).read_text(encoding="utf-8")
    mastercms = "laodongthudo" in file
    seed = read_mastercms_seed(text) if mastercms else read_epi_seed(text)
    body = mastercms_page(seed) if mastercms else epi_page(seed)
    article = extract(Page(url, body, FETCHED), None)
    assert isinstance(article, Article), article
    assert article.title == seed.title
    assert [block.text for block in article.blocks] == seed.paragraphs
    assert article.sapo is not None
    assert seed.sapo.endswith(article.sapo)
    assert article.dateline == ("LĐTĐ" if mastercms else "TP")
    assert [image.caption for image in article.images] == seed.captions
    assert not set(seed.boxes) & {block.text for block in article.blocks}
    assert article.authors == ((seed.byline,) if seed.byline else ())
