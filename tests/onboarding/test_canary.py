"""`tinquan outlets check --live`: what is said of an outlet that fits, and of one that does not."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.families import FAMILY_NAMES
from crawler.onboarding.canary import points_of
from crawler.outlets.model import Outlet, load_outlets
from storage.model.articles import Extraction, RefusalReason
from storage.model.runs import RunCounts
from tests.support.paths import ROOT
from tests.support.samples import article, refusal, run

DEMO = ROOT / "docs" / "demo"
SEEN = run(counts=RunCounts(fetched=4, links=9, signals={"listings": 2}))
GOOD = article(text="Tin. " * 90, authors=("Lan",), section=("Xã hội",), published_raw="hôm nay")


@pytest.fixture(scope="module")
def outlet() -> Outlet:
    return load_outlets(DEMO.parent.parent / "config" / "outlets", FAMILY_NAMES)["tienphong"]


def test_an_outlet_that_fits(outlet: Outlet) -> None:
    points = points_of(outlet, SEEN, [GOOD], [])
    assert [point.name for point in points if not point.passed] == []
    assert [point.name for point in points][:5] == [
        "host",
        "time",
        "robots.txt",
        "block",
        "listings",
    ]


def test_what_does_not_fit_is_named(outlet: Outlet) -> None:
    note = "family: configured epi, read as mastercms"
    read_as = Extraction("mastercms", "x", "page", 1)
    other = replace(GOOD, extraction=read_as, notes=(note,), authors=(), title="")
    points = points_of(outlet, SEEN, [other], [refusal(reason=RefusalReason.EMPTY)])
    assert [point.name for point in points if not point.passed] == [
        "page",
        "family",
        "title",
        "author",
        "text",
    ]


def test_of_a_host_that_is_down_nothing_good_is_said(outlet: Outlet) -> None:
    down = run(error="no such host", counts=RunCounts(requested=1, signals={"unreachable": 1}))
    points = points_of(outlet, down, [], [])
    assert [(point.name, point.passed) for point in points] == [
        ("host", False),
        ("listings", False),
        ("articles", False),
    ]
    assert points[0].found == "no such host"


@pytest.mark.slow
def test_a_visit_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    config = tmp_path / "demo" / "tinquan.toml"
    clone = DEMO.parent.parent
    config.write_text(
        f'outlets = "{clone}/config/outlets"\ncontact = "https://example.org/c"\n', "utf-8"
    )
    words = ("outlets", "check", "laodongthudo", "--live", "--replay", DEMO / "morning.warc.gz")
    command = [sys.executable, "-m", "crawler.cli", *map(str, words), "--json"]
    ran = subprocess.run([*command, "--config", config], capture_output=True, check=True)
    (found,) = json.loads(ran.stdout)
    assert found["passed"] is True
    assert [point["name"] for point in found["checks"]].count("article") == 2
    assert not list(tmp_path.rglob("*.db"))
    assert not list(tmp_path.rglob("*.log"))
