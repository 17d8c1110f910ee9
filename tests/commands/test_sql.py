"""`tinquan sql`: a user's statement, its output forms, and what it may not do."""

import json
import re
import shlex
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from crawler.places.tag_articles import load_into
from storage.archive import open_archive
from storage.model.clusters import ClusterQuery
from storage.model.places import Score, Tags
from tests.support.commands import Tinquan
from tests.support.paths import ROOT
from tests.support.places import FOLDER
from tests.support.samples import article, at, capture, refusal, run
from tests.support.stories import put, start_runs, story, told


@pytest.fixture
def archive(archive_url: str) -> str:
    """Return the URL of an archive with two articles, on either database."""
    with open_archive(archive_url) as archive:
        archive.runs.start(run("run-9"))
        archive.articles.store("run-9", capture(0, 1), article(1, "Một dòng.\tHai."))
        archive.articles.store("run-9", capture(1, 2), article(2, published_at=None))
    return archive_url


SELECT = "SELECT article, title, published_at FROM article_latest ORDER BY article"


def test_a_statement_prints_a_table(archive: str, tinquan: Tinquan) -> None:
    ran = tinquan("--archive", archive, "sql", SELECT)
    header, _, first, second = ran.out.splitlines()
    assert header.split() == ["article", "title", "published_at"]
    assert "Khánh thành cầu số 1" in first
    assert second.rstrip().endswith("–")


def test_csv_and_json_say_the_same(archive: str, tinquan: Tinquan) -> None:
    rows = json.loads(tinquan("--archive", archive, "sql", SELECT, "--json").out)
    assert [row["article"] for row in rows] == [1, 2]
    assert rows[1]["published_at"] is None
    lines = tinquan("--archive", archive, "sql", SELECT, "--csv").out.splitlines()
    assert lines[0] == "article,title,published_at"
    assert lines[1].startswith("1,Khánh thành cầu số 1,2026-03-01T")
    assert lines[2].endswith(",")


def test_sums_are_numbers(archive: str, tinquan: Tinquan) -> None:
    ran = tinquan(
        "--archive", archive, "sql", "SELECT sum(articles) AS n FROM outlet_day", "--json"
    )
    assert json.loads(ran.out) == [{"n": 2}]


def test_colons_and_percents_are_text(archive: str, tinquan: Tinquan) -> None:
    ran = tinquan("--archive", archive, "sql", "SELECT '100 % :now %s' AS x", "--csv")
    assert ran.out.splitlines() == ["x", "100 % :now %s"]


def test_more_rows_than_the_limit_are_said(archive: str, tinquan: Tinquan) -> None:
    ran = tinquan("--archive", archive, "sql", SELECT, "--limit", 1)
    assert "cầu số 2" not in ran.out
    assert ran.err == "only the first 1 rows are shown: --limit shows more, --csv all\n"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELEC 1", "the statement cannot be run"),
        ("SELECT nothing FROM article_latest", "nothing"),
        ("DELETE FROM articles", "the statement"),
        ("UPDATE articles SET title = 'x'", "the statement"),
        ("", "the statement"),
        ("SELECT 1; SELECT 2", "the statement"),
    ],
)
def test_a_wrong_statement_is_one_line_and_changes_nothing(
    statement: str, said: str, archive: str, tinquan: Tinquan
) -> None:
    ran = tinquan("--archive", archive, "sql", statement)
    assert ran.code == 2
    assert ran.out == ""
    assert len(ran.err.splitlines()) == 1
    assert said in ran.err
    with open_archive(archive, create=False) as opened:
        assert opened.articles.get("1").latest.article.title == "Khánh thành cầu số 1"


def test_csv_and_json_exclude_each_other(archive: str, tinquan: Tinquan) -> None:
    ran = tinquan("--archive", archive, "sql", SELECT, "--csv", "--json")
    assert (ran.code, ran.out) == (2, "")


@pytest.mark.parametrize(
    "statement",
    [
        "ATTACH 'other.db' AS other",
        "SELECT cast(x'ff' AS text)",
        "SELECT json(x) FROM (SELECT '{' AS x)",
    ],
)
def test_what_sqlite_alone_knows_is_refused_as_plainly(
    statement: str, tinquan: Tinquan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    open_archive("sqlite:///tinquan.db").close()
    ran = tinquan("--archive", "tinquan.db", "sql", statement)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("tinquan: the statement")
    assert not (tmp_path / "other.db").exists()


def test_values_that_json_lacks_are_null_and_columns_have_names_of_their_own(
    archive: str, tinquan: Tinquan
) -> None:
    twice = tinquan("--archive", archive, "sql", "SELECT 1 AS x, 2 AS x", "--json")
    assert (twice.code, twice.out) == (2, "")
    huge = "1e400" if archive.startswith("sqlite") else "'Infinity'::float8"
    ran = tinquan("--archive", archive, "sql", f"SELECT {huge} AS x", "--json")
    assert json.loads(ran.out) == [{"x": None}]


def test_no_rows_are_said(archive: str, tinquan: Tinquan) -> None:
    assert tinquan("--archive", archive, "sql", "SELECT 1 WHERE 1 = 0").out == "no rows\n"


def test_standard_input_must_be_text(
    archive: str, tinquan: Tinquan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(b"\x7fELF\xff")))
    ran = tinquan("--archive", archive, "sql", "-")
    assert (ran.code, ran.err) == (2, "tinquan: standard input: expected a statement in UTF-8\n")


LANG = Tags("v1", (), (Score("p-lang.00199@2025-07", 5.5, "certain"),))


@pytest.mark.usefixtures("gazetteer_once")
def test_the_four_questions_of_docs_have_one_answer_by_command_and_by_sql(
    tmp_path: Path, tinquan: Tinquan
) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with open_archive(url) as archive:
        load_into(archive, FOLDER)
        start_runs(archive)
        for number, minutes in ((1, 600), (2, 1000)):  # on 1 March, and on 2 March
            seen, made = capture(minutes, number), article(number, published_at=at(minutes))
            archive.articles.store("run-baothu", seen, made, (), LANG)
        edited = article(2, "Sửa.", published_at=at(1000))
        archive.articles.store("run-baothu", capture(1100, 2), edited, (), LANG)
        for number in (3, 4, 5, 6):
            archive.articles.store("run-baothu", capture(number, number), refusal(number))
        for number in (7, 8, 9):
            put(archive, told(number, story(7), minutes=number))
        archive.articles.store("run-baothu", capture(2000, 99), refusal(99))
        sources = {one.id for one in archive.clusters.find(ClusterQuery())}
    text = (ROOT / "docs/sql.md").read_text("utf-8")
    pairs = re.findall(r"```console\n\$ tinquan ([^\n]*)\n```\n```sql\n(.*?)```", text, re.DOTALL)
    assert len(pairs) == 4
    for words, statement in pairs:
        source = str(sources.pop()) if "5" in words.split() else "5"
        asked = [source if word == "5" else word for word in shlex.split(words)]
        key = "url" if asked[0] == "refusals" else "id"
        rows = tinquan("--archive", url, *asked, "--jsonl").out.splitlines()
        told_ = [json.loads(row)[key] for row in rows]
        select = statement.replace("source = 5", f"source = {source}")
        answer = tinquan("--archive", url, "sql", select, "--jsonl").out.splitlines()
        expected = [next(iter(json.loads(row).values())) for row in answer]
        if asked[0] == "cluster":
            told_.remove(int(source))  # the statement asks for its copies
        assert told_ == expected != [], words
        assert len(statement.splitlines()) <= 6
