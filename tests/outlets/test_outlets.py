"""Outlet files: parsing, and the messages for mistakes."""

import re
from pathlib import Path

import pytest

from crawler.families import FAMILIES, FAMILY_NAMES
from crawler.outlets.model import (
    find_outlet,
    load_outlets,
    outlet_of_host,
    parse_outlet,
)
from crawler.page.urls import article_id
from storage.errors import ConfigError, UnknownOutletError
from tests.support.pages_fixture import load_fixture, page_names

GOOD = """
name = "Báo Thử"
family = "epi"
[[domains]]
host = "thu.vn"
[[sections]]
slug = "ha-noi"
name = "Hà Nội"
path = "/ha-noi/"
"""
SHIPPED = load_outlets(Path("config/outlets"), FAMILY_NAMES)
NOBODY = parse_outlet(GOOD, "nobody.toml", FAMILY_NAMES)


def test_the_shipped_outlets_provinces() -> None:
    assert SHIPPED["laodongthudo"].province_of(()) == "Hà Nội"
    assert SHIPPED["tienphong"].province_of(("Nhịp sống Thủ đô",)) == "Hà Nội"
    assert SHIPPED["tienphong"].province_of(("Xã hội",)) is None


def test_an_outlet_file_is_read_with_its_name_as_slug() -> None:
    outlet = parse_outlet(GOOD, "config/outlets/thu.toml", FAMILY_NAMES)
    assert (outlet.slug, outlet.host, outlet.status) == ("thu", "thu.vn", "active")
    assert outlet.section("ha-noi").path == "/ha-noi/"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = ", "not valid TOML"),
        (GOOD.replace('family = "epi"', 'family = "wordpress"'), "family: 'wordpress' is unknown"),
        (
            GOOD.replace('host = "thu.vn"', 'host = "https://thu.vn"'),
            "0.host: expected a host",
        ),
        (
            GOOD.replace('path = "/ha-noi/"', 'path = "ha-noi"'),
            "path: expected a path that",
        ),
        (GOOD.replace('path = "/ha-noi/"', ""), "neither path nor feed"),
        (GOOD.replace("name =", "nmae =", 1), "nmae: no such key"),
        (GOOD + "[[sections]]\nslug='ha-noi'\nname='x'\npath='/x'\n", "'ha-noi' is given twice"),
        ('timezone = "Mars/Olympus"\n' + GOOD, "timezone 'Mars/Olympus'"),
        (GOOD + "[sitemap]\nperiod='day'\ntemplate='/x-{hour}.xml'\n", "sitemap.template"),
        ('status = "retired"\n' + GOOD, "needs a status_note"),
        ("[politeness]\ndelay_seconds = 0\n" + GOOD, "politeness.delay_seconds"),
        ('tags = ["Hà Nội"]\n' + GOOD, "tags.0: expected lower-case letters without marks, digits"),
        ('page_size = "x"\n' + GOOD, "page_size: expected a whole number (given: 'x')"),
        ('confidence = "all"\n' + GOOD, "confidence: expected 'high', 'medium' or 'low'"),
    ],
)
def test_a_mistake_is_told_with_file_and_key(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_outlet(text, "config/outlets/thu.toml", FAMILY_NAMES)
    message = str(caught.value)
    assert message.startswith("config/outlets/thu.toml: ")
    assert told in message
    assert "\n" not in message


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"{tmp_path / 'none'}: no such folder")):
        load_outlets(tmp_path / "none", FAMILY_NAMES)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "thu.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"thu\.toml: is not UTF-8 text"):
        load_outlets(tmp_path, FAMILY_NAMES)


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownOutletError, match=r"no outlet 'xyz'; there are: .*tienphong"):
        find_outlet(SHIPPED, "xyz")
    with pytest.raises(UnknownOutletError, match="no outlet 'Tienfong'; did you mean tienphong"):
        find_outlet(SHIPPED, "Tienfong")
    with pytest.raises(ConfigError, match=r"has no section 'the-thao'; it has: .*nhip-song-thu-do"):
        SHIPPED["tienphong"].section("the-thao")


def test_the_two_first_outlets_are_shipped() -> None:
    tienphong, laodongthudo = SHIPPED["tienphong"], SHIPPED["laodongthudo"]
    assert tienphong.family == "epi"
    assert tienphong.section("nhip-song-thu-do").zone == 242
    assert any(section.district for section in laodongthudo.sections)
    assert laodongthudo.status == "uncertain"
    assert "2026-01-30" in (laodongthudo.status_note or "")


def test_thirty_outlets_are_shipped_and_those_of_hanoi_are_marked() -> None:
    assert len(SHIPPED) >= 30
    hanoi = {slug for slug, outlet in SHIPPED.items() if outlet.province == "Hà Nội"}
    assert hanoi >= {
        "hanoimoi", "laodongthudo", "kinhtedothi", "anninhthudo", "tuoitrethudo", "hanoionline",
    }  # fmt: skip
    assert all(all(s.hanoi for s in SHIPPED[slug].sections) or slug == "hanoimoi" for slug in hanoi)


@pytest.mark.parametrize("slug", sorted(SHIPPED))
def test_every_shipped_outlet_is_proved_by_the_pages_it_names(slug: str) -> None:
    proof = SHIPPED[slug].proof
    recorded = {name for name in page_names() if (load_fixture(name).outlet or NOBODY).slug == slug}
    assert set(proof.written) == {name for name in recorded if load_fixture(name).is_article}
    assert proof.written


@pytest.mark.parametrize("slug", sorted(SHIPPED))
def test_every_shipped_outlet_has_a_section_to_crawl(slug: str) -> None:
    assert any(section.crawl for section in SHIPPED[slug].sections)


@pytest.mark.parametrize(
    ("host", "slug"),
    [
        ("tienphong.vn", "tienphong"),
        ("www.tienphong.vn", "tienphong"),
        ("M.TIENPHONG.VN", "tienphong"),
        ("amp.laodongthudo.vn", "laodongthudo"),
        ("tienphong.vn.example.org", None),
    ],
)
def test_a_host_tells_its_outlet(host: str, slug: str | None) -> None:
    outlet = outlet_of_host(SHIPPED, host)
    assert (outlet.slug if outlet else None) == slug


def test_the_host_in_use_is_the_domain_without_an_end() -> None:
    moved = GOOD.replace(
        'host = "thu.vn"', 'host = "thu.com.vn"\nuntil = 2019\n[[domains]]\nhost = "thu.vn"'
    )
    outlet = parse_outlet(moved, "thu.toml", FAMILY_NAMES)
    assert outlet.host == "thu.vn"
    assert outlet.hosts == ("thu.com.vn", "thu.vn")


@pytest.mark.parametrize(
    ("family", "url", "expected"),
    [
        ("epi", "https://tienphong.vn/mot-hai-post1860261.tpo", "1860261"),
        ("epi", "https://tienphong.vn/mot-hai-tag1860261.html", None),
        ("mastercms", "https://laodongthudo.vn/mot-hai-184703.html", "184703"),
        ("mastercms", "https://laodongthudo.vn/tag/mot-hai-4279.tag", None),
        ("mastercms", "https://laodongthudo.vn/dan-sinh/do-thi&s_cond=&BRSR=15", None),
    ],
)
def test_a_family_knows_its_articles_ids(family: str, url: str, expected: str | None) -> None:
    assert article_id(url, FAMILIES[family]) == expected
