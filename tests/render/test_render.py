"""The keys of JSON output, and the formatting of times."""

from dataclasses import replace
from datetime import UTC, datetime

from crawler.render.base import (
    archived_json,
    article_json,
    kept_apart_text,
    refusal_json,
    refused_text,
    run_json,
    skipped_text,
    time_json,
    time_text,
)
from storage.model.articles import (
    ArchivedArticle,
    Article,
    Block,
    Capture,
    Extraction,
    Image,
    Refusal,
    RefusalReason,
    Revision,
)
from storage.model.runs import Outcome, Run, RunCounts

KEYS = set(
    "outlet article_id url title dateline sapo body blocks authors byline credit published_at "  # noqa: SIM905 - as the issue lists them
    "modified_at section tags images kind language extraction refusal".split()
)
MOMENT = datetime(2026, 9, 14, 0, 30, tzinfo=UTC)
ARTICLE = Article(
    outlet="thu",
    url="https://thu.vn/a-1.html",
    title="Tin",
    blocks=(Block("paragraph", "Một."), Block("heading", "Hai")),
    extraction=Extraction("epi", "epi-2020", "subtree", 1),
    published_at=MOMENT,
    images=(Image("https://thu.vn/a.jpg", "Ảnh một"),),
)


def test_an_article_has_the_fixed_keys() -> None:
    printed = article_json(ARTICLE)
    assert set(printed) >= KEYS
    assert printed["body"] == "Một.\nHai"
    assert printed["published_at"] == "2026-09-14T07:30:00+07:00"
    assert printed["sapo"] is None
    assert printed["authors"] == []
    assert printed["images"] == [
        {"url": "https://thu.vn/a.jpg", "caption": "Ảnh một", "credit": None}
    ]
    assert printed["refusal"] is None


def test_a_refusal_has_the_same_keys_and_no_value_it_does_not_know() -> None:
    refusal = Refusal("thu", "https://thu.vn/x", RefusalReason.BLOCKED, "cf-challenge")
    printed = refusal_json(refusal)
    assert set(printed) == set(article_json(ARTICLE))
    assert printed["refusal"] == {"reason": "blocked", "evidence": "cf-challenge"}
    assert (printed["title"], printed["blocks"], printed["tags"]) == (None, [], [])


def test_an_archived_article_comes_with_its_states() -> None:
    capture = Capture("https://thu.vn/a-1.html", MOMENT, 200, "thu/x.warc.gz", 9, "urn:1", "sha1:A")
    first = Revision(1, MOMENT, MOMENT, (), ARTICLE, capture, "f1")
    second = replace(first, number=2, changed=("title",), article=replace(ARTICLE, title="Tin mới"))
    printed = archived_json(ArchivedArticle(7, (first, second)))
    assert (printed["id"], printed["title"]) == (7, "Tin mới")
    assert [state["number"] for state in printed["revisions"]] == [1, 2]
    assert printed["revisions"][1]["changed"] == ["title"]
    assert printed["revisions"][0]["capture"]["warc_offset"] == 9


def test_a_run_says_what_it_did_and_how_it_ended() -> None:
    counts = RunCounts(fetched=3, new=2, refused={"video": 1, "blocked": 2})
    run = Run("r1", "thu", MOMENT, outcome=Outcome.FAILED, error="thu.vn: gone", counts=counts)
    printed = run_json(run)
    assert (printed["outcome"], printed["error"], printed["new"]) == ("failed", "thu.vn: gone", 2)
    assert list(printed["refused"]) == ["blocked", "video"]
    assert refused_text(counts.refused) == "blocked 2, video 1"
    assert skipped_text({"video": 1, "robots": 2}) == "robots 2"
    assert (printed["kept_apart"], kept_apart_text(run)) == (0, "–")


def test_a_run_names_the_pages_that_it_kept_apart() -> None:
    counts = RunCounts(new=9, signals={"kept_apart": 5})
    evidence: dict[str, tuple[str, ...]] = {"kept_apart": ("https://thu.vn/a", "https://thu.vn/b")}
    run = Run("r1", "thu", MOMENT, counts=counts, evidence=evidence)
    assert run_json(run)["kept_apart"] == 5
    assert kept_apart_text(run) == "5 (https://thu.vn/a, https://thu.vn/b)"


def test_unknown_values_are_dashes_in_tables_and_null_in_json() -> None:
    assert (time_text(None), time_json(None), refused_text({})) == ("–", None, "–")
    assert time_text(MOMENT) == "2026-09-14 07:30"
