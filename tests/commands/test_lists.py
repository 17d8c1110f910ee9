"""All lists: in three forms for programs, in parts, and as tables of various widths."""

import csv
import io
import json
import shlex
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from rich.cells import cell_len

from crawler.commands.listing import Portion, print_portion
from crawler.commands.options import Part
from crawler.places.tag_articles import load_into
from storage.archive import open_archive
from storage.model.alarms import Cause, Finding
from storage.model.articles import RefusalReason
from storage.model.links import DiscoveredLink
from storage.model.places import Score, Tags
from storage.model.runs import Outcome, Run, RunCounts
from tests.support.commands import Ran, Tinquan
from tests.support.places import FOLDER
from tests.support.samples import T0, article, at, capture, refusal, run
from tests.support.stories import OUTLETS, put, start_runs, story, told

pytestmark = pytest.mark.usefixtures("gazetteer_once")

CONFIG = """
contact = "https://example.org/tests"
[channels]
desk = "json://localhost"
[[watches]]
name = "Đống Đa và các phường chung quanh"
words = "ngập"
to = ["desk"]
"""
TEXT = '{"date": "2026-01-01", "title": "Phường Láng họp", "outlet_province": "Hà Nội"}\n'
ABOUT = Tags("v1", (), (Score("p-lang.00199@2025-07", 5.5, "certain"),))
LONG = "Phường Láng lát lại 1,2 km vỉa hè trên tám ngõ, hẹn xong trước Tết Nguyên đán năm sau"
LISTS = {
    "articles": "id",
    "revisions": "id",
    "runs": "run",
    "refusals": "outlet",
    "clusters": "id",
    "cluster 5": "id",
    "search cầu": "id",
    "search cầu --facets": "facet",
    "alarms": "id",
    "status": "outlet",
    "coverage baothu": "period",
    "places find 'quận Tây Hồ'": "id",
    "places stats": "articles",
    "watch list": "name",
    "outlets list": "slug",
    "outlets check": "outlet",
    "archive check": "check",
    "archive stats": "outlet",
    "sql 'SELECT article, title FROM article_latest'": "article",
}
"""Each list, and the first column of its CSV."""
WHOLE = ("search", "status", "coverage", "archive stats", "cluster ")
"""Those whose --json is an object that contains the list."""
TABLES = {
    "articles": ("ID", "published", "title"),
    "revisions": ("seen", "ID", "title"),
    "runs": ("outlet", "started", "outcome", "new"),
    "refusals": ("captured", "reason", "url"),
    "clusters": ("ID", "published", "outlets", "title"),
    "search cầu --facets": ("articles",),
    "status": ("outlet", "last crawl"),
    "coverage baothu": ("month", "promised", "stored", "missing"),
    "places find 'quận Tây Hồ'": ("ID", "unit", "in"),
    "places show 'phường Láng, Hà Nội'": ("ID", "unit"),
    "places stats --by ward": ("articles", "ID", "unit", "in"),
    "places tag texts.jsonl": ("in", "text", "unit"),
    "outlets list": ("outlet", "host", "status"),
    "watch list": ("name", "when", "to", "next look"),
    "reextract --dry-run --all --jobs 1": ("captures", "effect"),
    "archive stats": ("outlet", "articles", "newest"),
    "sql 'SELECT article, title FROM article_latest'": ("article", "title"),
}
"""Each command that prints a table, and the columns that are never left out."""

Listed = Callable[..., Ran]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of an archive with rows for every list."""
    url = f"sqlite:///{tmp_path_factory.mktemp('lists') / 'a.db'}"
    with open_archive(url) as archive:
        load_into(archive, FOLDER)
        start_runs(archive)
        archive.runs.start(run("run-9"))
        shown = article(1, title=LONG, authors=("Phạm Đăng Khuê", "Lưu Thu Thảo"))
        archive.articles.store("run-9", capture(0, 1), shown, tags=ABOUT)
        edited = article(1, "Hai câu. Khác.", title=LONG)
        archive.articles.store("run-9", capture(90, 1), edited, tags=ABOUT)
        for number in (2, 3):
            archive.articles.store("run-9", capture(number, number), article(number))
        archive.articles.store("run-9", capture(9, 9), refusal(9, RefusalReason.VIDEO))
        for number in (4, 5, 6):
            put(archive, told(number, story(7), minutes=number))
        links = [
            DiscoveredLink(f"https://baothu.vn/tin-{n}.html", None, "sitemap", "2026-03-01")
            for n in "78"
        ]
        archive.links.record("baothu", links, T0)
        for number in (1, 2):
            ended = Run(
                f"r{number}",
                "tienphong",
                at(number),
                ended_at=at(number + 1),
                outcome=Outcome.FAILED,
                error="robots.txt forbids all",
                counts=RunCounts(refused={"video": 2}, signals={"robots": 1}),
            )
            archive.runs.start(ended)
            archive.runs.finish(ended)
        findings = [Finding(Cause.BLOCKED, slug, f"{slug} blocks us", T0) for slug in OUTLETS]
        archive.alarms.sync(findings, OUTLETS, T0 + timedelta(hours=1))
    return url


@pytest.fixture
def listed(
    archive: str, tinquan: Tinquan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Listed:
    """Return a function that runs a command on that archive."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tinquan.toml").write_text(CONFIG, "utf-8")
    (tmp_path / "texts.jsonl").write_text(TEXT, "utf-8")
    monkeypatch.delenv("TINQUAN_CONFIG")
    return lambda line, *words: tinquan("--archive", archive, *shlex.split(line), *words)


@pytest.mark.parametrize("line", LISTS)
def test_json_lines_are_the_items_of_json(line: str, listed: Listed) -> None:
    whole = json.loads(listed(line, "--json").out)
    lines = [json.loads(text) for text in listed(line, "--jsonl").out.splitlines()]
    if not line.startswith(WHOLE):
        assert lines == whole
    elif "--facets" not in line:
        assert lines in whole.values()
    else:
        assert [row for row in lines if row["facet"] == "outlet"]


@pytest.mark.parametrize(("line", "first"), LISTS.items())
def test_csv_has_a_header_and_the_same_rows(line: str, first: str, listed: Listed) -> None:
    ran = listed(line, "--csv")
    header, *rows = csv.reader(io.StringIO(ran.out))
    assert header[0] == first
    assert {len(row) for row in rows} <= {len(header)}
    assert len(rows) == len(listed(line, "--jsonl").out.splitlines())


@pytest.mark.parametrize("line", LISTS)
def test_two_forms_at_once_are_refused(line: str, listed: Listed) -> None:
    ran = listed(line, "--csv", "--jsonl")
    assert (ran.code, ran.out) == (2, "")
    assert "--jsonl and --csv: expected one of them" in ran.err


@pytest.mark.parametrize(
    "line", ["articles", "runs", "alarms", "revisions", "refusals", "clusters"]
)
def test_an_empty_list_is_a_header_in_csv(line: str, tinquan: Tinquan, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    open_archive(url).close()
    assert len(tinquan("--archive", url, line, "--csv").out.splitlines()) == 1
    assert tinquan("--archive", url, line, "--jsonl").out == ""
    assert json.loads(tinquan("--archive", url, line, "--json").out) == []


def test_csv_says_what_the_article_says(listed: Listed) -> None:
    rows = list(csv.DictReader(io.StringIO(listed("articles --csv").out)))
    [row] = [row for row in rows if row["title"] == LONG]
    assert row["authors"] == ""  # the newest state names none
    assert row["published_at"] == "2026-03-01T15:01:00+07:00"
    stats = list(csv.DictReader(io.StringIO(listed("outlets list --csv").out)))
    assert "tienphong.vn" in {row["host"] for row in stats}


def test_a_formula_is_text_in_csv(tinquan: Tinquan, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with open_archive(url) as archive:
        archive.runs.start(run())
        archive.articles.store("run-1", capture(), article(title='=HYPERLINK("x")\x1b[2J'))
    for line in ("articles", "sql SELECT\\ title\\ FROM\\ article_latest"):
        printed = tinquan("--archive", url, *shlex.split(line), "--csv").out
        assert """\"'=HYPERLINK(""x"")""" in printed
        assert "\x1b" not in printed


@pytest.mark.parametrize(
    ("line", "noun"),
    [
        ("articles", "articles, newest first"),
        ("runs", "runs, newest first"),
        ("search cầu", "articles, best first"),
    ],
)
def test_a_part_says_of_how_many_and_how_to_go_on(line: str, noun: str, listed: Listed) -> None:
    every = [json.loads(text) for text in listed(line, "--jsonl").out.splitlines()]
    total = len(every)
    first = listed(line, "--limit", 2)
    assert f"2 of {total} {noun}" in first.out
    assert first.err == f"{total - 2} more: --offset 2 continues, --limit shows more at once\n"
    for form in ("--json", "--jsonl", "--csv"):
        assert listed(line, "--limit", 2, form).err == first.err
        assert listed(line, "--limit", total, form).err == ""
    second = listed(line, "--limit", 2, "--offset", total - 2)
    assert f"{total - 1} to {total} of {total} {noun}" in second.out
    assert second.err == ""
    rest = listed(line, "--jsonl", "--offset", 1).out.splitlines()
    assert [json.loads(text) for text in rest] == every[1:]
    beyond = listed(line, "--offset", 1000 - 20)
    assert (beyond.code, beyond.err) == (0, "")
    assert f"0 of {total} {noun}" in beyond.out


def test_alarms_come_in_parts(listed: Listed) -> None:
    first = listed("alarms --limit 3")
    assert first.err.startswith("1 more: --offset 3")
    assert len(listed("alarms --offset 3 --jsonl").out.splitlines()) == 1


@pytest.mark.parametrize("shown", [0, 1, 2])
def test_a_part_for_programs_says_how_the_list_goes_on(
    shown: int, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = iter([{"id": number} for number in range(shown)])
    print_portion("jsonl", rows, "id", Part(2, 5), lambda: 9)
    said = "2 more: --offset 7 continues, --limit shows more at once\n" if shown == 2 else ""
    printed = capsys.readouterr()
    assert (len(printed.out.splitlines()), printed.err) == (shown, said)


def test_titles_of_parts() -> None:
    assert Portion(1, 1).title("article") == "1 article"
    assert Portion(20, 1204).title("article") == "20 of 1,204 articles"
    assert Portion(20, 1204, 20).title("article") == "21 to 40 of 1,204 articles"
    assert Portion(20, 21, is_exact=False).title("story", "stories") == "20 of at least 21 stories"
    assert Portion(0, 7, 9).title("article") == "0 of 7 articles"


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize(("line", "always"), TABLES.items())
def test_a_table_fits_its_terminal(
    line: str, always: tuple[str, ...], width: int, listed: Listed, tinquan: Tinquan
) -> None:
    tinquan.width = width
    ran = listed(line)
    lines = ran.out.splitlines()
    rule = next(number for number, text in enumerate(lines) if set(text) == {"─"})
    header = lines[rule - 1]
    assert all(name in header for name in always)
    assert max(cell_len(text) for text in lines[rule - 1 : rule + 3]) <= width


@pytest.mark.parametrize(("line", "always"), TABLES.items())
def test_a_table_in_a_pipe_is_values_between_tabs(
    line: str, always: tuple[str, ...], listed: Listed, tinquan: Tinquan
) -> None:
    tinquan.width = None
    lines = listed(line).out.splitlines()
    at_ = next(n for n, text in enumerate(lines) if set(always) <= set(text.split("\t")))
    header, row = lines[at_].split("\t"), lines[at_ + 1].split("\t")
    assert len(row) == len(header)
    assert all(value == value.strip() and "…" not in value for value in row)
