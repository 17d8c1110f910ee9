"""An import stops early where every line misses the same thing, and asks for it."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from storage.archive import open_archive
from storage.model.articles import ArticleQuery
from tests.support.commands import Ran, Tinquan

Import = Callable[..., Ran]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder; the input lies in another."""
    (tmp_path / "input").mkdir()
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def run_import(tinquan: Tinquan, folder: Path) -> Import:
    def run(rows: Iterable[Any], *words: str) -> Ran:
        file = folder.parent / "input" / "rows.jsonl"
        file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        return tinquan("import", file, "--archive", folder / "a.db", *words)

    return run


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {"ma_bai": number, "title": f"Cầu số {number}", "body": "Một đoạn."} | changes


def titles(folder: Path) -> int:
    with open_archive(f"sqlite:///{folder / 'a.db'}", create=False) as archive:
        return sum(1 for _ in archive.articles.find(ArticleQuery()))


def aside(folder: Path) -> list[int]:
    lines = (folder / "rows.jsonl.rejected.jsonl").read_text().splitlines()
    return [json.loads(line)["line"] for line in lines]


def test_without_the_id_s_key_the_first_thousand_lines_are_enough(
    run_import: Import, folder: Path
) -> None:
    ran = run_import(map(row, range(5000)), "--outlet", "baothu")
    assert ran.code == 2
    assert "the first 1,000 lines fail alike: each has no url or article_id" in ran.err
    assert "--id-key KEY; the lines have ma_bai, title, body" in ran.err
    assert aside(folder) == list(range(1, 1001))
    assert list((folder.parent / "input").iterdir()) == [folder.parent / "input" / "rows.jsonl"]
    whole = run_import(map(row, range(1500)), "--outlet", "baothu", "--id-key", "ma_bai")
    assert (whole.code, titles(folder)) == (0, 1500)
    assert not (folder / "rows.jsonl.rejected.jsonl").exists()


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"article_id": "1"}, "name the outlet by --outlet NAME"),
        ({"outlet": "baothu", "article_id": "1", "published_at": "hôm qua"}, "--keep-going"),
        ({"outlet": "Báo Thử", "article_id": "1"}, "--keep-going"),
        ({"outlet": "baothu", "article_id": "1", "title": 7}, "--keep-going"),
    ],
)
def test_what_is_missing_is_asked_for(
    run_import: Import, changes: dict[str, Any], asked: str
) -> None:
    ran = run_import(row(number, **changes) for number in range(1200))
    assert ran.code == 2
    assert "fail alike" in ran.err
    assert asked in ran.err


def test_one_good_line_among_the_first_lets_it_go_on(run_import: Import, folder: Path) -> None:
    rows = [row(n) for n in range(1200)]
    rows[700]["article_id"] = "1"
    ran = run_import(rows, "--outlet", "baothu")
    assert (ran.code, titles(folder), len(aside(folder))) == (1, 1, 1199)


def test_lines_that_fail_each_in_its_way_let_it_go_on(run_import: Import, folder: Path) -> None:
    rows = [row(n) if n % 2 else row(n, title=[]) for n in range(1200)]
    ran = run_import(rows, "--outlet", "baothu")
    assert (ran.code, len(aside(folder))) == (1, 1200)


def test_a_shorter_file_and_the_option_go_to_the_end(run_import: Import, folder: Path) -> None:
    assert run_import(map(row, range(999)), "--outlet", "baothu").code == 1
    ran = run_import(map(row, range(1100)), "--outlet", "baothu", "--keep-going")
    assert (ran.code, len(aside(folder))) == (1, 1100)


def test_a_folder_that_cannot_be_written_is_named_first(run_import: Import, folder: Path) -> None:
    missing = folder / "none" / "aside.jsonl"
    ran = run_import([row(1, article_id="1")], "--outlet", "baothu", "--rejected", str(missing))
    assert ran.code == 2
    assert f"{missing}: cannot be written" in ran.err
    assert not (folder / "a.db").exists()
