"""`/bao` with several machines on one archive."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.web.names import CAUSES
from crawler.web.words import Code, Language
from storage.archive import open_archive
from storage.model.alarms import Cause, Finding
from storage.model.runs import Run
from storage.model.schedule import Machine, machine_lock
from tests.support.asking import ask
from tests.support.reading import NOW, opened

SECOND = timedelta(seconds=1)


def shown(text: str) -> list[list[str]]:
    """Return the cells of the last table."""
    rows = re.findall(r"<tr>(.*?)</tr>", text.rpartition("<table>")[2], re.DOTALL)
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows[1:])
    return [[" ".join(re.sub("<[^>]*>", "", cell).split()) for cell in row] for row in cells]


@pytest.mark.parametrize(
    ("language", "states"),
    [("vi", ("mất liên lạc", "đang chạy", "đã dừng")), ("en", ("lost", "running", "stopped"))],
)
def test_each_machine_is_shown_with_what_it_crawls(
    language: Code,
    states: tuple[str, str, str],
    tmp_path: Path,
    new_postgresql: Callable[[str], str],
    postgresql_template: str,
) -> None:
    url = new_postgresql(postgresql_template)
    with open_archive(url) as archive:
        session = archive.locks.session("machine two")
        assert session is not None and session.take(machine_lock("2 <máy>"))
        since, ago = NOW - timedelta(hours=3), NOW - timedelta(minutes=2)
        archive.machines.record(Machine("1", since, ago))
        archive.machines.record(Machine("2 <máy>", since, NOW - SECOND))
        archive.machines.record(Machine("3", since, ago, ago))
        for outlet in ("tienphong", "laodongthudo"):
            archive.runs.start(Run(outlet, outlet, NOW, host="2 <máy>"))
        lost = Finding(Cause.MACHINE_LOST, None, "machine 1 is gone", ago, ("1",))
        archive.alarms.sync([lost], [None], NOW)
        desk = opened(url, tmp_path, {})
        answer = ask(desk.app, f"/bao?lang={language}")
        desk.reader.archive.close()
        session.close()
    assert answer.status == 200
    assert Language(language).words(CAUSES[Cause.MACHINE_LOST]) in answer.text
    rows = shown(answer.text)
    assert [row[0] for row in rows] == ["1", "2 &lt;máy&gt;", "3"]
    assert tuple(row[1] for row in rows) == states
    said = Language(language).moment
    assert [row[2] for row in rows] == [said(since)] * 3
    assert [row[3] for row in rows] == [said(ago), said(NOW - SECOND), said(ago)]
    assert [row[4] for row in rows] == ["–", "Lao Động Thủ Đô, Tiền Phong", "–"]


def test_an_archive_of_one_machine_shows_none(tmp_path: Path, archive_url: str) -> None:
    with open_archive(archive_url) as archive:
        archive.machines.record(Machine("1", NOW, NOW))
    desk = opened(archive_url, tmp_path, {})
    assert "Các máy" not in ask(desk.app, "/bao").text
    desk.reader.archive.close()
