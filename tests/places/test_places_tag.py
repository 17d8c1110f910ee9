"""`tinquan places tag`: texts in, places out."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Ran, Tinquan
from tests.support.places import TAY_HO

pytestmark = pytest.mark.usefixtures("gazetteer_once")
Tag = Callable[..., Ran]


@pytest.fixture
def tag(tinquan: Tinquan, monkeypatch: pytest.MonkeyPatch) -> Tag:
    """Return a function that runs `tinquan places tag WORDS…` with bytes on standard input."""

    def call(data: bytes | str, *words: object) -> Ran:
        given = data.encode() if isinstance(data, str) else data
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        return tinquan("places", "tag", *words)

    return call


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_plain_text_is_a_body(tag: Tag) -> None:
    text = "Sáng nay, UBND quận Tây Hồ họp."
    ran = tag(text, "--date", "2024-06-01", "--json")
    assert lines(ran.out) == [
        {
            "id": None,
            "mentions": [
                {"start": 15, "end": 26, "text": "quận Tây Hồ", "in": "body", "unit": TAY_HO}
            ],
            "primary": [TAY_HO | {"confidence": "likely"}],
        }
    ]
    table = tag(text, "--date", "2024-06-01").out
    assert "quận Tây Hồ" in table
    assert "is about: quận Tây Hồ (likely)" in table
    assert "is about: no place" in tag("Trời mưa.", "--date", "2024-06-01").out


def test_json_lines_are_answered_one_by_one(tag: Tag, tmp_path: Path) -> None:
    rows = [
        {"id": 7, "title": "Quận Tây Hồ: mở chợ", "sapo": None, "body": "", "date": "2024-06-01"},
        {"id": {"a": ["b"]}, "title": "UBND phường Đống Đa họp", "sapo": "", "body": "Ở phường.",
         "date": "2024-06-01T23:30:00+00:00", "outlet_province": "Bình Định", "x": 1},
        {"body": "Phường Tây Hồ"},
    ]  # fmt: skip
    file = tmp_path / "rows.jsonl"
    text = "\ufeff" + "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    file.write_text(text, encoding="utf-8")
    for ran in (
        tag("", file, "--date", "2026-01-02", "--json"),
        tag(text, "-", "--date", "2026-01-02", "--json"),
    ):
        first, second, third = lines(ran.out)
        assert (ran.code, ran.err) == (0, "")
        assert (first["id"], first["primary"]) == (7, [TAY_HO | {"confidence": "certain"}])
        assert first["mentions"][0]["in"] == "title"
        assert (second["id"], second["primary"][0]["province"]) == ({"a": ["b"]}, "Bình Định")
        assert (third["id"], third["mentions"][0]["unit"]["valid_from"]) == (None, "2025-07-01")


def test_offsets_count_characters_as_given(tag: Tag) -> None:
    body = "Tin\u00a0 mơ\u0301i: qua\u0323\u0302n  Tây Hô\u0300 họp"
    [answer] = lines(tag(json.dumps({"body": body, "date": "2024-06-01"}), "-", "--json").out)
    [found] = answer["mentions"]
    assert body[found["start"] : found["end"]] == found["text"] == "qua\u0323\u0302n  Tây Hô\u0300"


BAD = {
    b"{": "expected a JSON object in UTF-8",
    b'"quan"': "expected a JSON object, not",
    b'{"body": "\xff", "date": "2024-06-01"}': "expected a JSON object in UTF-8",
    b'{"id": "\\ud800", "date": "2024-06-01"}': "expected a JSON object in UTF-8",
    b"[" * 100_000: "expected a JSON object in UTF-8",
    b'{"body": 7, "date": "2024-06-01"}': "body: expected a text, not '7'",
    b'{"body": "x"}': "date is missing",
    b'{"body": "x", "date": "today"}': "date 'today': expected a day",
    b'{"body": "x", "date": 20240601}': "date: expected a text",
    b'{"body": "x", "date": "2024-06-01", "outlet_province": "Xyz"}': "no province is called 'Xyz'",
}


def test_a_bad_line_is_told_with_its_number_and_the_others_are_answered(tag: Tag) -> None:
    good = b'{"id": "good", "date": "2024-06-01"}'
    ran = tag(b"\n".join([good, *BAD, good]), "-", "--json")
    assert ran.code == 1
    assert [answer["id"] for answer in lines(ran.out)] == ["good", "good"]
    told = ran.err.splitlines()
    assert len(told) == len(BAD)
    for number, (line, words) in enumerate(zip(told, BAD.values(), strict=True), 2):
        assert f"line {number}: " in line
        assert words in line


def test_texts_without_places_are_answered(tag: Tag) -> None:
    for text in ("", "12.345 – !?… 🙂\n\n", "\x00\x01"):
        [answer] = lines(tag(text, "--date", "2024-06-01", "--json").out)
        assert (answer["mentions"], answer["primary"]) == ([], [])


def test_a_day_before_the_gazetteer_is_noted(tag: Tag) -> None:
    [answer] = lines(tag("Quận Tây Hồ", "--date", "1975-05-01", "--json").out)
    assert "before 2008-08-01" in answer["note"]
    assert "note: 1975-05-01 is before" in tag("Quận Tây Hồ", "--date", "1975-05-01").out


def test_a_long_text_is_answered_whole(tag: Tag) -> None:
    piece = "Công an quận Tây Hồ, Hà Nội và huyện Gia Lâm, các xã Yên Viên, Bát Tràng. "
    [answer] = lines(tag(piece * 2_000, "--date", "2024-06-01", "--json").out)
    assert len(answer["mentions"]) == 4 * 2_000


def test_what_tag_needs_is_told(tag: Tag, tmp_path: Path) -> None:
    for data, words, told in (
        (b"x", [], "--date is missing"),
        (b"\xff", ["--date", "2024-06-01"], "not UTF-8"),
        (b"x", ["--date", "hôm nay"], "--date 'hôm nay': expected a day"),
        (b"x", ["--date", "2024-06-01", "--outlet-province", "Xyz"], "no such province"),
        (b"", [tmp_path / "none.jsonl"], "cannot be read"),
        (b"", [tmp_path], "cannot be read"),
    ):
        ran = tag(data, *words)
        assert ran.code == 2
        assert told in ran.err
        assert "Traceback" not in ran.err
