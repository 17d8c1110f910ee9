"""Captures read again from WARC files, in children: changed, missing, crashing, left alone."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from crawler.capture.objects.files import CaptureFiles
from crawler.capture.writer import Exchange, WarcFiles
from crawler.extract import extract
from crawler.extract.article import VERSION
from crawler.extract.worker import Extract
from crawler.families import FAMILY_NAMES
from crawler.outlets.model import Outlet, load_outlets
from crawler.page.response import Page
from crawler.reprocess.compare import Effect, Result
from crawler.reprocess.reextract import (
    Difference,
    Report,
    RereadCallbacks,
    RereadItem,
    RereadSettings,
    reread,
)
from storage.errors import ArchiveError
from storage.model.articles import Article, Capture, Refusal, RefusalReason
from tests.support import rereaders
from tests.support.pages_fixture import FOLDER

pytestmark = pytest.mark.usefixtures("warm")

START = datetime(2026, 11, 20, tzinfo=UTC)
OUTLETS = load_outlets(FOLDER.parent.parent / "config/outlets", FAMILY_NAMES)
PAGE = (FOLDER / "tienphong.html").read_text("utf-8")
FIRST = (
    '<p class="first">Đoạn mở đầu này chỉ có ở vài trang.</p><p style="text-align: justify;">Theo'
)
MARKED = PAGE.replace('<p style="text-align: justify;">Theo', FIRST)


def page(number: int, text: str, word: str = "a") -> Page:
    url = f"https://tienphong.vn/{word}-post19{number:05d}.tpo"
    body = text.replace(
        "https://tienphong.vn/phuong-tay-ho-mo-pho-di-bo-quanh-ho-sen-post1900001.tpo", url
    )
    return Page(url, body.encode(), START + timedelta(seconds=number))


def record(folder: Path, pages: list[Page], run: str = "run1") -> list[Capture]:
    files = WarcFiles(folder, "tienphong", run, "tests", 10**9, START)
    html = ((b"Content-Type", b"text/html; charset=utf-8"),)
    captures = [
        files.write(Exchange(each.url, "GET", (), 200, html, each.body, each.fetched_at))
        for each in pages
    ]
    files.close()
    return captures


def held(folder: Path, pages: list[Page], run: str = "run1") -> list[RereadItem]:
    """Return recorded pages with what today's code makes of them."""
    return [
        RereadItem(number, capture, extract(each, OUTLETS["tienphong"]))
        for number, (each, capture) in enumerate(
            zip(pages, record(folder, pages, run), strict=True)
        )
    ]


class Desk:
    """Reads again, and keeps what the loop told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.written: list[list[tuple[int, Result]]] = []
        self.differences: list[Difference] = []
        self.done: list[int] = []

    def read(
        self,
        captures: list[RereadItem],
        function: Extract = extract,
        size: int = 4,
        workers: int = 2,
        outlets: dict[str, Outlet] = OUTLETS,
    ) -> Report:
        files = CaptureFiles(self.folder, self.url)
        reader = RereadSettings(files, outlets, VERSION, workers, function)
        steps = RereadCallbacks(
            self.written.append,  # type: ignore[arg-type] # the loop gives lists
            self.differences.append,
            lambda report: self.done.append(report.done),
        )
        return reread(batches(captures, size), reader, steps)

    @property
    def results(self) -> dict[int, Result]:
        return {number: result for batch in self.written for number, result in batch}


def batches(captures: list[RereadItem], size: int) -> Iterator[list[RereadItem]]:
    rest = iter(captures)
    while batch := list(islice(rest, size)):
        yield batch


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_the_same_code_changes_nothing(desk: Desk) -> None:
    captures = held(desk.folder, [page(n, MARKED if n % 3 else PAGE) for n in range(10)])
    report = desk.read(captures)
    assert report.effects == {Effect.SAME: 10}
    assert report.fields == {}
    assert not desk.differences
    assert desk.done == [4, 8, 10]
    assert [len(batch) for batch in desk.written] == [4, 4, 2]
    assert desk.results == {each.number: each.before for each in captures}


def test_another_prune_rule_changes_exactly_the_pages_that_have_it(desk: Desk) -> None:
    marked = {1, 4, 5, 9}
    captures = held(desk.folder, [page(n, MARKED if n in marked else PAGE) for n in range(11)])
    report = desk.read(captures, rereaders.without_first_paragraphs)
    assert report.effects == {Effect.SAME: 7, Effect.CHANGED: 4}
    assert report.fields == {"body": 4}
    assert report.differing == report.stale == 4
    assert {found.number for found in desk.differences} == marked
    for number in marked:
        result = desk.results[number]
        assert isinstance(result, Article)
        assert "Đoạn mở đầu" not in result.body


def test_an_older_version_is_not_stale(desk: Desk) -> None:
    [one] = held(desk.folder, [page(1, PAGE)])
    assert isinstance(one.before, Article)
    older = replace(one.before.extraction, version=VERSION - 1)
    report = desk.read([replace(one, before=replace(one.before, title="Cũ", extraction=older))])
    assert (report.differing, report.stale) == (1, 0)


def test_what_is_missing_or_damaged_is_skipped_and_the_rest_goes_on(desk: Desk) -> None:
    kept = held(desk.folder, [page(n, PAGE) for n in range(3)])
    gone = held(desk.folder, [page(n, PAGE) for n in range(3, 6)], run="gone")
    torn = held(desk.folder, [page(6, PAGE)], run="torn")
    (desk.folder / gone[0].capture.warc_file).unlink()
    torn_file = desk.folder / torn[0].capture.warc_file
    torn_file.write_bytes(torn_file.read_bytes()[: torn[0].capture.warc_offset + 300])
    numbered = [replace(each, number=n) for n, each in enumerate([*gone, *torn, *kept])]
    report = desk.read(numbered)
    assert report.effects == {Effect.SAME: 3}
    assert set(desk.results) == {4, 5, 6}
    assert report.unread_count == 4
    assert report.done == 7
    lost = {Path(where).name: (count, why) for where, (count, why) in report.unread.items()}
    count, why = lost[Path(gone[0].capture.warc_file).name]
    assert count == 3
    assert "no such file" in why
    assert lost[torn_file.name][0] == 1


def test_a_page_that_ends_its_process_costs_itself(desk: Desk) -> None:
    words = ["a", "a", rereaders.CRASHING, "a", "a"]
    captures = held(desk.folder, [page(n, PAGE, word) for n, word in enumerate(words)])
    report = desk.read(captures, rereaders.crashes_on_marked, workers=1)
    assert report.effects == {Effect.SAME: 4, Effect.FAILED: 1}
    assert report.differing == 0
    [failed] = desk.differences
    assert isinstance(failed.after, Refusal)
    assert (failed.after.reason, failed.after.outlet) == (RefusalReason.CRASH, "tienphong")


def test_all_processes_take_part(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = tmp_path / "meeting"
    meeting.mkdir()
    monkeypatch.setenv(rereaders.MEETING, str(meeting))
    captures = held(desk.folder, [page(n, PAGE) for n in range(4)])
    report = desk.read(captures, rereaders.waits_for_another, workers=2)
    assert report.effects == {Effect.SAME: 4}


def test_an_outlet_without_a_file_is_not_read_under_another_name(desk: Desk) -> None:
    captures = held(desk.folder, [page(1, PAGE), page(2, PAGE)])
    report = desk.read(captures, outlets={})
    assert not desk.written
    [(where, (count, why))] = report.unread.items()
    assert (where, count) == ("outlet tienphong", 2)
    assert "has no file" in why


def test_what_was_written_before_an_error_stays_and_the_children_end(desk: Desk) -> None:
    captures = held(desk.folder, [page(n, PAGE) for n in range(8)])

    def full(results: object) -> None:
        if desk.written:
            raise ArchiveError("disk full")
        desk.written.append(results)  # type: ignore[arg-type] # the loop gives lists

    reader = RereadSettings(CaptureFiles(desk.folder), OUTLETS, VERSION)
    with pytest.raises(ArchiveError, match="disk full"):
        reread(batches(captures, 4), reader, RereadCallbacks(full, print, print))
    assert set(desk.results) == {0, 1, 2, 3}
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def test_nothing_to_read_is_no_error(desk: Desk) -> None:
    assert desk.read([]).done == 0


def test_a_store_that_is_away_is_not_asked_for_every_record(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nowhere")  # which no request can be made of
    captures = held(desk.folder, [page(number, PAGE) for number in range(12)])
    for file in desk.folder.rglob("*.warc.gz"):
        file.unlink()
    desk.url = "s3://away/tin"
    report = desk.read(captures, size=2)
    count, said = report.unread["the object store"]
    assert "captures s3://away/tin: AWS_ENDPOINT_URL: expected an address" in said
    assert count < len(captures)
    assert desk.written == []
