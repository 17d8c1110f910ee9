"""The shipped tables: counts, pairs, core and touched, names."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from crawler.places import MERGER, load_gazetteer
from storage.errors import ConfigError, NotFoundError
from storage.model.places import Unit
from tests.support.places import FOLDER, gazetteer

DONG_DA = "q-dong-da.006@2024-12"
TAY_HO = "q-tay-ho.003@2024-12"


def levels(day: date, province: str | None = None) -> tuple[int, int, int]:
    units = [unit for unit in gazetteer().units.values() if unit.valid_on(day)]
    if province:
        units = [unit for unit in units if gazetteer().province(unit.id).name == province]
    found = Counter(unit.level for unit in units)
    return found["province"], found["district"], found["ward"]


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        (date(2024, 12, 31), (63, 704, 10_472)),
        (date(2025, 1, 1), (63, 696, 10_035)),
        (date(2025, 6, 30), (63, 696, 10_035)),
        (date(2025, 7, 1), (34, 0, 3_321)),
        (date(2026, 4, 30), (34, 0, 3_321)),
    ],
)
def test_national_counts(day: date, counts: tuple[int, int, int]) -> None:
    assert levels(day) == counts


@pytest.mark.parametrize(
    ("day", "counts", "types"),
    [
        (date(2024, 12, 31), (1, 30, 579), {"phường": 175, "xã": 383, "thị trấn": 21}),
        (date(2025, 6, 30), (1, 30, 526), {"phường": 160, "xã": 345, "thị trấn": 21}),
        (date(2025, 7, 1), (1, 0, 126), {"phường": 51, "xã": 75}),
    ],
)
def test_ha_noi_counts(day: date, counts: tuple[int, int, int], types: dict[str, int]) -> None:
    assert levels(day, "Hà Nội") == counts
    here = [unit for unit in gazetteer().units.values() if unit.valid_on(day)]
    wards = [unit for unit in here if unit.level == "ward"]
    found = Counter(u.type for u in wards if gazetteer().province(u.id).name == "Hà Nội")
    assert found == types


def test_ha_noi_has_795_pairs_of_resolution_1656() -> None:
    units = gazetteer().units
    pairs = [item for unit in units for item in gazetteer().successors(unit)]
    of_ha_noi = [item for item in pairs if item.resolution == "1656"]
    assert len(of_ha_noi) == 795
    olds = Counter(item.old for item in of_ha_noi)
    assert len(olds) == 526
    assert sum(times > 1 for times in olds.values()) == 199
    assert all((item.share == "part") == (olds[item.old] > 1) for item in of_ha_noi)
    districts = {new: set[str]() for new in {item.new for item in of_ha_noi}}
    for item in of_ha_noi:
        districts[item.new].add(units[item.old].parent or "")
    assert sum(len(found) > 1 for found in districts.values()) == 64


def test_resolution_decides_where_published_tables_err() -> None:
    co_bi = gazetteer().find("xã Cổ Bi, Hà Nội", date(2025, 6, 30))[0]
    dang_xa = gazetteer().find("xã Đặng Xá, Hà Nội", date(2025, 6, 30))[0]
    son_dong = gazetteer().find("xã Sơn Đồng, Hà Nội", date(2025, 6, 30))[0]

    def news(unit: Unit) -> set[str]:
        return {gazetteer().unit(item.new).name for item in gazetteer().successors(unit.id)}

    assert news(dang_xa) == {"Phù Đổng", "Thuận An"}
    assert "Thuận An" not in news(co_bi)
    assert "Đoài Phương" not in news(son_dong)


def test_every_old_unit_has_successors_and_every_new_one_predecessors() -> None:
    for unit in gazetteer().units.values():
        if unit.level == "ward" and unit.valid_to == MERGER:
            assert gazetteer().successors(unit.id), unit
        if unit.level == "ward" and unit.valid_from == MERGER:
            assert gazetteer().predecessors(unit.id), unit


def names(ids: tuple[str, ...]) -> set[str]:
    return {gazetteer().unit(identity).full_name for identity in ids}


def test_core_and_touched_of_the_two_seed_districts() -> None:
    assert names(gazetteer().core(DONG_DA)) == {
        "phường Đống Đa",
        "phường Kim Liên",
        "phường Láng",
        "phường Ô Chợ Dừa",
        "phường Văn Miếu - Quốc Tử Giám",
    }
    assert names(gazetteer().touched(DONG_DA)) == {"phường Giảng Võ", "phường Bạch Mai"}
    assert names(gazetteer().core(TAY_HO)) == {
        "phường Phú Thượng",
        "phường Hồng Hà",
        "phường Tây Hồ",
    }


@pytest.mark.parametrize(
    ("province", "districts", "communes"), [("Hà Nội", 30, 126), ("", 696, 3321)]
)
def test_core_is_a_partition(province: str, districts: int, communes: int) -> None:
    old = [
        unit
        for unit in gazetteer().units.values()
        if unit.level == "district" and unit.valid_to == MERGER
        if not province or gazetteer().province(unit.id).name == province
    ]
    core = [new for unit in old for new in gazetteer().core(unit.id)]
    assert len(old) == districts
    assert all(gazetteer().core(unit.id) for unit in old)
    assert len(core) == len(set(core)) == communes


def test_touched_is_what_the_districts_communes_went_into_beyond_core() -> None:
    for identity in (DONG_DA, TAY_HO):
        wards = [unit.id for unit in gazetteer().children(identity) if unit.valid_to == MERGER]
        into = {item.new for ward in wards for item in gazetteer().successors(ward)}
        core, touched = set(gazetteer().core(identity)), set(gazetteer().touched(identity))
        assert not core & touched
        assert core | touched >= into
        assert touched <= into


def test_scope_follows_a_place_through_its_eras() -> None:
    assert gazetteer().scope(DONG_DA) == (DONG_DA,)
    assert len(gazetteer().scope(DONG_DA, "core")) == 6
    assert len(gazetteer().scope(DONG_DA, "touched")) == 8
    bien_hoa = gazetteer().find("phường Biên Hòa")[0]
    assert [unit[-7:] for unit in gazetteer().scope(bien_hoa.id)] == ["2025-07", "2026-04"]
    assert gazetteer().line("h-a-luoi.481@2025-01")[0] == "h-a-luoi.481@2024-12"


def test_core_of_communes_and_provinces() -> None:
    assert names(gazetteer().core("p-lang-thuong.00187@2024-12")) == {"phường Láng"}
    assert names(gazetteer().core("t-ha-tay@2008-07")) == {"thành phố Hà Nội"}
    assert names(gazetteer().core("t-kien-giang.91@2024-12")) == {"tỉnh An Giang"}
    con_dao = gazetteer().find("huyện Côn Đảo")[0]
    assert names(gazetteer().core(con_dao.id)) == {"đặc khu Côn Đảo"}


def test_known_history_and_nothing_invented() -> None:
    units = gazetteer().units
    assert units["t-ha-tay@2008-07"].valid_to == date(2008, 8, 1)
    tu_liem = gazetteer().successors("h-tu-liem@2013-12")
    assert {item.new[:12] for item in tu_liem} == {"q-bac-tu-lie", "q-nam-tu-lie"}
    assert gazetteer().begins == date(2008, 8, 1)
    begun = [unit.valid_from for unit in units.values() if unit.valid_from]
    assert min(begun) == date(2008, 8, 1)
    unsourced = [
        unit.full_name
        for unit in units.values()
        if unit.valid_from
        and unit.valid_from < date(2021, 11, 1)
        and not any(item.resolution for item in gazetteer().predecessors(unit.id))
    ]
    assert unsourced == []


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        (date(2021, 11, 1), (63, 705, 10_599)),
        (date(2022, 4, 10), (63, 705, 10_599)),
        (date(2023, 4, 10), (63, 705, 10_598)),
        (date(2024, 2, 1), (63, 705, 10_597)),
        (date(2024, 5, 1), (63, 705, 10_595)),
        (date(2024, 9, 1), (63, 704, 10_542)),
        (date(2024, 11, 1), (63, 704, 10_472)),
        (date(2025, 1, 1), (63, 696, 10_035)),
        (date(2025, 7, 1), (34, 0, 3_321)),
        (date(2026, 4, 30), (34, 0, 3_321)),
    ],
)
def test_each_dated_list_has_its_units(day: date, counts: tuple[int, int, int]) -> None:
    found = Counter(unit.level for unit in gazetteer().units.values() if unit.valid_on(day))
    assert (found["province"], found["district"], found["ward"]) == counts


@pytest.mark.parametrize(
    ("old", "new", "first_day", "resolution"),
    [
        ("quận Thủ Đức", "thành phố Thủ Đức", date(2021, 1, 1), "1111/NQ-UBTVQH14"),
        ("quận 9", "thành phố Thủ Đức", date(2021, 1, 1), "1111/NQ-UBTVQH14"),
        ("huyện Tĩnh Gia", "thị xã Nghi Sơn", date(2020, 6, 1), "933/NQ-UBTVQH14"),
        ("huyện Hoành Bồ", "thành phố Hạ Long", date(2020, 1, 1), "837/NQ-UBTVQH14"),
        ("huyện Mê Linh, Vĩnh Phúc", "huyện Mê Linh", date(2008, 8, 1), "15/2008/QH12"),
        ("huyện Mỹ Lộc", "thành phố Nam Định", date(2024, 9, 1), None),
    ],
)
def test_ended_districts_name_their_heir(
    old: str, new: str, first_day: date, resolution: str | None
) -> None:
    (unit,) = gazetteer().find(old)
    assert unit.valid_to == first_day
    (item,) = gazetteer().successors(unit.id)
    assert (gazetteer().unit(item.new).full_name, item.resolution) == (new, resolution)


def test_an_end_that_no_source_gives_stays_unknown() -> None:
    (unit,) = gazetteer().find("huyện Yên Hưng")
    assert (unit.valid_to, unit.gone_by) == (None, date(2021, 11, 1))
    assert unit.valid_on(date(2021, 10, 31))
    assert not unit.valid_on(date(2021, 11, 1))


def test_a_place_is_one_line_through_types_and_provinces() -> None:
    line = gazetteer().line("tp-ha-dong@2008-07")
    assert [gazetteer().unit(row).type for row in line] == ["thành phố", "thành phố", "quận"]
    assert [gazetteer().province(row).name for row in line] == ["Hà Tây", "Hà Nội", "Hà Nội"]
    assert len(gazetteer().line("q-thu-duc@2020-12")) == 1


def test_core_and_touched_of_a_district_that_ended_before_the_merger() -> None:
    core = gazetteer().core("h-tinh-gia@2020-05")
    assert core[0] == "tx-nghi-son.407@2024-12"
    assert core[1:] == gazetteer().core(core[0])
    thu_duc = gazetteer().core("q-thu-duc@2020-12")
    assert names(thu_duc) == {"thành phố Thủ Đức"}
    assert set(gazetteer().core(thu_duc[0])) <= set(gazetteer().touched("q-thu-duc@2020-12"))


def test_five_island_districts_never_went_away() -> None:
    for name in ("Bạch Long Vĩ", "Cồn Cỏ", "Hoàng Sa", "Lý Sơn", "Côn Đảo"):
        (unit,) = gazetteer().find(f"huyện {name}")
        assert (unit.valid_from, unit.valid_to) == (None, date(2025, 7, 1))


def test_dong_nai_became_a_city_and_ten_communes_wards() -> None:
    news = [unit for unit in gazetteer().units.values() if unit.valid_from == date(2026, 4, 30)]
    assert [u.full_name for u in news if u.level == "province"] == ["thành phố Đồng Nai"]
    risen = [
        unit
        for unit in news
        for item in gazetteer().predecessors(unit.id)
        if unit.type == "phường" and gazetteer().unit(item.old).type == "xã"
    ]
    assert len(risen) == 10


def test_codes_are_reused_and_ids_are_not() -> None:
    of_code = [unit for unit in gazetteer().units.values() if unit.code == "00004"]
    assert [unit.full_name for unit in of_code] == ["phường Trúc Bạch", "phường Ba Đình"]
    assert len({unit.id for unit in of_code}) == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("quận Đống Đa", ["q-dong-da.006@2024-12"]),
        ("quan dong da", ["q-dong-da.006@2024-12"]),
        ("Q.Đống Đa", ["q-dong-da.006@2024-12"]),
        ("q-dong-da.006@2024-12", ["q-dong-da.006@2024-12"]),
        ("Quận 01", ["q-1.760@2024-12"]),
        ("phường Đống Đa, Hà Nội", ["p-dong-da.00235@2025-07"]),
        ("Văn Miếu-Quốc Tử Giám, Đống Đa", ["p-van-mieu-quoc-tu-giam.00181@2025-01"]),
        ("huyện Ứng Hoà", ["h-ung-hoa@2008-07", "h-ung-hoa.281@2024-12"]),
        ("huyện Ứng Hoà, Hà Nội", ["h-ung-hoa.281@2024-12"]),
        ("Xyz", []),
        ("", []),
        (", ,", []),
    ],
)
def test_find(text: str, found: list[str]) -> None:
    assert [unit.id for unit in gazetteer().find(text)] == found


def test_find_keeps_diacritics_apart_and_lists_the_ambiguous() -> None:
    assert {unit.name for unit in gazetteer().find("Tây Hồ")} == {"Tây Hồ"}
    assert {unit.name for unit in gazetteer().find("huyen Chau Thanh")} == {"Châu Thành"}
    assert len(gazetteer().find("đống đa")) > 1
    assert [u.id for u in gazetteer().find("đống đa, hà nội", date(2024, 1, 1))] == [DONG_DA]


def test_unknown_id_says_what_to_do() -> None:
    with pytest.raises(NotFoundError, match="places find"):
        gazetteer().unit("q-nowhere")


def test_damaged_tables_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"units\.csv: cannot be read"):
        load_gazetteer(tmp_path)
    (tmp_path / "units.csv").write_text("# note\nid,name\nx,y\n", "utf-8")
    with pytest.raises(ConfigError, match="expected columns id,code"):
        load_gazetteer(tmp_path)


def test_version_changes_with_the_tables(tmp_path: Path) -> None:
    for name in ("units.csv", "successions.csv"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    assert load_gazetteer(tmp_path).version == gazetteer().version
    with (tmp_path / "successions.csv").open("a", encoding="utf-8") as file:
        file.write(f"{DONG_DA},{TAY_HO},part,,\n")
    assert load_gazetteer(tmp_path).version != gazetteer().version
