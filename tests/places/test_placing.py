"""Articles get their places: in a crawl's process, and again by retagging."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.extract.worker import ExtractionWorker
from crawler.families import FAMILY_NAMES
from crawler.outlets.model import Outlet, parse_outlet
from crawler.page.response import Page
from crawler.places import fingerprint, version_of
from crawler.places.tag_articles import (
    Tables,
    TagRequest,
    check_provinces,
    load_into,
    tag_article,
    tag_articles,
)
from crawler.reprocess.retag import retag
from storage.archive import Archive, open_archive
from storage.errors import ConfigError
from storage.model.articles import Article, ArticleQuery, Block, Refusal
from storage.model.places import Tags
from tests.support.places import FOLDER, gazetteer, tagger
from tests.support.samples import T0, article, at, capture, run

pytestmark = pytest.mark.usefixtures("warm")

TABLES = Tables(FOLDER, fingerprint(FOLDER))
VERSION = version_of(TABLES.version)
OUTLET = """
name = "Báo Thử"
family = "epi"
[[domains]]
host = "baothu.vn"
[[sections]]
slug = "thu-do"
name = "Nhịp sống Thủ đô"
path = "/thu-do/"
hanoi = true
[[sections]]
slug = "xa-hoi"
name = "Xã hội"
path = "/xa-hoi/"
"""


def outlet(text: str = OUTLET) -> Outlet:
    return parse_outlet(text, "baothu.toml", FAMILY_NAMES)


def story(number: int, title: str, **changes: Any) -> Article:
    blocks = (Block("paragraph", f"{title}. Người dân phấn khởi."),)
    return article(number, title=title, blocks=blocks, **changes)


def primary(item: Article, captured_at: datetime = T0, province: str | None = None) -> list[str]:
    tags = tag_article(tagger(), TagRequest(item, captured_at, province))
    return [gazetteer().unit(unit).full_name for unit in tags.primary]


def test_the_day_is_that_of_publication_in_viet_nam() -> None:
    item = story(1, "Tại Tây Hồ, Hà Nội, chợ mở lại")
    for hour, unit in ((16, "quận Tây Hồ"), (17, "phường Tây Hồ")):  # 17:00 UTC is midnight there
        moment = datetime(2025, 6, 30, hour, tzinfo=UTC)
        undated = story(2, item.title, published_at=None)
        assert primary(story(3, item.title, published_at=moment)) == [unit]
        assert primary(undated, captured_at=moment) == [unit]


def test_the_outlets_province_tells_namesakes_apart() -> None:
    item = story(
        1, "UBND phường Đống Đa trao quà Tết", published_at=datetime(2024, 1, 9, tzinfo=UTC)
    )
    assert primary(item) == []
    assert primary(item, province="Bình Định") == ["phường Đống Đa"]


def test_a_section_on_ha_noi_is_evidence_of_its_province() -> None:
    national = outlet()
    assert national.province_of(("NHỊP SỐNG THỦ ĐÔ",)) == "Hà Nội"
    assert national.province_of(("Xã hội",)) is None
    assert national.province_of(()) is None
    local = outlet('province = "Huế"\n' + OUTLET)
    assert local.province_of(("Nhịp sống Thủ đô",)) == "Huế"


def test_a_province_that_nobody_knows_is_told() -> None:
    check_provinces([outlet(), outlet('province = "Ha Noi"\n' + OUTLET)], gazetteer())
    with pytest.raises(ConfigError, match=r"outlet baothu: province: .*'Hà Lội'"):
        check_provinces([outlet('province = "Hà Lội"\n' + OUTLET)], gazetteer())


def test_tables_that_were_replaced_meanwhile_tag_nothing() -> None:
    with pytest.raises(ConfigError, match="replaced meanwhile"):
        tag_articles(Tables(FOLDER, "another"), [TagRequest(article(), at(0), None)])


# In a process that can be killed


PAGE = Page("https://baothu.vn/bai-1.html", b"", T0)


def read_here(_page: Page, _outlet: Outlet | None) -> Article | Refusal:
    """What the child makes of any page."""
    return story(1, "Phường Láng gắn biển ngõ", section=("Nhịp sống Thủ đô",))


async def read_by(tables: Tables) -> tuple[Article | Refusal, Tags | None]:
    async with ExtractionWorker(function=read_here) as worker:
        return await worker.read(PAGE, outlet(), tables)


def test_a_child_tags_as_this_process_does() -> None:
    item, tags = asyncio.run(read_by(TABLES))
    assert isinstance(item, Article)
    assert item == read_here(PAGE, None)
    assert tags == tag_article(tagger(), TagRequest(item, T0, "Hà Nội"))
    assert tags.primary == ("p-lang.00199@2025-07",)


def test_what_cannot_be_tagged_is_an_article_without_places(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        item, tags = asyncio.run(read_by(Tables(FOLDER, "another")))
    assert (item, tags) == (read_here(PAGE, None), None)
    assert f"read without places: {PAGE.url}: ConfigError" in caplog.text


# In an archive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with open_archive(f"sqlite:///{tmp_path}/tin.db") as opened:
        opened.runs.start(run())
        yield opened


TITLES = (
    "Quận Đống Đa sửa chợ",
    "Phường Láng gắn biển ngõ",
    "Huyện Gia Lâm trồng rau",
    "Giá vàng tăng",
)


def fill(archive: Archive, *titles: str) -> None:
    for number, title in enumerate(titles, 1):
        made = story(number, title, section=("Nhịp sống Thủ đô",))
        archive.articles.store("run-1", capture(number, number), made)


def places(archive: Archive) -> dict[str, tuple[str, ...]]:
    found = archive.articles.find(ArticleQuery())
    return {one.latest.article.title: one.latest.tags.primary for one in found if one.latest.tags}


def nothing(_count: int) -> None:
    pass


class Inside(ExtractionWorker):
    """Runs in this process, and hangs on whatever speaks of "treo"."""

    async def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        if any("treo" in asked.article.title for asked in arguments[1]):
            raise TimeoutError("20 s")
        return function(*arguments)


def test_the_gazetteer_is_loaded_once(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_into(archive, FOLDER) == TABLES
    assert archive.places.gazetteer_version() == TABLES.version
    monkeypatch.setattr(type(archive.places), "load_gazetteer", None)  # a second load would fail
    assert load_into(archive, FOLDER) == TABLES


def test_retagging_tags_what_has_no_places(archive: Archive) -> None:
    fill(archive, *TITLES)
    assert places(archive) == {}
    load_into(archive, FOLDER)
    told: list[int] = []
    done = retag(archive, TABLES, {"baothu": outlet()}, told.append, Inside)
    assert (done.tagged, done.mentions, done.failed, done.remaining) == (4, 6, 0, 0)
    assert told == [4]
    assert places(archive) == {
        "Quận Đống Đa sửa chợ": ("q-dong-da.006@2024-12",),
        "Phường Láng gắn biển ngõ": ("p-lang.00199@2025-07",),
        "Huyện Gia Lâm trồng rau": ("h-gia-lam.018@2024-12",),
        "Giá vàng tăng": (),
    }
    again = retag(archive, TABLES, {"baothu": outlet()}, told.append, Inside)
    assert (again.tagged, told) == (0, [4])


def test_retagging_goes_on_where_it_was_ended(archive: Archive) -> None:
    fill(archive, *TITLES)
    load_into(archive, FOLDER)

    def end(_count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retag(archive, TABLES, {}, end, Inside, batch=3)
    assert archive.places.count_untagged(VERSION) == 1
    done = retag(archive, TABLES, {}, nothing, Inside, batch=3)
    assert (done.tagged, archive.places.count_untagged(VERSION)) == (1, 0)


def test_a_text_that_hangs_costs_only_its_own_places(archive: Archive) -> None:
    fill(archive, "Phường Láng treo biển", *TITLES)
    load_into(archive, FOLDER)
    done = retag(archive, TABLES, {"baothu": outlet()}, nothing, Inside)
    assert (done.tagged, done.failed, done.remaining) == (5, 1, 0)
    assert places(archive)["Phường Láng treo biển"] == ()
    assert places(archive)["Phường Láng gắn biển ngõ"] == ("p-lang.00199@2025-07",)
    [hung] = archive.articles.find(ArticleQuery(until=at(1.5)))
    assert hung.latest.tags is not None
    assert hung.latest.tags.note == "not tagged: TimeoutError: 20 s"


def test_new_rules_find_what_old_ones_tagged(archive: Archive) -> None:
    fill(archive, *TITLES)
    load_into(archive, FOLDER)
    retag(archive, TABLES, {}, nothing, Inside)
    older = Tags(f"{TABLES.version}.0", (), ())
    numbers = [number for number, _, _ in archive.places.untagged("none", 10)]
    archive.places.tag(dict.fromkeys(numbers, older))
    assert archive.places.count_untagged(VERSION) == 4


def test_a_replaced_gazetteer_ends_retagging_and_spoils_nothing(archive: Archive) -> None:
    fill(archive, *TITLES)
    load_into(archive, FOLDER)
    with pytest.raises(ConfigError, match="replaced meanwhile"):
        retag(archive, Tables(FOLDER, "another"), {}, nothing, Inside)
    assert places(archive) == {}


def test_what_an_archive_does_not_take_ends_retagging(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(archive, *TITLES)
    load_into(archive, FOLDER)
    monkeypatch.setattr(type(archive.places), "tag", lambda *_: None)
    assert retag(archive, TABLES, {}, nothing, Inside).remaining == 4
