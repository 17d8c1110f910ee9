"""An invented archive with an example of everything that the reader shows, and the reader's app."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from crawler.capture.objects.files import CaptureFiles
from crawler.families import FAMILY_NAMES
from crawler.outlets.model import load_outlets
from crawler.shipped import shipped
from crawler.web.app import create_app
from crawler.web.reader import Reader
from crawler.web.shapes import load_outlines
from storage.archive import Archive, open_archive
from storage.model.alarms import Cause, Finding
from storage.model.articles import Article, Block, Refusal, RefusalReason
from storage.model.places import Score, Tags
from storage.model.runs import Outcome, Run, RunCounts
from tests.support.capturing import exchange, write
from tests.support.places import gazetteer
from tests.support.samples import EXTRACTION
from tests.support.stories import story

NOW = datetime(2026, 9, 15, 3, 0, tzinfo=UTC)
LANG, KIM_LIEN = "p-lang.00199@2025-07", "p-kim-lien.00229@2025-07"
DONG_DA, HA_NOI = "q-dong-da.006@2024-12", "tp-ha-noi.01@2024-12"
HOSTILE = "<script>alert(1)</script>\u202e\u2066 " + "dài " * 2500
PAGE = (
    "<!doctype html><html><head><meta charset=utf-8><title>Trang gốc</title>"
    "<script>document.title='ran'</script>{head}</head><body><h1>Trang gốc của báo</h1>"
    "<p onclick=alert(1)>Chữ của trang.</p>{body}</body></html>"
)


@dataclass(frozen=True)
class Desk:
    """The reader of a filled archive, its app, and the ids of the archive's articles by name."""

    app: Starlette
    reader: Reader
    ids: dict[str, int]


def filled(url: str, folder: Path, page: str = "", *, few: bool = False) -> dict[str, int]:
    """Fill an empty archive; return its articles' ids by name.

    page: the recorded HTML. few: store only the articles with a name.
    """
    with open_archive(url) as archive:
        places = gazetteer()
        archive.places.load_gazetteer(
            places.version, list(places.units.values()), places.successions
        )
        for outlet in ("tienphong", "laodongthudo"):
            archive.runs.start(Run(outlet, outlet, NOW - timedelta(hours=2)))
        return _Filling(archive, folder, page or PAGE.format(head="", body="")).fill(
            0 if few else 40
        )


class _Filling:
    def __init__(self, archive: Archive, folder: Path, page: str) -> None:
        self._archive = archive
        self._folder = folder
        self._page = page.encode()
        self._number = 0

    def fill(self, others: int) -> dict[str, int]:
        lines = story(1, 14)
        edited = self._put(1, "tienphong", lines, "Phường Láng mở đường mới", 20, LANG)
        later = (*lines[:-1], "Chữ này được thêm lặng lẽ vào cuối bài.")
        self._put(1, "tienphong", later, "Phường Láng mở đường mới", 20, LANG, seen=10)
        ids = {
            "edited": edited,
            "copy": self._put(2, "laodongthudo", lines, "Láng có đường mới", 18, LANG),
            "hostile": self._put(3, "tienphong", story(3), HOSTILE, 16, KIM_LIEN),
            "removed": self._put(4, "tienphong", story(4), "Bài bị gỡ ở Kim Liên", 15, KIM_LIEN),
            "old": self._put(5, "laodongthudo", story(5), "Quận Đống Đa năm cũ", 11_000, DONG_DA),
            "secret": self._put(6, "tienphong", story(6), "Chuyện riêng một người", 14, LANG),
        }
        for number in range(others):
            self._put(100 + number, "tienphong", story(100 + number), f"Tin {number}", 30 + number)
        cluster = self._archive.clusters.get(str(edited))
        ids |= {"source": cluster.id, "follower": cluster.members[1].id}
        self._remove(4)
        self._archive.maintenance.redact(str(ids["secret"]), "theo yêu cầu", "người trực", NOW)
        self._end_runs()
        return ids

    def _put(
        self,
        number: int,
        outlet: str,
        lines: tuple[str, ...],
        title: str,
        hours: float,
        place: str | None = None,
        seen: float | None = None,
    ) -> int:
        """Store an article published `hours` ago, captured `seen` hours ago or when published."""
        url = f"https://{outlet}.vn/tin-post{number}.tpo"
        scores = (Score(place, 5.0, "certain"),) if place else ()
        article = Article(
            outlet,
            url,
            title,
            (*(Block("paragraph", line) for line in lines), Block("heading", "Ý kiến")),
            EXTRACTION,
            article_id=str(number),
            sapo=f"Lời dẫn: {lines[0][:60]}",
            authors=("Lê Văn Bút",),
            published_at=NOW - timedelta(hours=hours),
            tags=("giao thông",),
            section=("Xã hội",),
        )
        capture = self._recorded(url, hours if seen is None else seen)
        tags = Tags(gazetteer().version, (), scores)
        stored = self._archive.articles.store(outlet, capture, article, (), tags)
        assert stored.id is not None
        return stored.id

    def _recorded(self, url: str, hours: float) -> Any:
        self._number += 1
        at = NOW - timedelta(hours=hours)
        served = exchange(body=self._page, url=url, received_at=at)
        return write(self._folder, served, run=f"run{self._number}")[1][0]

    def _remove(self, number: int) -> None:
        url = f"https://tienphong.vn/tin-post{number}.tpo"
        capture = replace(self._recorded(url, 3), status=404)
        gone = Refusal("tienphong", url, RefusalReason.NOT_FOUND, "status 404")
        self._archive.articles.store("tienphong", capture, gone)

    def _end_runs(self) -> None:
        for outlet in ("tienphong", "laodongthudo"):
            run = self._archive.runs.get(outlet)
            counts = RunCounts(requested=50, fetched=50, new=44, refused={"not_found": 1})
            ended = replace(run, ended_at=NOW, outcome=Outcome.DONE, counts=counts)
            self._archive.runs.finish(ended)
        finding = Finding(Cause.FEED_SILENT, "tienphong", "thoi-su: no article for 9 h", NOW)
        self._archive.alarms.sync([finding], ["tienphong"], NOW)


def opened(url: str, folder: Path, ids: dict[str, int], **changes: Any) -> Desk:
    """Return the reader of an archive that `filled` has filled. changes: fields of the reader."""
    archive = open_archive(url, create=False, read_only=True, query_seconds=20)
    reader = Reader(
        archive=archive,
        gazetteer=gazetteer(),
        outlets=load_outlets(shipped("outlets"), FAMILY_NAMES),
        captures=CaptureFiles(folder),
        now=lambda: NOW,
        faults=list,
        outlines=load_outlines(shipped("map")),
    )
    reader = replace(reader, **changes)
    return Desk(create_app(reader), reader, ids)
