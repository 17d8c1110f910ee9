"""--place of revisions and clusters, --arrived-since of articles, --query of exports."""

import json
from pathlib import Path

import pytest

from crawler.places.tag_articles import load_into
from storage.archive import Archive
from storage.model.places import Score, Tags
from tests.support.commands import Tinquan
from tests.support.observations import put
from tests.support.places import FOLDER
from tests.support.samples import article, at, refusal, run
from tests.support.stories import put as put_story
from tests.support.stories import start_runs, story, told
from tests.support.tagging import put as put_tagged

DONG_DA = "q-dong-da.006@2024-12"


@pytest.fixture
def file(sqlite_archive: Archive, tmp_path: Path) -> Path:
    sqlite_archive.runs.start(run())
    return tmp_path / "archive.db"


@pytest.mark.usefixtures("gazetteer_once")
def test_edits_and_stories_of_a_place(
    sqlite_archive: Archive, file: Path, tinquan: Tinquan
) -> None:
    load_into(sqlite_archive, FOLDER)
    there = Tags("v", (), (Score(DONG_DA, 5.0, "certain"),))
    put_tagged(sqlite_archive, 1, article(1, "Một."), there)
    put_tagged(sqlite_archive, 2, article(1, "Một, sửa lại."), there)
    put_tagged(sqlite_archive, 3, article(2, "Hai."))
    put_tagged(sqlite_archive, 4, article(2, "Hai, sửa lại."))
    start_runs(sqlite_archive)
    put_story(sqlite_archive, told(5, story(1), title="Cầu vượt"))
    put_story(sqlite_archive, told(6, story(1), title="Cầu vượt", minutes=9))
    words = ("--place", "quận Đống Đa", "--with-successors", "core", "--archive", file)
    edits = tinquan("revisions", *words)
    assert edits.out.startswith("taken for quận Đống Đa")
    assert "1 edit, newest first" in edits.out
    assert [one["id"] for one in json.loads(tinquan("revisions", *words, "--json").out)] == [1]
    assert len(json.loads(tinquan("revisions", "--archive", file, "--json").out)) == 2
    assert json.loads(tinquan("clusters", *words, "--json").out) == []
    (whole,) = json.loads(tinquan("clusters", "--archive", file, "--json").out)
    assert whole["articles"] == 2
    assert tinquan("clusters", "--with-successors", "core", "--archive", file).code == 2


def test_articles_that_arrived_since(sqlite_archive: Archive, file: Path, tinquan: Tinquan) -> None:
    put(sqlite_archive, 5, article(1, published_at=at(100)))
    put(sqlite_archive, 50, article(2, published_at=at(-90_000)), number=2)
    put(sqlite_archive, 51, refusal(2), number=2)
    words = ("articles", "--arrived-since", "2026-03-01 15:30", "--archive", file)
    found = json.loads(tinquan(*words, "--json").out)
    assert [one["id"] for one in found] == [2]
    assert "1 article, newest first" in tinquan(*words).out
    assert [one["id"] for one in json.loads(tinquan(*words, "--removed", "--json").out)] == [2]
    assert json.loads(tinquan(*words, "--offset", 1, "--json").out) == []
    assert tinquan("articles", "--arrived-since", "khi nào", "--archive", file).code == 2


def test_an_export_of_what_a_query_finds(
    sqlite_archive: Archive, file: Path, tmp_path: Path, tinquan: Tinquan
) -> None:
    for number in range(1, 8):  # all of one moment, as imports with days only are
        text = "Cầu Giấy ngập." if number % 2 else "Đường khô."
        put(sqlite_archive, number, article(number, text, published_at=at(0)), number=number)
    put(sqlite_archive, 51, refusal(3), number=3)
    made = tmp_path / "ngap.jsonl"
    words = ("export", "--query", 'ngap "cầu giấy"', "--archive", file, "--output", made)
    assert tinquan(*words).code == 0
    rows = [json.loads(line) for line in made.read_text("utf-8").splitlines()]
    assert [row["article_id"] for row in rows] == ["7", "5", "3", "1"]
    manifest = json.loads((tmp_path / "ngap.jsonl.manifest.json").read_text("utf-8"))
    assert manifest["filters"] == {"words": 'ngap "cầu giấy"'}
    assert tinquan(*words, "--overwrite", "--removed").code == 0
    assert len(made.read_text("utf-8").splitlines()) == 1
    assert tinquan(*words, "--overwrite", "--limit", 2).code == 0
    assert len(made.read_text("utf-8").splitlines()) == 2
    wrong = tinquan("export", "--query", '"cầu', "--archive", file, "--output", made)
    assert wrong.code == 2
    assert "has no end" in wrong.err


def test_an_export_reads_page_after_page(
    sqlite_archive: Archive,
    file: Path,
    tmp_path: Path,
    tinquan: Tinquan,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("storage.sql.articles.PAGE", 2)
    for number in range(1, 8):
        seen = article(number, "Ngập.", published_at=at(number // 5))
        put(sqlite_archive, number, seen, number=number)
    made = tmp_path / "ngap.jsonl"
    tinquan("export", "--query", "ngập", "--archive", file, "--output", made)
    ids = [json.loads(line)["article_id"] for line in made.read_text("utf-8").splitlines()]
    assert ids == ["7", "6", "5", "4", "3", "2", "1"]
