"""What an article is about when title and lead do not say it, in both eras; all of it invented."""

from datetime import date

import pytest

from storage.model.places import Tags
from tests.support.places import gazetteer, tagger

OLD, NEW = date(2024, 6, 1), date(2026, 3, 1)


def tagged(day: date, body: str, title: str = "", sapo: str = "") -> Tags:
    return tagger().tag(day, title=title, sapo=sapo, body=body)


def about(day: date, body: str, title: str = "", sapo: str = "") -> list[str]:
    units = tagged(day, body, title, sapo).primary
    return sorted(gazetteer().unit(unit).full_name for unit in units)


@pytest.mark.parametrize(
    ("day", "body", "found"),
    [
        (  # an accident: the scene once, homes elsewhere
            OLD,
            "Khoảng 21h ngày 3/5, xe tải do anh Tư (30 tuổi, trú tại huyện Sóc Sơn, Hà Nội) lái "
            "va chạm với xe máy trên đường Trường Chinh, quận Đống Đa. Anh Bảy, quê ở huyện Ba Vì, "
            "bị thương.",
            ["quận Đống Đa"],
        ),
        (
            NEW,
            "Khoảng 21h ngày 3/5, xe tải do anh Tư (30 tuổi, trú tại xã Sóc Sơn, Hà Nội) lái va "
            "chạm với xe máy trên đường Trường Chinh, phường Kim Liên. Anh Bảy, quê ở xã Ba Vì, "
            "bị thương.",
            ["phường Kim Liên"],
        ),
        (  # a fire: an address chain
            NEW,
            "Ngọn lửa bùng lên lúc 2h tại nhà kho ở ngõ 5 phố Bờ Ao, phường Vĩnh Hưng, Hà Nội. "
            "Không ai bị thương.",
            ["phường Vĩnh Hưng"],
        ),
        (
            OLD,
            "Ngọn lửa bùng lên lúc 2h tại nhà kho ở phường Vĩnh Hưng, quận Hoàng Mai, Hà Nội. "
            "Không ai bị thương.",
            ["quận Hoàng Mai"],
        ),
        (  # an office speaks
            NEW,
            "Ngày 4/5, Công an xã Nội Bài (Hà Nội) điều tra vụ trộm xảy ra trên địa bàn. Nghi phạm "
            "thường trú tại xã Mê Linh.",
            ["xã Nội Bài"],
        ),
        (  # a court story: the homes of the accused say nothing
            OLD,
            "Ngày 6/5, tòa tuyên án Lê Tám, trú tại quận Tây Hồ, và Vũ Chín, ngụ quận Ba Đình, "
            "Hà Nội. Theo cáo trạng, tối 1/2 hai người cướp tiệm vàng ở quận Hai Bà Trưng.",
            ["quận Hai Bà Trưng"],
        ),
        (  # other provinces
            NEW,
            "Sáng 8/5, cầu treo ở xã Mường Lát (Thanh Hóa) bị lũ cuốn. Một người ngụ phường Hạc "
            "Thành đang đi trên cầu.",
            ["xã Mường Lát"],
        ),
        (
            date(2018, 6, 1),
            "Tối 9/5, tường nhà trọ đổ ở phường Linh Trung, quận Thủ Đức, TP HCM. Người ở trọ quê "
            "ở huyện Hoài Nhơn, Bình Định.",
            ["quận Thủ Đức"],
        ),
        (  # a decision about one place, named once and without a time
            OLD,
            "Việc cải tạo chợ do quận Long Biên, Hà Nội làm chủ đầu tư. Tiểu thương mong chợ sớm "
            "xong.",
            ["quận Long Biên"],
        ),
        (  # two places of one flood
            NEW,
            "Nước dâng từ đêm 10/5 làm ngập hai xã Trung Giã và Đa Phúc, Hà Nội. Xã Đa Phúc còn "
            "mất điện, xã Trung Giã đã có điện.",
            ["xã Trung Giã", "xã Đa Phúc"],
        ),
        (  # a survey of many
            NEW,
            "Sáng 11/5 mưa lớn ở các xã, phường của Hà Nội như Hoài Đức, Hà Đông, Thanh Xuân, "
            "Cầu Giấy, Từ Liêm.",
            [],
        ),
        (  # only homes
            OLD,
            "Nhóm tình nguyện có chị Sen (trú tại quận Cầu Giấy, Hà Nội) và anh Súng (quê ở huyện "
            "Thường Tín).",
            [],
        ),
        (  # a place far down and by the way
            OLD,
            "Giá vàng tăng. " * 150 + "Một tiệm ở quận Hoàn Kiếm, Hà Nội, bán hết hàng. Tiệm khác "
            "ở quận Hà Đông vẫn còn.",
            [],
        ),
    ],
)
def test_the_body_alone_tells_where_it_happened(day: date, body: str, found: list[str]) -> None:
    assert about(day, body) == sorted(found)


def test_what_the_lead_says_is_certain_and_what_the_body_says_likely() -> None:
    body = "Lúc 5h ngày 2/5, nhà kho ở phường Láng, Hà Nội bốc cháy."
    (score,) = [score for score in tagged(NEW, body).scores if score.primary]
    assert score.confidence == "likely"
    (score,) = [score for score in tagged(NEW, body, "Cháy ở phường Láng").scores if score.primary]
    assert score.confidence == "certain"


def test_a_home_in_the_lead_is_likely_at_most() -> None:
    sapo = "Lê Tám, trú tại quận Tây Hồ, Hà Nội, bị khởi tố vì lừa đảo."
    (score,) = [
        score for score in tagged(OLD, "Bị can khai báo.", "", sapo).scores if score.primary
    ]
    assert score.confidence == "likely"


def test_a_commune_weighs_less_only_below_a_district() -> None:
    old = tagged(OLD, "", "Phường Láng Hạ, quận Đống Đa, Hà Nội họp")
    new = tagged(NEW, "", "Phường Láng, Hà Nội họp")
    assert {score.score for score in old.scores} == {5.0, 3.5}
    assert [score.score for score in new.scores] == [5.0]


def test_a_commune_is_not_primary_beside_the_district_that_its_district_came_from() -> None:
    text = "Phường Linh Trung, quận Thủ Đức, TP HCM sửa chợ"
    assert about(date(2018, 6, 1), text, text, text) == ["quận Thủ Đức"]


def test_a_unit_whose_end_is_unknown_says_so() -> None:
    tags = tagged(date(2010, 5, 1), "Huyện Yên Hưng, Quảng Ninh, đắp đê.")
    assert [gazetteer().unit(item.unit).full_name for item in tags.mentions] == ["huyện Yên Hưng"]
    assert tags.note is not None
    assert "huyện Yên Hưng ended on an unknown day before 2021-11-01" in tags.note
