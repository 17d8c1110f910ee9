"""The raw data and the development set, where TINQUAN_SHARED has them."""

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.extract import extract
from crawler.families import FAMILY_NAMES
from crawler.outlets.model import load_outlets
from crawler.page.response import Page
from crawler.places import build_tables
from crawler.places.tag_articles import TagRequest, tag_article
from storage.model.articles import Article
from storage.model.places import Mention
from storage.text.normalize import fold
from tests.support.corpus import shared
from tests.support.paths import ROOT
from tests.support.places import FOLDER, gazetteer, tagger
from tests.support.seed_pages import epi_page, mastercms_page, read_epi_seed, read_mastercms_seed

RAW = Path(os.environ.get("TINQUAN_SHARED", "../shared")) / "gazetteer"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not RAW.is_dir(), reason=f"no raw data in {RAW} (TINQUAN_SHARED)"),
]
TYPES = ("thành phố", "thị xã", "thị trấn", "đặc khu", "quận", "huyện", "phường", "xã")
FOLLOWED = {
    "h-tu-liem@2013-12": "q-nam-tu-liem.019@2024-12",
    "tp-ha-dong@2008-07": "q-ha-dong.268@2024-12",
    "h-tinh-gia@2020-05": "tx-nghi-son.407@2024-12",
    "q-2@2020-12": "tp-thu-duc.769@2024-12",
}
Key = tuple[str, str, str, bool]  # folded name, level, province, whether of the new era


@pytest.mark.slow
def test_build_reproduces_the_shipped_tables_byte_for_byte() -> None:
    for name, text in build_tables(RAW, FOLDER / "history.csv").items():
        assert (FOLDER / name).read_bytes() == text.encode("utf-8"), name


def labelled(unit: dict[str, Any]) -> Key:
    kind = next(kind for kind in TYPES if unit["unit"].startswith(kind + " "))
    name = unit["unit"][len(kind) + 1 :]
    return fold(name), unit["level"], unit["province"], (unit["from"] or "") >= "2025-07-01"


def tagged(identity: str) -> Key:
    # the set names districts that ended before 2021 by one that followed them
    unit = gazetteer().unit(FOLLOWED.get(identity, identity))
    new = unit.valid_from is not None and unit.valid_from >= date(2025, 7, 1)
    return fold(unit.name), unit.level, gazetteer().province(unit.id).name, new


def items(name: str = "places-gold.jsonl") -> list[dict[str, Any]]:
    text = (RAW / name).read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def new_era_items() -> list[dict[str, Any]]:
    return items("places-gold-new-era.jsonl")


def found(item: dict[str, Any]) -> tuple[set[Key], set[Key]]:
    """Return the units mentioned where the labels apply, and the primary ones."""
    fields = {name: item.get(name) or "" for name in ("title", "sapo", "body")}
    day = date.fromisoformat(item["date"])
    tags = tagger().tag(day, outlet_province=item["outlet_province"], **fields)
    mentions = [mention for mention in tags.mentions if applies(item["target"], mention, fields)]
    return {tagged(mention.unit) for mention in mentions}, {tagged(unit) for unit in tags.primary}


def applies(target: str, mention: Mention, fields: dict[str, str]) -> bool:
    if target in ("all", "title+sapo"):
        return target == "all" or mention.field != "body"
    start = fields[mention.field].find(target)
    return 0 <= start <= mention.start < start + len(target)


@pytest.mark.parametrize("era", ["old", "new"])
def test_mentions_of_the_development_set(
    era: str, record_property: Callable[[str, object], None]
) -> None:
    hits = extra = missed = 0
    for item in items():
        if (item["date"] >= "2025-07-01") == (era == "new"):
            got, _ = found(item)
            wanted = {labelled(unit) for unit in item["units"]}
            allowed = wanted | {labelled(unit) for unit in item["optional"] or []}
            hits += len(got & wanted)
            extra += len(got - allowed)
            missed += len(wanted - got)
    precision, recall = hits / (hits + extra), hits / (hits + missed)
    record_property(f"{era}: precision, recall", (precision, recall))
    assert (precision >= 0.99, recall >= 0.97) == (True, True), (precision, recall)


def test_primary_units_of_the_development_set() -> None:
    wanted = [item for item in items() if item["kind"] == "article" and item["primary"] is not None]
    right = [is_about_the_right(item) for item in wanted]
    assert sum(right) / len(right) >= 0.97


def is_about_the_right(item: dict[str, Any]) -> bool:
    _, primary = found(item)
    wanted = {labelled(unit) for unit in item["primary"]}
    return wanted <= primary <= wanted | {labelled(unit) for unit in item["primary_ok"] or []}


def test_the_set_of_the_new_era() -> None:
    hits = extra = missed = 0
    for item in new_era_items():
        got, _ = found(item)
        wanted = {labelled(unit) for unit in item["units"]}
        hits += len(got & wanted)
        extra += len(got - wanted - {labelled(unit) for unit in item["optional"] or []})
        missed += len(wanted - got)
    assert (extra <= 0.01 * hits, missed <= 0.02 * hits) == (True, True), (hits, extra, missed)
    right = [is_about_the_right(item) for item in new_era_items() if item["primary"] is not None]
    assert sum(right) / len(right) >= 0.95


@pytest.mark.parametrize(
    ("file", "url", "primary"),
    [
        ("laodongthudo-dong-da.txt", "https://laodongthudo.vn/a-172345.html", "quận Đống Đa"),
        ("tienphong-tay-ho.txt", "https://tienphong.vn/a-post1653456.tpo", "quận Tây Hồ"),
    ],
)
def test_seed_pages_are_about_their_district(file: str, url: str, primary: str) -> None:
    text = shared(f"seeds/{file}").read_text("utf-8")
    local = "laodongthudo" in file
    page = mastercms_page(read_mastercms_seed(text)) if local else epi_page(read_epi_seed(text))
    fetched_at = datetime(2024, 8, 1, tzinfo=UTC)
    outlet = load_outlets(ROOT / "config" / "outlets", FAMILY_NAMES)[file.partition("-")[0]]
    read = extract(Page(url, page, fetched_at), outlet)
    assert isinstance(read, Article)
    asked = TagRequest(read, fetched_at, outlet.province_of(read.section))
    tags = tag_article(tagger(), asked)
    assert [gazetteer().unit(unit).full_name for unit in tags.primary] == [primary]
    named = {gazetteer().unit(mention.unit).full_name for mention in tags.mentions}
    assert local or "phường Nhật Tân" in named
    assert not [mention.text for mention in tags.mentions if "Phủ" in mention.text]


@pytest.mark.parametrize(("key", "primary"), [("S0", "quận Tây Hồ"), ("S1", "quận Đống Đa")])
def test_seed_articles(key: str, primary: str) -> None:
    item = next(item for item in items() if item["id"] == key)
    fields = {name: item[name] or "" for name in ("title", "sapo", "body")}
    tags = tagger().tag(date.fromisoformat(item["date"]), **fields)
    assert [gazetteer().unit(unit).full_name for unit in tags.primary] == [primary]
    named = {gazetteer().unit(mention.unit).full_name for mention in tags.mentions}
    assert not {name for name in named if "du lịch" in name.lower()}
    assert (key != "S0") or "phường Nhật Tân" in named
    for mention in tags.mentions:
        before = fields[mention.field][: mention.start].rstrip().lower()
        assert not before.endswith(("phủ", "hồ"))
