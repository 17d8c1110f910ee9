"""Adding page fixtures: what is proposed, and what is never replaced."""

import json
import re
from pathlib import Path

import pytest

from crawler.extract import extract
from crawler.onboarding.fixture import expected_value
from storage.errors import UsageError
from tests.support.add_page import add_page
from tests.support.pages_fixture import FOLDER, difference, load_fixture, page_names, to_confirm

URL = "https://tienphong.vn/phuong-tay-ho-mo-pho-di-bo-quanh-ho-sen-post1900001.tpo"
NAME = "tienphong_1900001"


def add(folder: Path, *words: str, page: str = "tienphong") -> Path:
    file = str(FOLDER / f"{page}.html")
    at = ("--fetched-at", "2026-11-20T03:00:00+00:00")
    return add_page([file, "--url", URL, "--folder", str(folder), *at, *words])


def test_what_is_proposed_is_what_the_code_says(tmp_path: Path) -> None:
    add(tmp_path)
    fixture = load_fixture(NAME, tmp_path)
    assert fixture.page.body == (FOLDER / "tienphong.html").read_bytes()
    assert fixture.outlet
    assert fixture.outlet.slug == "tienphong"
    result = extract(fixture.page, fixture.outlet)
    assert {"title", "blocks", "authors", "published_at", "images", "family"} <= set(fixture.expect)
    for field, wanted in fixture.expect.items():
        assert expected_value(result, field) == wanted
    assert fixture.expect["article_id"] == "1900001"


def test_it_fails_until_a_person_has_confirmed_it(tmp_path: Path) -> None:
    add(tmp_path)
    message = to_confirm(NAME, load_fixture(NAME, tmp_path))
    assert message
    assert f"{NAME}.html" in message
    assert '"confirmed": false' in message
    file = tmp_path / f"{NAME}.json"
    recorded = json.loads(file.read_text("utf-8"))
    assert recorded.pop("confirmed") is False
    file.write_text(json.dumps(recorded), "utf-8")
    assert to_confirm(NAME, load_fixture(NAME, tmp_path)) is None


@pytest.mark.parametrize("ending", ["html", "json"])
def test_nothing_is_ever_replaced(ending: str, tmp_path: Path) -> None:
    there = tmp_path / f"{NAME}.{ending}"
    there.write_text("kept")
    with pytest.raises(UsageError, match=re.escape(str(there))):
        add(tmp_path)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["kept"]
    add(tmp_path, "--name", "another")
    assert there.read_text() == "kept"


def test_a_refusal_is_proposed_as_one(tmp_path: Path) -> None:
    add(tmp_path, page="refused_cloudflare")
    fixture = load_fixture("tienphong_blocked", tmp_path)
    assert fixture.expect == {"refusal": "blocked"}


@pytest.mark.parametrize(
    "words",
    [("--name", "../escape"), ("--outlet", "nobody"), ("--folder", "/nowhere/at/all")],
)
def test_wrong_words_are_told(words: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(words[1])):
        add(tmp_path, *words)
    assert not list(tmp_path.iterdir())


def test_a_difference_shows_the_lines_that_differ() -> None:
    wanted = [["paragraph", "Một. Hai. Ba."], ["paragraph", "Bốn."]]
    shown = [["paragraph", "Một. Hai rưỡi. Ba."], ["paragraph", "Bốn."]]
    text = difference("blocks", wanted, shown)
    assert "-   Hai." in text
    assert "+   Hai rưỡi." in text
    assert "Bốn" not in text


def test_every_page_has_its_two_files() -> None:
    assert {path.stem for path in FOLDER.glob("*.html")} == set(page_names())
