"""`tinquan search` as a user types it."""

import json
from pathlib import Path

import pytest

from storage.archive import open_archive
from tests.support.commands import Ran, Tinquan
from tests.support.samples import article, at, capture, run

pytestmark = pytest.mark.usefixtures("archive_file")


@pytest.fixture
def archive_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make an archive of three articles in the current folder."""
    monkeypatch.chdir(tmp_path)
    texts = ("Đám cháy ở quận Đống Đa [1/2] tắt rồi.", "Anh chạy bộ ở Tây Hồ.", "Chợ cháy.")
    with open_archive("sqlite:///tinquan.db") as archive:
        archive.runs.start(run(outlet="tienphong"))
        for number, text in enumerate(texts, start=1):
            item = article(
                number,
                text,
                outlet="tienphong",
                authors=("Lê Ân",) * (number < 3),
                tags=("hỏa hoạn",),
            )
            archive.articles.store("run-1", capture(0, number), item)


def search(tinquan: Tinquan, *words: str) -> Ran:
    return tinquan("search", "--archive", "tinquan.db", *words)


def found(tinquan: Tinquan, *words: str) -> list[str]:
    return [hit["article_id"] for hit in json.loads(search(tinquan, *words, "--json").out)["hits"]]


def test_words_and_options_narrow_a_search(tinquan: Tinquan) -> None:
    assert found(tinquan, "cháy", "--order", "date") == ["3", "1"]
    assert found(tinquan, "chay", "--order", "date", "--limit", "2") == ["3", "2"]
    assert found(tinquan, "cháy", "--fold", "--order", "date") == ["3", "2", "1"]
    assert found(tinquan, "chay", "-cháy") == ["2"]
    assert found(tinquan, '"quan dong da"') == ["1"]
    assert found(tinquan, "cháy", "--author", "le an") == ["1"]
    assert found(tinquan, "--tag", "Hoả hoạn", "--kind", "text", "--until", "2020-01-01") == []
    assert found(tinquan, "cháy", "--outlet", "laodongthudo") == []
    assert found(tinquan, "cháy", "--place", "quận Đống Đa") == []


def test_json_says_what_was_found_and_where(tinquan: Tinquan) -> None:
    result = json.loads(search(tinquan, "dong da", "--json").out)
    assert {key: result[key] for key in result if key != "hits"} == {
        "total": 1,
        "total_is_exact": True,
        "complete": True,
        "ranked_since": None,
    }
    (hit,) = result["hits"]
    assert [hit["body"][mark["start"] : mark["end"]] for mark in hit["marks"]] == ["Đống", "Đa"]
    shown = hit["snippet"]
    assert [shown["text"][m["start"] : m["end"]] for m in shown["marks"]] == ["Đống", "Đa"]
    assert hit["score"] > 0
    assert hit["revisions"][0]["number"] == 1


def test_the_terminal_shows_text_as_it_is_written(tinquan: Tinquan) -> None:
    printed = search(tinquan, "cháy").out
    assert "2 articles, best first" in printed
    assert "Đám cháy ở quận Đống Đa [1/2] tắt rồi." in printed
    assert "1 of at least 2 articles" in search(tinquan, "cháy", "--order", "date", "--limit=1").out


def test_too_many_to_rank_are_said_to_be(tinquan: Tinquan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.sql.search.fts5.RANKED", 1)
    monkeypatch.setattr("storage.sql.search.fts5.COUNTED", 1)
    assert "only those since 2026-03-01 15:03 are" in search(tinquan, "ở OR chợ").out
    assert "only those since 2026-03-01 15:03 are" in search(tinquan, "ở OR chợ", "--facets").out


def test_facets_are_counted(tinquan: Tinquan) -> None:
    printed = search(tinquan, "cháy", "--facets").out
    assert "2 articles" in printed
    assert "Lê Ân" in printed
    counted = json.loads(search(tinquan, "--facets", "--json").out)
    assert counted["total"] == 3
    assert counted["facets"]["author"] == [{"value": "Lê Ân", "articles": 2}]
    assert counted["facets"]["month"] == [{"value": f"{at(0):%Y-%m}", "articles": 3}]
    assert counted["facets"]["place"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (['"cháy'], "the phrase at character 1 has no end"),
        (["*"], "a lone * at character 1"),
        (["-cháy"], "only excludes"),
        (["x" * 100_000], "has 100,000 characters"),
        (["cháy", "--colour"], "no option '--colour'"),
        ([], "nothing to search for"),
        (["cháy", "--limit", "1001"], "--limit is 1001"),
        (["cháy", "--kind", "song"], "no kind 'song': expected one of text, photo"),
        (["cháy", "--outlet", "none"], "none"),
        (["cháy", "--since", "soon"], "--since"),
        (["cháy", "--with-successors", "core"], "needs a --place"),
    ],
    ids=lambda value: None if isinstance(value, str) else " ".join(value)[:20],
)
def test_mistakes_are_one_line(tinquan: Tinquan, words: list[str], said: str) -> None:
    ran = search(tinquan, *words)
    assert ran.code == 2
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    assert ran.out == ""
