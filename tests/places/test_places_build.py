"""Building the tables from raw data: an invented province with every kind of clause."""

from pathlib import Path

import pytest

from crawler.places import Gazetteer, build_tables, load_gazetteer
from storage.errors import ConfigError
from tests.support.raw_places import raw


def built(tmp_path: Path) -> Gazetteer:
    (tmp_path / "raw").mkdir()
    for name, text in build_tables(raw(tmp_path / "raw")).items():
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
    first = build_tables(raw(tmp_path))
    assert first == build_tables(tmp_path)
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
        build_tables(raw(tmp_path, **{before: after}))


def test_missing_or_foreign_raw_data(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"units-before-2025-01-01\.json.* not found"):
        build_tables(tmp_path)
    raw(tmp_path)
    (tmp_path / "units-from-2025-07-01.json").write_text('[{"Code": "01"}]', "utf-8")
    with pytest.raises(ConfigError, match=r"from-2025-07-01\.json: expected a unit list"):
        build_tables(tmp_path)
