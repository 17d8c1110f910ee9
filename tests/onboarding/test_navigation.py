"""Which links of a page's navigation are news sections."""

from datetime import UTC, datetime

import pytest

from crawler.families import FAMILY_NAMES
from crawler.onboarding.propose import propose, toml_of
from crawler.outlets.model import parse_outlet
from crawler.page.response import Page


def proposed(*links: tuple[str, str]) -> dict[str, str | None]:
    """Return the slugs and parents of the sections found in a menu of these (path, name)."""
    menu = "".join(f'<li><a href="{path}">{name}</a></li>' for path, name in links)
    body = f"<html><nav><ul>{menu}</ul></nav><p>Trang nhất.</p></html>"
    proposal = propose(Page("https://baomoi.example/", body.encode(), datetime.now(UTC)), "x")
    parse_outlet(toml_of(proposal), "x.toml", FAMILY_NAMES)  # what is proposed is a valid file
    return {section.slug: section.above for section in proposal.sections}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/dang-nhap", "Đăng nhập"),
        ("/thong-tin-tai-khoan/tong-quan.htm", "Tổng quan"),
        ("/u/quan-ly-qua-tang", "Quản lý quà tặng"),
        ("/toa-soan.html", "Tòa soạn"),
        ("/lien-he-quang-cao", "Liên hệ quảng cáo"),
        ("/page-7", "Đặt báo dài hạn"),
        ("/gop-y.html", "Góp ý bài viết"),
        ("/ban-do-ha-noi", "Bản đồ 126 xã phường"),
        ("/tin-xem-nhieu.htm", "Xem nhiều"),
        ("/tin-24h.htm", "24h qua"),
        ("/video/thoi-su", "Video thời sự"),
        ("/e-paper", "Báo in ngày"),
        ("/doi-song/chuyen-nha-20121224113524230.chn", "Chuyện nhà"),
        ("/thoi-su?page=2", "Trang sau"),
    ],
)
def test_account_and_service_pages_are_no_sections(path: str, name: str) -> None:
    assert list(proposed((path, name), ("/thoi-su", "Thời sự"))) == ["thoi-su"]


def test_every_section_of_the_navigation_is_one() -> None:
    links = [(f"/muc-{number}-tin", f"Mục số {number}") for number in range(40)]
    assert len(proposed(*links)) == 40


def test_a_section_in_another_is_not_crawled_by_itself_unless_it_is_hanoi_s() -> None:
    found = proposed(
        ("/thoi-su.html", "Thời sự"),
        ("/thoi-su/giao-thong.html", "Giao thông"),
        ("/thoi-su/nhip-song-thu-do.html", "Nhịp sống Thủ đô"),
        ("/van-hoa/giao-thong.html", "Giao thông văn minh"),
    )
    assert found == {
        "thoi-su": None,
        "giao-thong": "thoi-su",
        "nhip-song-thu-do": None,
        "van-hoa-giao-thong": None,
    }


def test_hanoi_is_known_by_words_not_by_letters() -> None:
    names = ("Hà Nội", "Hà Nội 36 phố", "Thủ đô hôm nay", "Thụ động và bền bỉ")
    menu = "".join(f'<a href="/muc-{n}-tin">{name}</a>' for n, name in enumerate(names))
    page = Page("https://baomoi.example/", f"<nav>{menu}</nav>".encode(), datetime.now(UTC))
    sections = propose(page, "x").sections
    assert [section.hanoi for section in sections] == [True, True, True, False]
