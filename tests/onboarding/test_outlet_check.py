"""`tinquan outlets check` and `tinquan outlets list`: all problems of outlet files, offline."""

import json
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler.families import FAMILIES, FAMILY_NAMES
from crawler.onboarding.check import problems
from crawler.outlets.model import Outlet, load_outlets, parse_outlet
from tests.support.commands import Tinquan
from tests.support.paths import ROOT

FILE = """
name = "Báo Thử"
family = "epi"
domains = [{ host = "thu.vn" }]
sections = [{ slug = "ha-noi", name = "Hà Nội", path = "/ha-noi/", feed = "/rss/ha-noi-1.rss" }]
"""


def outlet(text: str, slug: str = "thu") -> Outlet:
    return parse_outlet(text, f"{slug}.toml", FAMILY_NAMES)


def told(text: str) -> list[str]:
    return problems({"thu": outlet(text)})["thu"]


def test_the_shipped_files_have_nothing_wrong() -> None:
    shipped = load_outlets(ROOT / "config" / "outlets", FAMILY_NAMES)
    assert [line for lines in problems(shipped).values() for line in lines] == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("/rss/ha-noi-1.rss", "https://khac.vn/rss"), "sections.ha-noi.feed: 'https://khac.vn"),
        (("/ha-noi/", "//khac.vn/ha-noi"), "sections.ha-noi.path: '//khac.vn/ha-noi'"),
        (("family", 'overrides = { body = [".a", "div["] }\nfamily'), "overrides.body: 'div['"),
        (("family", 'merged = { into = "thu" }\nfamily'), "merged.into: 'thu'"),
        (("family", 'merged = { into = "khac" }\nfamily'), "merged.into: 'khac'"),
        (
            ("family", 'paging = { template = "https://khac.vn/{page}" }\nfamily'),
            "paging.template: 'https://khac.vn/{page}' is on none of: thu.vn",
        ),
        (("family", 'paging = { template = "{path}/{page}" }\nfamily'), "paging.template"),
    ],
)
def test_one_problem_is_told(change: tuple[str, str], expected: str) -> None:
    (line,) = told(FILE.replace(*change, 1))
    assert line.startswith(expected)


def test_addresses_of_the_outlet_s_own_sites_are_no_problem() -> None:
    text = FILE.replace("/rss/ha-noi-1.rss", "https://www.thu.vn/rss")
    assert told(text) == []
    assert told('paging = { template = "https://api.thu.vn/{zone}/{page}" }\n' + FILE) == []


def test_a_domain_belongs_to_one_outlet() -> None:
    other = outlet(FILE.replace("thu.vn", "www.thu.vn"), "khac")
    found = problems({"thu": outlet(FILE), "khac": other})
    assert found["thu"] == ["domains: thu.vn is khac's too; expected one outlet per host"]
    assert found["khac"] == ["domains: thu.vn is thu's too; expected one outlet per host"]


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_selector_of_every_family_is_css(family: str) -> None:
    tree = LexborHTMLParser("<p></p>")
    for layout in FAMILIES[family].layouts:
        chains = (layout.title, layout.sapo, layout.body, layout.author, layout.time)
        more = (layout.section, layout.tags, layout.caption, layout.credit, layout.drop)
        for selector in (each for chain in (*chains, *more) for each in chain):
            tree.css(selector)


def _config(folder: Path, **files: str) -> Path:
    (folder / "outlets").mkdir()
    for name, text in files.items():
        (folder / "outlets" / f"{name}.toml").write_text(text, "utf-8")
    config = folder / "tinquan.toml"
    gazetteer = ROOT / "config/gazetteer"
    lines = (
        'outlets = "outlets"',
        "shipped_outlets = false",
        f'gazetteer = "{gazetteer}"',
        'contact = "https://e.org/t"',
    )
    config.write_text("\n".join(lines), "utf-8")
    return config


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path, tinquan: Tinquan) -> None:
    config = _config(
        tmp_path,
        thu=FILE,
        mot=FILE.replace('"epi"', '"wordpress"'),
        hai=FILE.replace('host = "thu.vn"', 'host = "hai.vn", since = 2020, until = 2019'),
        ba='province = "Sao Hỏa"\n' + FILE.replace("thu.vn", "ba.vn"),
    )
    ran = tinquan("outlets", "check", "--config", config)
    assert ran.code == 1
    assert "thu: valid (epi, 1 section, no page proves it)" in ran.out
    lines = ran.err.splitlines()
    assert len(lines) == 3
    assert "ba: province: no province is called 'Sao Hỏa'" in lines[0]
    assert "hai.vn: since 2020 is after until 2019" in lines[1]
    assert "family: 'wordpress' is unknown; expected one of: " in lines[2]
    as_json = json.loads(tinquan("outlets", "check", "--json", "--config", config).out)
    assert {each["outlet"]: each["valid"] for each in as_json} == {
        "ba": False, "hai": False, "mot": False, "thu": True
    }  # fmt: skip


def test_an_empty_folder_says_so(tmp_path: Path, tinquan: Tinquan) -> None:
    ran = tinquan("outlets", "check", "--config", _config(tmp_path))
    assert ran.code == 1
    assert "outlets: holds no outlet file" in ran.err


def test_the_list_shows_what_proves_each(tinquan: Tinquan) -> None:
    listed = json.loads(tinquan("outlets", "list", "--json").out)
    assert len(listed) >= 30
    shown = {each["slug"]: each for each in listed}
    assert shown["hanoimoi"]["pages"] == 2
    assert all(each["pages"] >= 1 and each["family"] and each["sections"] for each in listed)
    assert shown["kinhtedothi"]["confidence"] == "low"
    table = tinquan("outlets", "list").out
    assert table.startswith(f"{len(listed)} outlets")
    assert "tin-quan-huyen*?" in table
