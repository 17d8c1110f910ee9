"""Bylines: names, roles, credits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.metadata.authors import clean_names, is_name, read_byline, read_credit


@pytest.mark.parametrize(
    ("line", "names", "credit"),
    [
        ("Trần Vũ", ("Trần Vũ",), None),
        ("Hà Thu (tổng hợp)", ("Hà Thu",), None),
        ("Thùy Dung t/h", ("Thùy Dung",), None),
        ("Tin, ảnh: P.Y", ("P.Y",), None),
        ("Bài và ảnh: Nguyễn Văn A", ("Nguyễn Văn A",), None),
        ("NHẬT MINH - LÊ ĐÔNG", ("NHẬT MINH", "LÊ ĐÔNG"), None),
        ("Kim Chi và Đức Anh", ("Kim Chi", "Đức Anh"), None),
        ("Minh Vũ minhvu@bao.vn", ("Minh Vũ",), None),
        ("Hoa Lê (Theo Reuters)", ("Hoa Lê",), "Reuters"),
        ("Phương Anh (TTXVN)", ("Phương Anh",), "TTXVN"),
        ("Theo TTXVN", (), "TTXVN"),
        ("(TTXVN/Vietnam+)", (), "TTXVN/Vietnam+"),
        ("Nguồn: Báo Nhân Dân", (), "Báo Nhân Dân"),
        ("TTXVN - Lý Thường Kiệt, Hà Nội", (), "TTXVN"),
        ("Mai Hương - TTXVN", ("Mai Hương",), "TTXVN"),
        ("Thu Hà/VOV.VN", ("Thu Hà",), None),
        ("Thu Hà/Báo Tin tức (TTXVN)", ("Thu Hà",), "TTXVN"),
        ("Bài: Lê Na - Ảnh: Trần Bá", ("Lê Na", "Trần Bá"), None),
        ("Trần Vũ • 06:45 ngày 15/11/2026", ("Trần Vũ",), None),
        ("Lê Na | Chủ nhật, 15/11/2026 06:45 (GMT+7)", ("Lê Na",), None),
        ("Theo chinhphu.vn", (), "chinhphu.vn"),
        ("Theo báo Lao Động", (), "báo Lao Động"),
        ("Theo Trà My (Zing)", (), "Trà My (Zing)"),
        ("Nhóm PV", (), None),
        ("PV (t/h)", (), None),
        ("(Tổng hợp)", (), None),
        ("Báo điện tử Bến Lau", (), None),
    ],
)
def test_reads_bylines(line: str, names: tuple[str, ...], credit: str | None) -> None:
    byline = read_byline(line)
    assert byline is not None
    assert (byline.text, byline.names, byline.credit) == (line, names, credit)


@pytest.mark.parametrize(
    "line",
    ["", "Toàn cảnh kỳ họp.", "Theo đó, quận sẽ làm ngay trong tháng này", "Bộ Y tế",
     "Ông nói gì?", "Các hộ dân đồng ý",
     "- Điểm b khoản 2 Điều 5;", "x" * 120, "500.000 đồng"],
)  # fmt: skip
def test_sentences_are_no_bylines(line: str) -> None:
    assert read_byline(line) is None


def test_names_come_once_without_roles_and_publishers() -> None:
    texts = ["Lê Ánh, Thuận Văn", "LÊ ÁNH", "Báo Mới", "VCCorp.vn", "NHẬT XUÂN và 1 tác giả khác"]
    assert clean_names(texts, ["Báo Mới"]) == ("Lê Ánh", "Thuận Văn", "NHẬT XUÂN")


def test_publisher_is_no_author() -> None:
    assert clean_names(["Bờ Sông", "Hà My"], ["Bờ Sông"]) == ("Hà My",)


@pytest.mark.parametrize("text", ["Tác giả", "hanoimoi.vn", "TTXVN", "người dân", "A B C D E F G"])
def test_no_names(text: str) -> None:
    assert not is_name(text)


def test_credit_is_a_name() -> None:
    assert read_credit("Theo Nhịp sống thị trường") == "Nhịp sống thị trường"
    assert read_credit("Theo đó") is None


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    byline = read_byline(text)
    assert byline is None or byline.text
