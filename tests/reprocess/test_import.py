"""`tinquan import`: articles from elsewhere, as a user brings them."""

import gzip
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.render.base import article_json
from crawler.reprocess.import_rows import FOREIGN, ImportedRow, ImportSource, RowError, parse_line
from crawler.reprocess.importer import BATCH
from crawler.reprocess.jsonl import MAX_LINE_BYTES, read_lines
from storage.archive import open_archive
from storage.errors import ArchiveError
from storage.model.articles import ArchivedArticle, ArticleQuery, Block, Image, RefusalReason
from storage.model.runs import Outcome
from storage.sql.articles import Articles
from tests.support.commands import Ran, Tinquan
from tests.support.pages_fixture import load_page, page_names
from tests.support.samples import article, at

pytestmark = pytest.mark.usefixtures("warm")

NOW = datetime(2026, 3, 5, tzinfo=UTC)
SOURCE = ImportSource("baothu", "article_id", {}, NOW)
Import = Callable[..., Ran]


def row(number: int = 1, **changes: Any) -> dict[str, Any]:
    fields = {
        "article_id": str(number),
        "title": f"Cầu số {number}",
        "body": "Đoạn một.\nĐoạn hai.",
    }
    return fields | changes


def parsed(fields: dict[str, Any], source: ImportSource = SOURCE) -> ImportedRow:
    return parse_line(json.dumps(fields).encode(), source)


# One line


def test_a_foreign_row_is_an_article_in_our_normal_form() -> None:
    found = parsed(row(body="  Hoà\u00a0 bình. \r\n\r\nĐoạn\u200b hai.", sapo=None)).article
    assert found
    assert found.blocks == (Block("paragraph", "Hoà bình."), Block("paragraph", "Đoạn hai."))
    assert (found.outlet, found.article_id, found.extraction) == ("baothu", "1", FOREIGN)
    assert found.url == "urn:tinquan:baothu:1"


def test_what_extract_prints_is_taken_as_it_stands() -> None:
    whole = article(
        7,
        "Hai  dấu cách.",
        sapo="Lời  dẫn.",
        dateline="BT",
        authors=("Lê Thuỷ",),
        byline="LÊ THUỶ",
        credit="TTXVN",
        modified_at=at(3),
        published_raw="1-3",
        published_rule="meta",
        section=("Xã hội", "Giao thông"),
        tags=("cầu",),
        images=(Image("https://cdn.baothu.vn/1.jpg", "Cầu.", None),),
        kind="photo",
        notes=("short",),
    )
    assert parsed(article_json(whole), replace(SOURCE, outlet=None)).article == whole


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30))
def test_any_id_makes_an_address_of_its_own(own_id: str) -> None:
    found = parsed(row(article_id=own_id))
    assert found.article
    assert found.article_id == own_id
    assert found.capture.url == found.article.url
    assert parsed({"url": found.article.url, "title": "Lại"}).article


def test_the_same_row_is_the_same_capture_whenever_it_comes() -> None:
    first, later = parsed(row()), parsed(row(), replace(SOURCE, now=at(99_999)))
    assert first.capture.record_id == later.capture.record_id
    parsed(row(article_id="\ud800", title="\ud800"))
    for other in (row(body="Khác."), row(2), row(fetched_at="2026-01-01"), row(outlet="baokhac")):
        assert parsed(other).capture.record_id != first.capture.record_id


def test_what_no_database_stores_is_no_part_of_an_id_or_address() -> None:
    found = parsed(row(article_id="a\0b", url="https://a.vn/\ud800"))
    assert (found.article_id, found.capture.url) == ("a\ufffdb", "https://a.vn/\ufffd")


def test_an_id_may_have_another_key_and_be_a_number() -> None:
    assert parsed({"id": 12, "title": "Cầu"}, replace(SOURCE, id_key="id")).article_id == "12"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "is not JSON"),
        (b"[1]", "is not a JSON object"),
        (b'"\xc3"', "is not UTF-8: byte 2"),
        (b"[" * 100_000, "is nested too deeply"),
        (b"1" * 5_000, "is not JSON"),
        (row(title=5), "title: expected a text in quotes (given: 5)"),
        (row(authors=["a", 1]), "authors.1: expected a text in quotes (given: 1)"),
        (row(blocks=[{"kind": "poem", "text": "a"}]), "blocks.0.kind"),
        ({"title": "Cầu"}, "has no url or article_id"),
        (row(url="javascript:void(0)"), "expected an address"),
        (row(title="", body=" \n"), "neither title nor text"),
        (row(published_at="hôm qua"), "published_at 'hôm qua'"),
        (row(published_at="2036-01-01"), "is in the future"),
        (row(html="<p>", url="https://baothu.vn/a"), "expected its url and fetched_at"),
        (row(refusal={"reason": "blocked"}), "tinquan refused the page (blocked)"),
        (row(outlet="../etc"), "outlet '../etc'"),
    ],
)
def test_a_bad_line_says_what_is_wrong(line: bytes | dict[str, Any], reason: str) -> None:
    text = line if isinstance(line, bytes) else json.dumps(line).encode()
    with pytest.raises(RowError) as error:
        parse_line(text, SOURCE)
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


def test_a_row_needs_an_outlet() -> None:
    with pytest.raises(RowError, match="--outlet"):
        parsed(row(), replace(SOURCE, outlet=None))


@given(st.binary(max_size=200))
def test_no_line_whatever_raises_anything_else(line: bytes) -> None:
    try:
        parse_line(line, SOURCE)
    except RowError:
        return


@given(st.lists(st.binary(max_size=30)), st.integers(1, 40))
def test_lines_are_cut_and_none_is_longer_than_the_limit(parts: list[bytes], limit: int) -> None:
    text = b"\n".join(parts)
    found = list(read_lines(io.BytesIO(text), limit))
    expected = [(n, line) for n, line in enumerate(text.split(b"\n"), 1)]
    for line in found:
        number, whole = expected[line.number - 1]
        assert number == line.number
        if line.text is None:
            assert line.size - 1 in (len(whole), len(whole) - 1)
            assert line.size > limit
        else:
            assert line.text.rstrip(b"\n").removeprefix(b"\xef\xbb\xbf") in whole
    assert {line.number for line in found} >= {n for n, line in expected if len(line) > limit + 1}


# The command


@pytest.fixture(autouse=True)
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in the test's folder: lines are set aside there."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run_import(tinquan: Tinquan, tmp_path: Path, archive_url: str) -> Import:
    """Return a function that writes lines to a file and imports it."""

    def run(lines: Iterable[Any], *words: str) -> Ran:
        file = tmp_path / "rows.jsonl"
        texts = (x if isinstance(x, bytes) else json.dumps(x).encode() for x in lines)
        file.write_bytes(b"\n".join(texts) + b"\n")
        return tinquan("import", file, "--outlet", "baothu", "--archive", archive_url, *words)

    return run


def stored(url: str) -> list[ArchivedArticle]:
    with open_archive(url) as opened:
        return list(opened.articles.find(ArticleQuery()))


def test_a_second_import_stores_nothing_and_makes_no_revision(
    run_import: Import, archive_url: str
) -> None:
    rows = [row(number) for number in range(2 * BATCH + 7)]
    assert "new 107, revised 0, unchanged 0, known 0" in run_import(rows).out
    before = stored(archive_url)
    again = run_import(rows, "--json")
    assert json.loads(again.out)["known"] == len(rows)
    assert (again.code, stored(archive_url)) == (0, before)
    assert {len(one.revisions) for one in before} == {1}
    with open_archive(archive_url) as opened:
        assert [one.outcome for one in opened.runs.find("baothu")] == [Outcome.DONE, Outcome.DONE]


def test_imported_articles_have_no_record_and_the_archive_is_sound(
    run_import: Import, tinquan: Tinquan, archive_url: str, tmp_path: Path
) -> None:
    run_import([row(1), row(2)])
    checked = tinquan("archive", "check", "--archive", archive_url)
    assert (checked.code, "is not there" in checked.err + checked.out) == (0, False)
    if archive_url.startswith("sqlite"):
        kept = tinquan("archive", "backup", tmp_path / "backup", "--archive", archive_url)
        assert kept.code == 0, kept.err


def test_bad_lines_are_set_aside_and_stop_nobody(run_import: Import, tmp_path: Path) -> None:
    ran = run_import([row(1), b"{", b"", row(2), b'{"title": "\xff"}', row(3, title=[])])
    assert ran.code == 1
    assert "new 2, revised 0, unchanged 0, known 0, refused 0, rejected 3" in ran.out
    for number in (2, 5, 6):
        assert f"rows.jsonl, line {number}: " in ran.err
    aside = tmp_path / "rows.jsonl.rejected.jsonl"
    kept = [json.loads(line) for line in aside.read_text(encoding="utf-8").splitlines()]
    assert [one["line"] for one in kept] == [2, 5, 6]
    assert kept[0]["text"] == "{"
    assert run_import([row(1), row(2)]).code == 0
    assert not aside.exists()  # it told of the import before


def test_a_line_of_fifty_megabytes_costs_only_itself(run_import: Import, tmp_path: Path) -> None:
    ran = run_import([row(1), b'{"title": "' + b"a" * 50 * 1024**2 + b'"}', row(2)])
    assert "new 2" in ran.out
    limit = MAX_LINE_BYTES >> 20
    assert f"line 2: is 52,428,814 bytes long: expected at most {limit} MB" in ran.err
    assert (tmp_path / "rows.jsonl.rejected.jsonl").stat().st_size < 1000


def test_a_page_may_stand_instead_of_the_text(run_import: Import, archive_url: str) -> None:
    page, expect = load_page(page_names()[0])
    given = {
        "url": page.url,
        "html": page.body.decode(),
        "fetched_at": page.fetched_at.isoformat(),
    }
    broken = given | {"url": "https://baothu.vn/trong.html", "html": "<html></html>"}
    ran = run_import([given, broken])
    assert "new 1, revised 0, unchanged 0, known 0, refused 1" in ran.out
    (found,) = stored(archive_url)
    assert found.latest.article.title == expect["title"]
    assert found.latest.capture.captured_at == page.fetched_at
    with open_archive(archive_url) as opened:
        (refused,) = [refusal for _, refusal in opened.articles.refusals()]
    assert isinstance(refused.reason, RefusalReason)


def test_rows_of_different_days_are_the_states_of_one_article(
    run_import: Import, archive_url: str
) -> None:
    days = [row(fetched_at=f"2026-03-0{day}", body=text) for day, text in ((3, "B"), (1, "A"))]
    run_import(days)
    (found,) = stored(archive_url)
    assert [one.article.body for one in found.revisions] == ["A", "B"]


def test_rows_that_share_an_id_and_no_text_are_kept_apart_and_counted(
    run_import: Import, tinquan: Tinquan, archive_url: str
) -> None:
    texts = (
        "Hội sách mùa thu đóng cửa tối Chủ nhật sau năm ngày bán hàng liên tục ở nhà văn hóa.",
        "Đội bóng phường Đông An thắng trận chung kết nhờ bàn đá phạt ở những phút bù giờ.",
    )
    run_import(
        row(2016, url=f"https://baothu.vn/bai-{n}-2016.html", title=text[:30], body=text)
        for n, text in enumerate(texts)
    )
    assert {one.latest.article.body for one in stored(archive_url)} == set(texts)
    (run,) = json.loads(tinquan("runs", "--json", "--archive", archive_url).out)
    assert (run["new"], run["revised"], run["kept_apart"]) == (2, 0, 1)
    listed = tinquan("runs", "--archive", archive_url).out
    assert "kept apart: 1 (https://baothu.vn/bai-1-2016.html)" in listed


def test_gzip_is_unpacked_and_damage_is_told(
    tinquan: Tinquan, tmp_path: Path, archive_url: str
) -> None:
    lines = b"".join(json.dumps(row(n)).encode() + b"\n" for n in range(400))
    whole = gzip.compress(b"no JSON\n" + lines)
    file = tmp_path / "rows.jsonl.gz"
    file.write_bytes(whole[: len(whole) // 2])
    words = ("import", file, "--outlet", "baothu", "--archive", archive_url)
    cut = tinquan(*words)
    assert cut.code == 2
    assert "is damaged after line" in cut.err
    assert "1 line was set aside" in cut.err
    assert "no JSON" in file.with_name("rows.jsonl.gz.rejected.jsonl").read_text()
    before = len(stored(archive_url))
    assert before > 0
    file.write_bytes(whole)
    ran = tinquan(*words)
    assert f"new {400 - before}" in ran.out
    assert f"known {before}" in ran.out


def test_a_database_that_fails_ends_the_import_and_its_run(
    run_import: Import, archive_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ArchiveError("archive x has no space left on its disk")

    with monkeypatch.context() as broken:
        broken.setattr(Articles, "store_many", fail)
        ran = run_import([row(1)])
    assert (ran.code, ran.err.strip()) == (1, "tinquan: archive x has no space left on its disk")
    with open_archive(archive_url) as opened:
        assert [one.outcome for one in opened.runs.find()] == [Outcome.FAILED]


def test_a_missing_file_is_one_line(tinquan: Tinquan, tmp_path: Path) -> None:
    ran = tinquan("import", tmp_path / "none.jsonl", "--archive", tmp_path / "a.db")
    assert ran.code == 2
    assert "cannot be read" in ran.err
