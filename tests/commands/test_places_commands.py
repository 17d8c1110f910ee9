"""`tinquan places …` as a user types it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.places.tag_articles import TagRequest, load_into, tag_article
from crawler.render.places import names_text, unit_json
from storage.archive import open_archive
from tests.support.commands import Ran, Tinquan
from tests.support.places import FOLDER, TAY_HO, gazetteer, tagger
from tests.support.raw_places import raw
from tests.support.samples import article, capture, run

pytestmark = pytest.mark.usefixtures("gazetteer_once")
DONG_DA = "q-dong-da.006@2024-12"


# find


def test_a_name_is_found_with_or_without_diacritics(tinquan: Tinquan) -> None:
    for name in ("Tây Hồ", "tay ho", "quận Tây Hồ", "Q. Tay Ho"):
        found = json.loads(tinquan("places", "find", name, "--json").out)
        assert TAY_HO in found, name
    table = tinquan("places", "find", "thuy nguyen").out
    assert "unknown – 2024-12-31" in table
    assert "2025-07-01 – today" in table


def test_only_what_existed_on_the_day_is_found(tinquan: Tinquan) -> None:
    new = json.loads(tinquan("places", "find", "tay ho", "--on", "2025-07-01", "--json").out)
    assert [(unit["type"], unit["province"]) for unit in new] == [
        ("phường", "Hà Nội"),
        ("xã", "Đà Nẵng"),
    ]
    gone = tinquan("places", "find", "quận tay ho", "--on", "2026-01-01", "--json")
    assert (gone.code, json.loads(gone.out)) == (0, [])


def test_a_day_before_the_gazetteer_begins_is_said(tinquan: Tinquan) -> None:
    found = tinquan("places", "find", "quận Tây Hồ", "--on", "1990-01-01")
    assert found.code == 0
    assert "1990-01-01 is before 2008-08-01" in found.err


@pytest.mark.parametrize("command", ["find", "show"])
def test_an_unknown_place_is_told_with_names_like_it(tinquan: Tinquan, command: str) -> None:
    told = tinquan("places", command, "quận Đống Đaa")
    assert (told.code, told.out) == (2, "")
    assert "no place is called 'quận Đống Đaa'; names like it: Đống Đa" in told.err
    for strange in ("", "…", "12345", "\n", "x" * 5000):
        told = tinquan("places", command, strange)
        assert told.code == 2
        assert "Traceback" not in told.err


@pytest.mark.parametrize("day", ["1/7/2025", "2025-13-01", ""])
def test_a_day_that_is_none_is_told(tinquan: Tinquan, day: str) -> None:
    told = tinquan("places", "find", "Tây Hồ", "--on", day or " ")
    assert told.code == 2
    assert "expected a day such as 2025-07-01" in told.err


# show


def test_a_district_is_shown_with_what_became_of_it(tinquan: Tinquan) -> None:
    shown = json.loads(tinquan("places", "show", DONG_DA, "--json").out)
    assert (shown["name"], shown["level"], shown["code"]) == ("Đống Đa", "district", "006")
    assert {unit["name"] for unit in shown["core"]} == {
        "Đống Đa", "Kim Liên", "Láng", "Ô Chợ Dừa", "Văn Miếu - Quốc Tử Giám",
    }  # fmt: skip
    assert {unit["name"] for unit in shown["touched"]} == {"Giảng Võ", "Bạch Mai"}
    table = tinquan("places", "show", "quan dong da").out
    assert "unknown – 2025-06-30" in table
    assert "phường Kim Liên" in table


def test_a_ward_is_shown_with_resolution_and_clause(tinquan: Tinquan) -> None:
    shown = json.loads(tinquan("places", "show", "p-lang.00199@2025-07", "--json").out)
    assert {row["resolution"] for row in shown["predecessors"]} == {"1656"}
    assert len({row["clause"] for row in shown["predecessors"]}) == 1
    assert {row["share"] for row in shown["predecessors"]} <= {"whole", "part"}
    clause = shown["predecessors"][0]["clause"]
    table = tinquan("places", "show", "p-lang.00199@2025-07").out
    assert f"1656, clause {clause}" in table
    old = json.loads(tinquan("places", "show", "phường Láng Hạ", "--json").out)
    assert old["successors"][0]["resolution"] == "1656"


def test_rows_of_one_place_are_one_place(tinquan: Tinquan) -> None:
    shown = json.loads(tinquan("places", "show", "muong giang", "--json").out)
    assert [unit["type"] for unit in shown["eras"]] == ["xã", "thị trấn"]
    line = json.loads(tinquan("places", "show", "huyện Thủy Nguyên", "--json").out)["eras"]
    assert [unit["type"] for unit in line] == ["huyện", "thành phố"]


def test_an_ambiguous_name_lists_the_candidates_and_asks(tinquan: Tinquan) -> None:
    told = tinquan("places", "show", "đống đa")
    assert (told.code, told.out) == (2, "")
    assert "unknown – 2025-06-30" in told.err
    assert "2025-07-01 – today" in told.err
    assert "Quy Nhơn, Bình Định" in told.err
    words = "ask for one, such as 'quận Đống Đa' or 'phường Đống Đa, Vĩnh Yên, Vĩnh Phúc' or "
    assert words in told.err
    for name in ("phường Đống Đa, Vĩnh Yên, Vĩnh Phúc", "phường Đống Đa, Quy Nhơn, Bình Định"):
        assert tinquan("places", "show", name).code == 0
    told = tinquan("places", "show", "phường Văn Miếu - Quốc Tử Giám")
    assert "'p-van-mieu-quoc-tu-giam.00226@2025-07'" in told.err


# build


def raw_data(folder: Path) -> Path:
    (folder / "raw").mkdir()
    return raw(folder / "raw")


def test_build_says_whether_anything_changed(tinquan: Tinquan, tmp_path: Path) -> None:
    folder, made = raw_data(tmp_path), tmp_path / "tables"
    first = json.loads(tinquan("places", "build", folder, "--out", made, "--json").out)
    assert first == {"folder": str(made), "changed": ["units.csv", "successions.csv"]}
    assert "nothing changed" in tinquan("places", "build", folder, "--out", made).out
    (made / "units.csv").write_text("")
    assert "changed units.csv" in tinquan("places", "build", folder, "--out", made).out
    assert sorted(path.name for path in made.iterdir()) == ["successions.csv", "units.csv"]


def test_build_tells_what_it_lacks(tinquan: Tinquan, tmp_path: Path) -> None:
    told = tinquan("places", "build", tmp_path / "none")
    assert told.code == 2
    assert f"{tmp_path / 'none'}: no raw data; expected unit*.json*" in told.err
    folder = raw_data(tmp_path)
    (tmp_path / "file").write_text("")
    told = tinquan("places", "build", folder, "--out", tmp_path / "file" / "x")
    assert told.code == 2
    assert "cannot be written" in told.err


# stats, retag


@pytest.fixture
def archive(tmp_path: Path) -> str:
    """Return the URL of an archive with three tagged articles and one that is not."""
    url = f"sqlite:///{tmp_path}/tin.db"
    titles = ("Quận Tây Hồ mở chợ", "Quận Tây Hồ và quận Đống Đa", "Phường Láng họp", "Quận Tây Hồ")
    with open_archive(url) as opened:
        load_into(opened, FOLDER)
        opened.runs.start(run())
        for number, title in enumerate(titles, 1):
            day = datetime(2024 if number != 3 else 2026, 6, number, tzinfo=UTC)
            made = article(number, title=title, published_at=day)
            tags = tag_article(tagger(), TagRequest(made, day, "Hà Nội")) if number < 4 else None
            opened.articles.store("run-1", capture(number, number), made, (), tags)
    return url


def test_stats_count_articles_about_places(tinquan: Tinquan, archive: str) -> None:
    def counts(*words: object) -> dict[str, int]:
        printed = tinquan("places", "stats", "--archive", archive, "--json", *words).out
        return {row["unit"]["name"]: row["articles"] for row in json.loads(printed)}

    assert counts() == {"Tây Hồ": 2, "Đống Đa": 1, "Láng": 1}
    assert counts("--by", "district") == {"Tây Hồ": 2, "Đống Đa": 1}
    assert counts("--until", "2025-07-01") == {"Tây Hồ": 2, "Đống Đa": 1}
    assert counts("--since", "2025-07-01") == {"Láng": 1}
    assert counts("--since", "2025-07-01", "--by", "district") == {}
    assert counts("--by", "ward") == {"Láng": 1}
    assert counts("--since", "2024-06-02", "--until", "2024-06-03") == {"Tây Hồ": 1, "Đống Đa": 1}
    table = tinquan("places", "stats", "--archive", archive)
    assert "quận Tây Hồ" in table.out
    assert "1 state of an article has no places" in table.err


def test_retag_tags_what_is_left(tinquan: Tinquan, archive: str) -> None:
    done = json.loads(tinquan("places", "retag", "--archive", archive, "--json").out)
    assert (done["tagged"], done["mentions"], done["failed"], done["remaining"]) == (1, 1, 0, 0)
    assert done["version"] == tagger().version
    said = tinquan("places", "retag", "--archive", archive)
    assert (said.code, said.out.startswith("0 states of articles tagged")) == (0, True)
    counted = json.loads(tinquan("places", "stats", "--archive", archive, "--json").out)
    assert counted[0] == {"unit": TAY_HO, "articles": 3}


# articles --place


def titles(ran: Ran) -> set[str]:
    return {row["title"] for row in json.loads(ran.out)}


def test_articles_about_a_place_and_what_it_became(tinquan: Tinquan, archive: str) -> None:
    words = ("articles", "--archive", archive, "--json", "--place")
    assert titles(tinquan(*words, "quan dong da")) == {"Quận Tây Hồ và quận Đống Đa"}
    core = tinquan(*words, "quận Đống Đa", "--with-successors", "core")
    assert titles(core) == {"Quận Tây Hồ và quận Đống Đa", "Phường Láng họp"}
    assert "taken for quận Đống Đa (unknown – 2025-06-30), Hà Nội" in core.err
    assert "with its core successors:" in core.err
    assert "phường Láng" in core.err
    assert "Giảng Võ" not in core.err
    assert "Giảng Võ" in tinquan(*words, DONG_DA, "--with-successors", "touched").err
    assert len(titles(tinquan(*words, "Hà Nội"))) == 3
    none = tinquan(*words, "phường Láng Hạ, Đống Đa")
    assert (none.code, titles(none)) == (0, set())
    new = tinquan(*words, "p-lang.00199@2025-07", "--with-successors", "core").err
    assert "it has no successors" in new


def test_articles_come_with_their_places(tinquan: Tinquan, archive: str) -> None:
    listed = json.loads(tinquan("articles", "--archive", archive, "--json").out)
    found = {row["title"]: row["places"] for row in listed}
    assert found["Quận Tây Hồ mở chợ"] == [TAY_HO | {"confidence": "certain"}]
    assert found["Quận Tây Hồ"] is None
    shown = json.loads(tinquan("show", 1, "--archive", archive, "--json").out)
    assert shown["places"] == shown["primary"] == [TAY_HO | {"confidence": "certain"}]
    assert shown["mentions"][0]["unit"] == TAY_HO
    untagged = json.loads(tinquan("show", 4, "--archive", archive, "--json").out)
    assert (untagged["places"], untagged["mentions"]) == (None, None)
    assert "quận Tây Hồ" in tinquan("show", 1, "--archive", archive).out
    assert "not tagged" in tinquan("show", 4, "--archive", archive).out


def test_a_place_that_cannot_be_asked_for_is_told(tinquan: Tinquan, archive: str) -> None:
    for words, told in (
        (["--place", "Xứ Mơ"], "no place is called 'Xứ Mơ'"),
        (["--place", "tay ho"], "ask for one, such as"),
        (["--with-successors", "core"], "needs a --place"),
        (["--place", "quận Tây Hồ", "--with-successors", "all"], "touched"),
    ):
        ran = tinquan("articles", "--archive", archive, *words)
        assert (ran.code, ran.out) == (2, "")
        assert told in ran.err
        assert "Traceback" not in ran.err


def test_a_gazetteer_that_is_not_whole_is_told(tinquan: Tinquan, tmp_path: Path) -> None:
    config = tmp_path / "tinquan.toml"
    config.write_text(f'contact = "https://example.org/x"\noutlets = "{FOLDER.parent}/outlets"\n'
                      'gazetteer = "tables"\n')  # fmt: skip
    assert "units.csv" in tinquan("places", "find", "x", "--config", config).err
    (tmp_path / "tables").mkdir()
    units = (FOLDER / "units.csv").read_text("utf-8")
    (tmp_path / "tables" / "successions.csv").write_bytes((FOLDER / "successions.csv").read_bytes())
    for wrong, told in (
        (units.replace("\nq-tay-ho.003@2024-12,003", "\nq-tay-xx.003@2024-12,003"), "is missing"),
        (units + "t-ha-tay@2008-07,,tỉnh,Hà Tây,,,,x,\n", "an id is given twice"),
        (units.replace("2025-07-01", "2025-07-99"), "run `tinquan places build`"),
        ("x,y\n", "expected columns"),
    ):
        (tmp_path / "tables" / "units.csv").write_text(wrong, "utf-8")
        ran = tinquan("places", "find", "x", "--config", config)
        assert ran.code == 2
        assert told in ran.err


def test_a_unit_that_only_an_earlier_gazetteer_had_is_an_id() -> None:
    assert unit_json("q-x@2020-01", gazetteer())["name"] is None
    assert names_text(["q-x@2020-01"], gazetteer()) == "q-x@2020-01"
