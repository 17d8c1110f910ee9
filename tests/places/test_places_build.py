"""Building the tables from raw data: an invented province with every kind of clause."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from crawler.places import Gazetteer, build_tables, load_gazetteer
from storage.errors import ConfigError
from storage.model.places import Succession
from tests.support.raw_places import raw


def tables(folder: Path) -> dict[str, str]:
    return build_tables(folder, folder / "history.csv")


def built(tmp_path: Path) -> Gazetteer:
    (tmp_path / "raw").mkdir()
    for name, text in tables(raw(tmp_path / "raw")).items():
        (tmp_path / name).write_text(text, "utf-8")
    return load_gazetteer(tmp_path)


def test_clauses_become_successions(tmp_path: Path) -> None:
    gazetteer = built(tmp_path)
    pairs = {
        (
            gazetteer.unit(item.old).full_name,
            gazetteer.unit(item.new).full_name,
            item.share,
            item.clause,
        )
        for unit in gazetteer.units
        for item in gazetteer.successors(unit)
        if item.resolution == "1700"
    }
    assert pairs == {
        ("phường 1", "phường Sen Hồng", "whole", 1),
        ("phường Mây Trắng", "phường Sen Hồng", "part", 1),
        ("phường Mây Trắng", "phường Mây Trắng", "part", 2),
        ("phường Bến Cũ", "phường Mây Trắng", "whole", 2),
        ("thị trấn Chợ Mới", "xã Sông Con", "whole", 3),
        ("xã Đồi Chè", "xã Sông Con", "whole", 3),
        ("xã Ia H'Rung", "xã Sông Con", "whole", 3),
        ("xã Đồi Chè", "xã Đồi Thông", "whole", 4),
        ("huyện Đảo Xa", "đặc khu Đảo Xa", "whole", 5),
        ("xã Ở Lại", "xã Ở Lại", "whole", 6),
    }


def test_communes_of_one_name_are_told_apart_by_district(tmp_path: Path) -> None:
    gazetteer = built(tmp_path)
    (thong,) = gazetteer.find("xã Đồi Thông")
    (old,) = gazetteer.predecessors(thong.id)
    district = gazetteer.district(old.old)
    assert district is not None
    assert district.full_name == "quận Sen Hồng"


def test_rows_change_where_type_or_parent_does(tmp_path: Path) -> None:
    gazetteer = built(tmp_path)
    rows = [unit for unit in gazetteer.units.values() if unit.name == "Ở Lại"]
    eras = [(unit.type, unit.id[-7:], str(unit.valid_from), str(unit.valid_to)) for unit in rows]
    assert eras == [
        ("xã", "2024-12", "None", "2025-07-01"),
        ("xã", "2025-07", "2025-07-01", "2026-04-30"),
        ("phường", "2026-04", "2026-04-30", "None"),
    ]
    hoa_dao = [unit for unit in gazetteer.units.values() if unit.name == "Hoa Đào"]
    assert [(unit.valid_from, unit.valid_to) for unit in hoa_dao] == [(None, None)]


def test_the_same_raw_data_give_the_same_bytes(tmp_path: Path) -> None:
    first = tables(raw(tmp_path))
    assert first == tables(tmp_path)
    assert all(text.startswith("# ") and "MIT" in text for text in first.values())


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            "thị trấn Chợ Mới",
            "thị trấn Không Có Thật",
            "Không Có Thật → xã Sông Con fits no old unit",
        ),
        ("**xã Sông Con**", "**xã Sông Lạ**", "Sông Lạ fits 0 new units"),
        ("Số: 1700/NQ-UBTVQH15", "", "expected a resolution with number"),
        ("thành xã Đồi Thông.", "giữ nguyên.", "clause 4 names no new unit"),
        (r"4\. Đổi tên", r"7\. Đổi tên", "not numbered"),
        ("CỦA TỈNH HOA ĐÀO NĂM", "CỦA TỈNH HOA MƠ NĂM", "no province is named Hoa Mơ"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, before: str, after: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        tables(raw(tmp_path, **{before: after}))


def test_missing_or_foreign_raw_data(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"{tmp_path}: no raw data; expected unit"):
        tables(tmp_path)
    (tmp_path / "units-from-2025-07-01.json").write_text("[]", "utf-8")
    with pytest.raises(ConfigError, match=r"history\.csv: cannot be read"):
        tables(tmp_path)
    (tmp_path / "history.csv").write_text("", "utf-8")
    with pytest.raises(ConfigError, match=r"units-before-2025-01-01\.json.* not found"):
        tables(tmp_path)
    raw(tmp_path)
    (tmp_path / "units-from-2025-07-01.json").write_text('[{"Code": "01"}]', "utf-8")
    with pytest.raises(ConfigError, match=r"from-2025-07-01\.json: expected a unit list"):
        tables(tmp_path)


# before the first whole list


def rows_of(gazetteer: Gazetteer, name: str) -> list[tuple[str, str, str, str]]:
    found = sorted(gazetteer.find(name), key=lambda unit: str(unit.valid_to))
    return [
        (unit.id[-7:], str(unit.valid_from), str(unit.valid_to or unit.gone_by), unit.source)
        for unit in found
    ]


def test_changes_before_the_first_whole_list_become_rows(tmp_path: Path) -> None:
    gazetteer = built(tmp_path)
    assert rows_of(gazetteer, "thị trấn Đồi Chè") == [("2021-11", "None", "2022-04-10", "2021-11")]
    town = gazetteer.find("thị trấn Đồi Chè")[0]
    commune = gazetteer.unit(gazetteer.line(town.id)[1])
    assert (commune.full_name, commune.valid_from) == ("xã Đồi Chè", date(2022, 4, 10))
    assert commune.id[-7:] == "2024-12"  # ids of what the first whole list has keep its month


def test_a_name_that_another_code_took_over_is_followed(tmp_path: Path) -> None:
    gazetteer = built(tmp_path)
    gone = gazetteer.units["x-doi-che.20009@2021-11"]
    renamed = gazetteer.units["x-doi-mia.20005@2021-11"]
    for old in (gone, renamed):
        assert [item.new for item in gazetteer.successors(old.id)] == ["x-doi-che.20005@2024-12"]


def test_a_district_goes_where_its_communes_went(tmp_path: Path) -> None:
    gazetteer = built(tmp_path)
    (gone,) = gazetteer.find("huyện Gió Lùa")
    assert gone.valid_to == date(2024, 11, 1)
    assert names(gazetteer, gazetteer.successors(gone.id)) == {"quận Sen Hồng"}


def test_what_lists_lost_for_a_while_was_never_away(tmp_path: Path) -> None:
    assert rows_of(built(tmp_path), "huyện Đảo Xa") == [
        ("2024-12", "None", "2025-07-01", "2021-11")
    ]


def names(gazetteer: Gazetteer, links: Iterable[Succession]) -> set[str]:
    return {gazetteer.unit(item.new).full_name for item in links}


def test_history_ends_units_and_dates_their_heirs(tmp_path: Path) -> None:
    gazetteer = built(tmp_path)
    assert rows_of(gazetteer, "huyện Bãi Bồi") == [("2015-02", "None", "2015-03-01", "1/NQ-CP")]
    assert rows_of(gazetteer, "quận Sen Hồng")[0][1] == "2015-03-01"
    (gone,) = gazetteer.find("huyện Bến Xưa")
    assert (gone.valid_from, gone.valid_to, gone.gone_by) == (
        date(2010, 1, 1),
        None,
        date(2021, 11, 1),
    )
    (mai,) = gazetteer.find("huyện Mai Vàng, Hoa Mai")
    assert gazetteer.kin(mai.id) >= {gone.id, "h-song-con.902@2024-12"}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("huyện A,huyện B", "expected a change"),
        ("tỉnh A,tỉnh B,2010-13-01,no,whole,1", "expected a change"),
        ("tỉnh A,tỉnh B,2010-01-01,perhaps,whole,1", "expected a change"),
        ("tỉnh A,tỉnh B,2010-01-01,no,half,1", "expected a change"),
        ("tỉnh A,tỉnh Hoa Đào,2010-01-01,no,whole,", "expected a resolution"),
        ("tỉnh A,tỉnh Hoa Đào,2022-01-01,no,whole,1", "a day up to 2021-11-01"),
        ("tỉnh A,tỉnh B,2010-01-01,no,whole,1", "has 'tỉnh B'"),
        ('"huyện A, Nơi Nào","quận Sen Hồng, Hoa Đào",,no,whole,1', "no province has that name"),
        ("huyện A,tỉnh Hoa Đào,,no,whole,1", "no province has that name"),
        ("đảo A,tỉnh Hoa Đào,,no,whole,1", "expected a change"),
    ],
)
def test_a_bad_row_of_history_is_named(tmp_path: Path, row: str, message: str) -> None:
    with (raw(tmp_path) / "history.csv").open("a", encoding="utf-8") as file:
        file.write(row + "\n")
    with pytest.raises(ConfigError, match=message):
        tables(tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{}", "line 8: expected a change of a unit"),
        ('{"from": "x"}', "line 8: expected a change"),
        (
            '{"from": "2024-11-01", "code": "20002", "before": null, "after": ["Xã Lạ", "901"]}',
            "does not fit the list after",
        ),
    ],
)
def test_a_bad_change_is_named(tmp_path: Path, line: str, message: str) -> None:
    file = raw(tmp_path) / "unit-changes-2021-11-to-2024-11.jsonl"
    file.write_text(file.read_text("utf-8") + line + "\n", "utf-8")
    with pytest.raises(ConfigError, match=message):
        tables(tmp_path)
