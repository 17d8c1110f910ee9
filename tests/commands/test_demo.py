"""The main job end to end: the demo's recordings through real spiders into an archive.

What must come out stands in tests/recordings/expected.json, written from the stories' sources,
not by any extractor.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler.capture.reader import read_record
from crawler.render.base import time_json
from storage.archive import Archive
from storage.model.articles import ArchivedArticle, Article, ArticleQuery
from storage.model.places import Tags
from storage.model.runs import Outcome
from tests.recordings.pages import ROOT
from tests.support.commands import Tinquan
from tests.support.places import tagger
from tests.support.replaying import EVENING, MORNING, configure, opened, replay, wait_for_articles

EXPECTED = json.loads((ROOT / "tests/recordings/expected.json").read_text("utf-8"))
NOT_CRAWLED = "1875790"  # stands in xa-hoi, which is crawled only when named
STATES = {"1875981": 2, "216372": 2}  # the edited story and the stealth edit


def history(archive: Archive) -> dict[str, list[tuple[str, str, tuple[str, ...]]]]:
    """Return what an archive says, without what depends on when and how it was told."""
    return {
        article.latest.article.url: [
            (state.first_seen_at.isoformat(), state.fingerprint, state.changed)
            for state in article.revisions
        ]
        for article in archive.articles.find(ArticleQuery())
    }


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an archive of the whole demo day."""
    folder = tmp_path_factory.mktemp("day")
    config = configure(folder)
    (folder / "runs.json").write_text(
        json.dumps([replay(config, MORNING), replay(config, EVENING)])
    )
    return folder


@pytest.fixture
def archive(day: Path) -> Iterator[Archive]:
    with opened(day) as archive:
        yield archive


def latest_expected() -> dict[str, dict[str, Any]]:
    rows = EXPECTED["morning"]["articles"] | EXPECTED["evening"]["articles"]
    return {url: row for url, row in rows.items() if row["article_id"] != NOT_CRAWLED}


def says(article: Article) -> dict[str, Any]:
    return {
        "outlet": article.outlet,
        "article_id": article.article_id,
        "title": article.title,
        "dateline": article.dateline,
        "sapo": article.sapo,
        "paragraphs": [block.text for block in article.blocks],
        "authors": list(article.authors),
        "credit": article.credit,
        "published_at": time_json(article.published_at),
        "modified_at": time_json(article.modified_at),
        "captions": [image.caption for image in article.images if image.caption],
        "kind": article.kind,
    }


@pytest.mark.parametrize("url", sorted(latest_expected()))
def test_every_article_is_archived_as_it_was_written(archive: Archive, url: str) -> None:
    found = archive.articles.get(url).latest.article
    expected = latest_expected()[url]
    said = says(found)
    assert said == {key: expected[key] for key in said}
    text = "\n".join((found.title, found.sapo or "", found.body))
    assert not [phrase for phrase in expected["never"] if phrase in text]


def test_nothing_else_is_archived(archive: Archive) -> None:
    urls = {article.latest.article.url for article in archive.articles.find(ArticleQuery())}
    assert urls == set(latest_expected())


def test_pages_that_are_no_articles_are_refused_by_name(archive: Archive) -> None:
    refused = {refusal.url: refusal for _, refusal in archive.articles.refusals()}
    expected = EXPECTED["morning"]["refusals"] | EXPECTED["evening"]["refusals"]
    assert {url: refused[url].reason.value for url in expected if url in refused} == {
        url: row["reason"] for url, row in expected.items()
    }
    assert len(Counter(row["reason"] for row in expected.values())) >= 3
    assert all(refusal.evidence for refusal in refused.values())


def test_an_edit_adds_a_state_and_furniture_adds_none(archive: Archive) -> None:
    states = {
        article.latest.article.article_id: len(article.revisions)
        for article in archive.articles.find(ArticleQuery())
    }
    assert {key: count for key, count in states.items() if count > 1} == STATES


def test_the_earlier_text_of_an_edited_article_is_kept(archive: Archive) -> None:
    for session, number in (("morning", 0), ("evening", 1)):
        rows = EXPECTED[session]["articles"]
        for url, row in rows.items():
            if row["article_id"] in STATES:
                revision = archive.articles.get(url).revisions[number]
                assert [block.text for block in revision.article.blocks] == row["paragraphs"]


def test_redirects_and_copies_lead_to_the_article(archive: Archive) -> None:
    ways = EXPECTED["morning"]["redirects"] | EXPECTED["morning"]["twins"]
    known = archive.articles.seen("tienphong", list(ways)) | archive.articles.seen(
        "laodongthudo", list(ways)
    )
    assert known
    for way in known:
        assert archive.articles.get(way).latest.article.url == ways[way]


def test_every_row_points_to_a_whole_record(archive: Archive) -> None:
    for article in archive.articles.find(ArticleQuery()):
        for revision in article.revisions:
            capture = revision.capture
            page = read_record(Path(capture.warc_file), capture.warc_offset)
            assert page.fetched_at == capture.captured_at


def test_the_runs_say_what_was_done(day: Path) -> None:
    morning, evening = json.loads((day / "runs.json").read_text())
    assert [run["outcome"] for run in morning + evening] == ["done"] * 4
    assert sum(run["new"] for run in morning) == len(EXPECTED["morning"]["articles"]) - 1
    assert sum(run["revised"] for run in evening) == len(STATES)


@pytest.mark.slow
def test_a_second_time_adds_nothing(day: Path, tmp_path: Path) -> None:
    shutil.copy(day / "tinquan.db", tmp_path / "tinquan.db")
    with opened(tmp_path) as archive:
        before = history(archive)
    runs = replay(configure(tmp_path), MORNING, EVENING)
    assert sum(run["new"] + run["revised"] for run in runs) == 0
    with opened(tmp_path) as archive:
        assert history(archive) == before


@pytest.mark.slow
def test_the_order_of_replays_does_not_matter(day: Path, archive: Archive, tmp_path: Path) -> None:
    config = configure(tmp_path)
    replay(config, EVENING)
    replay(config, MORNING)
    with opened(tmp_path) as backwards:
        assert history(backwards) == history(archive)


@pytest.mark.slow
def test_kill_in_mid_crawl_loses_and_doubles_nothing(
    day: Path, archive: Archive, tmp_path: Path
) -> None:
    config = configure(tmp_path)
    words = [sys.executable, "-m", "crawler.cli", "crawl", "--config", str(config)]
    words += ["--replay", str(MORNING)]
    process = subprocess.Popen(
        words,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    pids = wait_for_articles(tmp_path, 5)
    for pid in [process.pid, *pids]:
        os.kill(pid, signal.SIGKILL)
    process.wait()
    with opened(tmp_path) as stopped:
        assert len(list(stopped.articles.find(ArticleQuery()))) >= 5
    replay(config, MORNING)
    replay(config, EVENING)
    with opened(tmp_path) as resumed:
        assert history(resumed) == history(archive)
        assert any(run.outcome is Outcome.DIED for run in resumed.runs.find())


def test_an_edited_article_is_shown_with_its_states(
    day: Path, archive: Archive, tinquan: Tinquan
) -> None:
    edited = next(
        article
        for article in archive.articles.find(ArticleQuery())
        if article.latest.article.article_id == "1875981"
    )
    shown = tinquan("show", edited.id, "--config", configure(day), "--json")
    printed = json.loads(shown.out)
    assert printed["link_sources"][0] == "feed"
    assert [state["number"] for state in printed["revisions"]] == [1, 2]
    assert "body" in printed["revisions"][1]["changed"]
    plain = tinquan("show", printed["url"], "--config", configure(day))
    assert plain.code == 0
    assert printed["title"] in plain.out


def test_every_state_comes_with_its_places(archive: Archive) -> None:
    states = [state for found in archive.articles.find(ArticleQuery()) for state in found.revisions]
    assert {state.tags and state.tags.version for state in states} == {tagger().version}
    assert sum(bool(state.tags and state.tags.primary) for state in states) >= 20


def test_a_district_is_found_with_the_wards_it_became(day: Path, tinquan: Tinquan) -> None:
    words = ["articles", "--place", "quận Đống Đa", "--config", configure(day), "--limit", 50]
    core = tinquan(*words, "--with-successors", "core")
    header = core.out.splitlines()[0]
    assert header.startswith("taken for quận Đống Đa (unknown – 2025-06-30), Hà Nội;")
    wards = ("Ô Chợ Dừa", "Láng", "Văn Miếu - Quốc Tử Giám", "Kim Liên", "Đống Đa")
    assert all(f"phường {ward}" in header for ward in wards)
    assert "(2025-07-01 – today)" in header
    old = {row["article_id"] for row in json.loads(tinquan(*words, "--json").out)}
    both = json.loads(tinquan(*words, "--with-successors", "core", "--json").out)
    assert old == {"173518", "190215", "1741385"}
    assert old < {row["article_id"] for row in both}
    new = [row for row in both if row["article_id"] not in old]
    assert {place["name"] for row in new for place in row["places"]} >= set(wards)
    assert all(row["published_at"] >= "2025-07-01" for row in new)


def test_tagging_anew_finds_what_the_crawl_found(
    day: Path, archive: Archive, tmp_path: Path, tinquan: Tinquan
) -> None:
    shutil.copy(day / "tinquan.db", tmp_path / "tinquan.db")
    with opened(tmp_path) as copied:
        numbers = [number for number, _, _ in copied.places.untagged("none", 1000)]
        copied.places.tag(dict.fromkeys(numbers, Tags("older", (), ())))
    assert tinquan("places", "retag", "--config", configure(tmp_path)).code == 0
    with opened(tmp_path) as tagged:
        found = list(tagged.articles.find(ArticleQuery()))
    assert [one.revisions for one in found] == [
        one.revisions for one in archive.articles.find(ArticleQuery())
    ]


def first_article(archive: Archive) -> ArchivedArticle:
    return next(iter(archive.articles.find(ArticleQuery(limit=1))))


def test_articles_are_listed_newest_first(day: Path, archive: Archive, tinquan: Tinquan) -> None:
    listed = json.loads(tinquan("articles", "--limit", 5, "--config", configure(day), "--json").out)
    times = [row["published_at"] for row in listed]
    assert times == sorted(times, reverse=True)
    assert listed[0]["id"] == first_article(archive).id
    table = tinquan("articles", "--outlet", "tienphong", "--config", configure(day)).out
    assert "tienphong" in table
    assert "laodongthudo" not in table
