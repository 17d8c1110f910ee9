"""Raw lists of units, and resolutions, of two invented provinces."""

import json
from pathlib import Path
from typing import Any

OLD_DISTRICTS = {
    "Quận Sen Hồng": ["Phường Mây Trắng", "Phường 01", "Phường Bến Cũ", "Xã Đồi Chè"],
    "Huyện Sông Con": ["Xã Đồi Chè", "Thị trấn Chợ Mới", "Xã Ia H'Rung", "Xã Ở Lại"],
    "Huyện Đảo Xa": [],
}


HA_NOI = {"Quận Mưa": ["Phường Gió"], "Quận Nắng": ["Phường Nắng"]}


CHANGES = [
    ("2022-04-10", "20004", ["Thị trấn Đồi  Chè", "901"], ["Xã Đồi Chè", "901"]),
    ("2023-04-10", "20005", ["Xã Đồi Mía", "902"], ["Xã Đồi Chè", "902"]),
    ("2023-04-10", "20009", ["Xã Đồi Chè", "902"], None),
    ("2023-04-10", "903", ["Huyện Đảo Xa", "99"], None),
    ("2024-11-01", "903", None, ["Huyện Đảo Xa", "99"]),
    ("2024-11-01", "904", ["Huyện Gió Lùa", "99"], None),
    ("2024-11-01", "20001", ["Phường Mây Trắng", "904"], ["Phường Mây Trắng", "901"]),
]


HISTORY = """\
# invented
old,new,day,formed,share,resolution
"huyện Bãi Bồi, Hoa Đào","quận Sen Hồng, Hoa Đào",2015-03-01,yes,whole,1/NQ-CP
"huyện Bến Xưa, Hoa Đào","huyện Sông Con, Hoa Đào",,no,part,2/NQ-CP
tỉnh Hoa Mai,tỉnh Hoa Đào,2010-01-01,no,whole,3/QH
"huyện Mai Vàng, Hoa Mai","huyện Bến Xưa, Hoa Đào",2010-01-01,yes,whole,3/QH
"""


RESOLUTION = r"""
Số: 1700/NQ-UBTVQH15

VỀ VIỆC SẮP XẾP CÁC ĐƠN VỊ HÀNH CHÍNH CẤP XÃ CỦA TỈNH HOA ĐÀO NĂM 2025

**Điều 1. Sắp xếp** ... như sau:

1\. Sắp xếp toàn bộ diện tích tự nhiên, quy mô dân số của Phường 1 (quận
Sen Hồng) và một phần diện tích tự nhiên, quy mô dân số của phườngMây Trắng thành
phường mới có tên gọi là **phường Sen Hồng**.

2\. Sắp xếp toàn bộ diện tích tự nhiên, quy mô dân số củacác phường Bến
Cũ và phần còn lại của phường Mây Trắng sau khi sắp xếp theo quy định tại khoản 1 Điều nàythành
phường mới có tên gọi là **phườngMây Trắng**.

3\. Sắp xếp toàn bộ diện tích tự nhiên, quy mô dân số của thị trấn Chợ Mới vàcác xã Đồi
Chè, Ia Hơ Rung thành xã mới có tên gọi là **xã Sông Con**.

4\. Đổi tên xã Đồi Chè (quận Sen Hồng) thành xã Đồi Thông.

5\. Sắp xếp toàn bộ diện tích tự nhiên, quy mô dân số của huyện Đảo Xa
thành đặc khu có tên gọi là **đặc khu Đảo Xa**.

6\. Sau khi sắp xếp, tỉnh Hoa Đào có 6 đơn vị hành chính cấp xã; trong đó có 5 đơn vị hình thành sau
sắp xếp và 01 xã không thực hiện sắp xếp là xã Ở Lại.

**Điều 2. Hiệu lực thi hành**
"""


NEW = [
    ("20002", "Phường Sen Hồng"),
    ("20001", "Phường Mây Trắng"),
    ("20006", "Xã Sông Con"),
    ("20004", "Xã Đồi Thông"),
    ("20099", "Đặc khu Đảo Xa"),
    ("20008", "Xã Ở Lại"),
]


def province(code: str, name: str, districts: dict[str, list[str]], first: int) -> dict[str, Any]:
    found = []
    number = first
    for index, (district, wards) in enumerate(districts.items(), 1):
        key = f"{code[0]}0{index}"
        listed = [{"Code": f"{number + i}", "FullName": ward} for i, ward in enumerate(wards)]
        number += len(wards)
        found.append({"Code": key, "FullName": district, "Ward": listed or None})
    return {"Code": code, "FullName": name, "District": found}


def raw(folder: Path, **changes: str) -> Path:
    """Write the raw data of two provinces. changes: replacements in the resolution's text."""
    old = [
        province("01", "Thành phố Hà Nội", HA_NOI, 10001),
        province("99", "Tỉnh Hoa Đào", OLD_DISTRICTS, 20001),
    ]
    wards = [{"Code": code, "FullName": name, "ProvinceCode": "99"} for code, name in NEW]
    ha_noi = [{"Code": "10001", "FullName": "Phường Gió"}]
    new = [
        {"Code": "01", "FullName": "Thành phố Hà Nội", "Wards": ha_noi},
        {"Code": "99", "FullName": "Tỉnh Hoa Đào", "Wards": wards},
    ]
    later = json.loads(json.dumps(new, ensure_ascii=False).replace("Xã Ở Lại", "Phường Ở Lại"))
    for name, data in (
        ("before-2025-01-01", old),
        ("before-2025-07-01", old),
        ("from-2025-07-01", new),
        ("from-2026-04-30", later),
    ):
        (folder / f"units-{name}.json").write_text(json.dumps(data), "utf-8")
    rows = [
        {"from": day, "code": code, "before": before, "after": after}
        for day, code, before, after in CHANGES
    ]
    lines = "\n".join(json.dumps(row) for row in rows)
    (folder / "unit-changes-2021-11-to-2024-11.jsonl").write_text(lines + "\n", "utf-8")
    (folder / "history.csv").write_text(HISTORY, "utf-8")
    (folder / "resolutions").mkdir()
    text = RESOLUTION
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    (folder / "resolutions" / "1700_NQ-UBTVQH15.md").write_text(text, "utf-8")
    ha_noi_text = (
        "Số: 1656/NQ-UBTVQH15 CỦA THÀNH PHỐ HÀ NỘI NĂM 2025 như sau:\n\n"
        r"1\. Sắp xếp toàn bộ diện tích tự nhiên, quy mô dân số của các phường Gió, Nắng thành "
        "phường mới có tên gọi là **phường Gió**.\n\n"
        r"2\. Sau khi sắp xếp, thành phố Hà Nội có 1 phường."
        "\n\nĐiều 2. Hiệu lực"
    )
    (folder / "resolutions" / "1656_NQ-UBTVQH15.md").write_text(ha_noi_text, "utf-8")
    return folder
