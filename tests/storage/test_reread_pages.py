"""Which captures are read again, and in which order."""

from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.archive import Archive, open_archive
from storage.model.readings import RereadQuery
from tests.support.rereading import NOW, Result, put, waiting
from tests.support.samples import article, at, capture, read_by, refusal, run


def test_captures_of_every_version_come_page_by_page(archive: Archive) -> None:
    for number in range(7):  # two at each time, so that the order needs the capture's number too
        put(archive, number // 2, article(number), version=1 + number % 2)
    every = [id_ for id_, _, _ in archive.captures.to_reread(RereadQuery(None), 99)]
    assert len(every) == archive.captures.count_to_reread(RereadQuery(None)) == 7
    paged: list[int] = []
    after = None
    while page := archive.captures.to_reread(RereadQuery(None, after=after), 2):
        paged += [id_ for id_, _, _ in page]
        after = paged[-1]
    assert paged == every
    within = RereadQuery(2, since=at(1), after=every[2])
    assert [id_ for id_, _, _ in archive.captures.to_reread(within, 99)] == [every[4], every[6]]


def test_captures_to_reread_come_oldest_first_and_once(archive: Archive) -> None:
    outlets, versions = ("baothu", "baokhac"), (1, 2, 4, 3)
    for n in range(24):
        item: Result = article(n, outlet=outlets[n % 2]) if n % 5 else refusal(n)
        put(archive, (n * 7) % 24, item, versions[n % 4])
    every = archive.captures.to_reread(RereadQuery(2), 99)
    assert len(every) == 18
    assert [seen.captured_at for _, seen, _ in every] == sorted(s.captured_at for _, s, _ in every)
    within = RereadQuery(2, "baothu", at(3), at(15))
    expected = [
        one for one in every if one[2].outlet == "baothu" and at(3) <= one[1].captured_at < at(15)
    ]
    assert archive.captures.to_reread(within, 99) == expected
    assert archive.captures.count_to_reread(within) == len(expected) > 3
    assert archive.captures.to_reread(RereadQuery(2, "none"), 99) == []
    got = []
    while page := archive.captures.to_reread(RereadQuery(2), 5):
        got += page
        archive.captures.reread([(id_, read_by(2, item)) for id_, _, item in page], 2, NOW)
    assert got == every
    assert archive.captures.count_to_reread(RereadQuery(2)) == 0


def test_rereading_walks_along_an_index(tmp_path: Path) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []

    def note(_c: object, _x: object, said: str, values: tuple[object, ...], *_: object) -> None:
        asked.append((said, values))

    with open_archive(f"sqlite:///{tmp_path / 'tinquan.db'}") as archive:
        archive.runs.start(run())
        for n in range(8):
            put(archive, n, article(n), version=n % 3)
        event.listen(Engine, "before_cursor_execute", note)
        archive.captures.to_reread(RereadQuery(2), 3)
        archive.captures.to_reread(RereadQuery(2, "baothu", at(0), at(5)), 3)
        event.remove(Engine, "before_cursor_execute", note)
        with archive.database.engine.connect() as conn:
            for statement, values in (one for one in asked if not one[0].startswith("BEGIN")):
                plan = conn.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, values)
                steps = [row[3] for row in plan]
                scans = [step for step in steps if step.startswith("SCAN captures")]
                assert not [step for step in scans if "COVERING INDEX" not in step]
                assert sum("ORDER BY" in step for step in steps) <= 1  # of the pages, not of all
    assert len(asked) >= 8


def test_what_has_no_record_to_read_never_comes(archive: Archive) -> None:
    put(archive, 0, refusal(1), version=0)  # of the crawl's own: a redirect to another site
    imported = capture(0, 2, warc_file="", record_id="<urn:tinquan:import:A>")
    archive.articles.store("run-1", imported, read_by(0, article(2)))
    put(archive, 0, article(3), version=0)
    assert len(waiting(archive)) == 1
    assert archive.captures.count_to_reread(RereadQuery(None)) == 1
