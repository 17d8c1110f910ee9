"""Exports: whole files in three formats, and back by import."""

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.reprocess.import_rows import ImportSource
from crawler.reprocess.importer import Importer, Pages
from crawler.reprocess.jsonl import read_lines
from storage.archive import Archive
from storage.errors import ExportError, UsageError
from storage.export import files as export_files
from storage.export.parquet import SCHEMA
from storage.model.articles import ArchivedArticle, Arrival, ArticleQuery, Image, Revision
from storage.model.exports import ExportFormat, ExportOrder, Manifest
from storage.model.json import LOCAL
from storage.model.places import Score, Tags
from tests.support.commands import Tinquan
from tests.support.emptying import emptied
from tests.support.samples import article, at, capture, read_by
from tests.support.tagging import UNITS

FORMATS: tuple[ExportFormat, ...] = ("jsonl", "csv", "parquet")


def store(archive: Archive, *items: tuple[float, Any]) -> None:
    observations = [
        Arrival(capture(minutes, url=item.url, record_id=f"{minutes} {item.url}"), item)
        for minutes, item in items
    ]
    archive.articles.store_many("run-1", observations)


def order(file: Path, **changes: Any) -> ExportOrder:
    kind = file.suffix[1:]
    made = ExportOrder(ArticleQuery(), file, kind, at(9999))  # type: ignore[arg-type]  # of FORMATS
    return replace(made, **changes)


def rows_of(file: Path) -> list[dict[str, Any]]:
    if file.suffix == ".parquet":
        return list(pq.read_table(file).to_pylist())
    text = file.read_text(encoding="utf-8-sig")
    if file.suffix == ".csv":
        return list(csv.DictReader(text.splitlines(keepends=True)))
    return [json.loads(line) for line in text.splitlines()]


def import_(archive: Archive, file: Path) -> dict[str, int]:
    source = ImportSource(None, "article_id", {}, at(9999))
    rejected: list[str] = []
    with Pages(source) as pages, file.open("rb") as stream:
        clock = lambda: at(9999)  # noqa: E731 - a moment, not a function worth a name
        importer = Importer(
            archive, source, pages, lambda _, why: rejected.append(why), print, clock
        )
        for line in read_lines(stream):
            importer.take(line)
        importer.store_rest()
        runs = importer.finish("finished")
    assert rejected == []
    names = ("new", "revised", "unchanged", "known")
    return {name: sum(getattr(run.counts, name) for run in runs) for name in names}


def shown(archive: Archive) -> list[ArchivedArticle]:
    found = archive.articles.find(ArticleQuery())
    return sorted(found, key=lambda one: (one.latest.article.outlet, one.latest.article.url))


def history(one: ArchivedArticle) -> list[tuple[Any, datetime]]:
    return [(revision.article, revision.first_seen_at) for revision in one.revisions]


texts = st.sampled_from(["A", "B", "Hoà  bình“…", "=1+1", "\ud800 \x00"]) | st.text(max_size=20)


@pytest.mark.parametrize("sign", [*"=+-@＝＋－＠", "\t", "\n"])
def test_no_spreadsheet_takes_a_text_for_a_formula(
    archive: Archive, tmp_path: Path, sign: str
) -> None:
    store(archive, (0, article(1, sign + "1+1", title=sign + "SUM(A1)", authors=(sign + "An",))))
    file = tmp_path / "all.csv"
    archive.articles.export(order(file))
    (row,) = rows_of(file)
    assert {row["title"][:2], row["body"][:2], row["authors"][:2]} == {"'" + sign}


@st.composite
def observations(draw: st.DrawFn) -> tuple[int, Any]:
    number = draw(st.integers(1, 5))
    item = article(
        number,
        draw(texts),
        outlet=draw(st.sampled_from(["baothu", "baokhac"])),
        article_id=str(number) if number % 2 else None,
        sapo=draw(st.none() | texts),
        authors=draw(st.lists(texts, max_size=2).map(tuple)),
        images=draw(st.lists(st.builds(Image, texts, texts, st.none()), max_size=1).map(tuple)),
        published_at=draw(st.none() | st.just(at(number))),
    )
    return draw(st.integers(0, 99)), item


@given(items=st.lists(observations(), max_size=12), states=st.booleans())
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_exported_comes_back_by_import(
    archive: Archive, tmp_path: Path, items: list[tuple[int, Any]], states: bool
) -> None:
    store(emptied(archive), *items)
    file = tmp_path / "all.jsonl"
    archive.articles.export(order(file, states=states, overwrite=True))
    before = shown(archive)
    counts = import_(emptied(archive), file)
    after = shown(archive)
    assert [one.latest.article for one in after] == [one.latest.article for one in before]
    if states:
        assert [history(one) for one in after] == [history(one) for one in before]
    else:
        assert counts == {"new": len(before), "revised": 0, "unchanged": 0, "known": 0}
    again = import_(archive, file)
    assert again == {"new": 0, "revised": 0, "unchanged": 0, "known": sum(counts.values())}
    assert [history(one) for one in shown(archive)] == [history(one) for one in after]


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_has_every_row_and_a_manifest(
    gazetteer: Archive, tmp_path: Path, kind: ExportFormat
) -> None:
    unit = UNITS[0].id
    tags = Tags("v1", (), (Score(unit, 1.0, "certain"),))
    gazetteer.articles.store(
        "run-1", capture(0, 1), article(1, authors=("Lê Thuỷ", "An")), (), tags
    )
    store(gazetteer, (0, article(2, "A")), (5, article(2, "B")))
    file = tmp_path / f"all.{kind}"
    made = gazetteer.articles.export(order(file, states=True))
    rows = rows_of(file)
    assert [(int(row["id"]), int(row["state"])) for row in rows] == [(2, 1), (2, 2), (1, 1)]
    assert [row["body"] for row in rows][:2] == ["A", "B"]
    assert set(rows[0]) <= set(SCHEMA.names)
    assert rows[2]["places"] == (unit if kind == "csv" else [unit])
    assert rows[2]["authors"] == ("Lê Thuỷ; An" if kind == "csv" else ["Lê Thuỷ", "An"])
    told = json.loads((tmp_path / f"all.{kind}.manifest.json").read_text(encoding="utf-8"))
    assert told["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest() == made.sha256
    assert (told["rows"], told["articles"], told["schema"]) == (3, 2, made.schema)
    names = {path.name for path in tmp_path.glob("all*")}
    assert names == {file.name, f"{file.name}.manifest.json"}


def test_a_cell_that_a_spreadsheet_would_run_is_text(archive: Archive, tmp_path: Path) -> None:
    harmful = ["=HYPERLINK(1)", "+1", "-1", "@a", "\t=1"]
    store(archive, *((0, article(n, title=title)) for n, title in enumerate(harmful)))
    file = tmp_path / "all.csv"
    archive.articles.export(order(file, excel=True))
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    assert {row["title"] for row in rows_of(file)} == {f"'{title}" for title in harmful}


def test_a_file_is_not_replaced_unasked(archive: Archive, tmp_path: Path) -> None:
    file = tmp_path / "all.jsonl"
    file.write_text("mine")
    with pytest.raises(UsageError, match="--overwrite"):
        archive.articles.export(order(file))
    assert file.read_text() == "mine"
    archive.articles.export(order(file, overwrite=True))
    assert file.read_text() == ""


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_that_fails_leaves_what_was_there(
    archive: Archive, tmp_path: Path, kind: ExportFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(archive, (0, article(1)))
    file = tmp_path / f"all.{kind}"
    archive.articles.export(order(file))
    before = {path.name: path.read_bytes() for path in tmp_path.glob("all*")}

    def full(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export_files, "sync", full)
    with pytest.raises(ExportError, match="No space left on device; check its folder"):
        archive.articles.export(order(file, overwrite=True))
    assert {path.name: path.read_bytes() for path in tmp_path.glob("all*")} == before


def test_rows_stream_as_they_are_read(tmp_path: Path) -> None:
    """No row waits for the whole: what is in the archive is never in memory at once."""
    taken = 0

    def articles() -> Iterator[ArchivedArticle]:
        nonlocal taken
        for number in range(2500):
            taken += 1
            yield _one(number)

    written: list[tuple[int, int]] = []
    file = tmp_path / "all.parquet"
    asked = order(file, progress=lambda rows: written.append((rows, taken)))
    made: Manifest = export_files.write_export(articles(), asked, "0001")
    assert made.rows == 2500
    assert all(rows == seen for rows, seen in written)
    assert pq.ParquetFile(file).num_row_groups == 3


def _one(number: int) -> ArchivedArticle:
    seen = capture(number, number)
    revision = Revision(1, seen.captured_at, seen.captured_at, (), article(number), seen, "1:a")
    return ArchivedArticle(number, (revision,))


def test_the_command_exports_what_was_asked(
    tinquan: Tinquan, archive: Archive, archive_url: str, tmp_path: Path
) -> None:
    store(archive, *((0, article(n)) for n in range(5)))
    store(archive, (0, read_by(2, article(1, outlet="baokhac"))))
    file = tmp_path / "some.jsonl"
    words = ("export", "--archive", archive_url, "--output", file, "--outlet", "baothu")
    ran = tinquan(*words, "--since", at(2).isoformat(), "--limit", 2)
    assert (ran.code, ran.out.split(",")[0]) == (0, f"{file}: 2 rows of 2 articles")
    assert [row["article_id"] for row in rows_of(file)] == ["4", "3"]
    told = json.loads((tmp_path / "some.jsonl.manifest.json").read_text(encoding="utf-8"))
    assert told["filters"] == {
        "outlets": ["baothu"],
        "since": at(2).astimezone(LOCAL).isoformat(),
        "limit": 2,
    }
    again = tinquan(*words)
    assert (again.code, again.err.count("\n")) == (2, 1)
    assert tinquan(*words[:-2], "--output", tmp_path / "some.txt").code == 2
    nowhere = tinquan(*words[:3], "--output", tmp_path / "no" / "such.csv")
    assert (nowhere.code, nowhere.err.count("\n")) == (1, 1)
