"""The parts of pages: texts, numbers, charts, outlines, and parsed query strings."""

import ast
import contextlib
import itertools
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.shipped import shipped
from crawler.web import names
from crawler.web.asked import cursor_in, cursor_text, day_in, ref_of
from crawler.web.chart import month_chart, months_back
from crawler.web.fault_page import SAYINGS
from crawler.web.messages import ALARMS, NOTES, alarm_text, note_text, place_note_text
from crawler.web.routes.maps import shade_bounds
from crawler.web.shapes import Outlines, load_outlines
from crawler.web.words import Language, cut, english
from storage.errors import ConfigError, NotFoundError, UsageError
from storage.model.alarms import Cause, Finding
from storage.model.articles import RefusalReason
from storage.model.runs import Outcome
from tests.support.paths import ROOT
from tests.support.places import gazetteer
from tests.support.reading import NOW

WEB = ROOT / "crawler" / "web"


def sentences() -> set[str]:
    """Return every text in templates and code that is translated."""
    found: set[str] = set()
    for file in (WEB / "templates").glob("*.html"):
        texts = re.findall(r"""\b_\(\s*("[^"]*"|'[^']*')""", file.read_text("utf-8"))
        found.update(ast.literal_eval(text) for text in texts)
    for file in WEB.rglob("*.py"):
        found.update(filter(None, map(_said, ast.walk(ast.parse(file.read_text("utf-8"))))))
    tables = (names.FIELDS, names.REASONS, names.CAUSES, names.OUTCOMES, names.MACHINE_STATES)
    for table in tables:
        found.update(table.values())
    found.update(text for _, _, *texts in SAYINGS for text in texts)
    return found


def _said(node: ast.AST) -> str | None:
    """Return the text that a call names."""
    if not isinstance(node, ast.Call) or not node.args:
        return None
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    first = node.args[0]
    if name not in {"words", "say", "MisreadError"} or not isinstance(first, ast.Constant):
        return None
    return str(first.value)


def test_everything_that_has_a_short_word_in_our_code_has_a_name() -> None:
    assert set(names.CAUSES) == set(Cause)
    assert set(names.OUTCOMES) == set(Outcome)
    assert set(names.REASONS) == set(RefusalReason)


def test_every_sentence_has_its_english_and_none_is_left_over() -> None:
    assert sentences() == english().keys()
    for vietnamese, said in english().items():
        for form in said.split("|"):
            wanted = set(re.findall(r"{\w+}", vietnamese))
            assert set(re.findall(r"{\w+}", form)) <= wanted, vietnamese


def test_every_cause_has_a_name_and_a_sentence() -> None:
    assert names.CAUSES.keys() == ALARMS.keys() == set(Cause)
    where = Finding(Cause.NO_LINKS, "a", "a: 1 listings answer", NOW, ("thoi-su",))
    ours = Finding(Cause.FAILING, "a", "a: 3 crawls failed", NOW, ("/srv/logs/a.log",))
    assert alarm_text(where, Language("vi")) == (
        "Trang mục trả lời nhưng không dẫn tới bài nào. (thoi-su)", "vi"
    )  # fmt: skip
    assert alarm_text(where, Language("en")) == ("a: 1 listings answer", "en")
    assert "/srv" not in alarm_text(ours, Language("vi"))[0]


def written_notes() -> set[str]:
    """Return the codes that extraction puts before a note's colon."""
    files = (ROOT / "crawler" / "extract").rglob("*.py")
    texts = "".join(file.read_text("utf-8") for file in files)
    codes = "|".join(NOTES)
    return set(re.findall(rf'f?"({codes})(?:: |")', texts))


def test_notes_are_told_in_vietnamese_by_their_codes() -> None:
    vi, en = Language("vi"), Language("en")
    assert written_notes() == NOTES.keys()
    assert note_text("partial: 940 characters more", vi) == (NOTES["partial"], "vi")
    assert note_text("partial: 940 characters more", en) == ("partial: 940 characters more", "en")
    assert note_text("nhập từ tệp", vi) == ("nhập từ tệp", "en")
    places = gazetteer()
    early = places.note(date(1990, 1, 1))
    assert early is not None
    assert place_note_text(early, en) == (early, "en")
    assert place_note_text(early, vi)[0].startswith("Ngày 1/1/1990 ở trước ")
    ended = [unit.id for unit in places.units.values() if unit.gone_by][:2]
    told, language = place_note_text(places.note(date(2026, 1, 1), ended) or "", vi)
    assert (told.count("thôi tồn tại"), language) == (2, "vi")
    assert place_note_text("something else", vi) == ("something else", "en")


def test_numbers_days_and_spans_are_written_as_people_do() -> None:
    vi, en = Language("vi"), Language("en")
    moment = datetime(2026, 9, 13, 23, 5, tzinfo=UTC)
    assert (vi.number(1234567), en.number(1234567)) == ("1.234.567", "1,234,567")
    assert (vi.moment(moment), en.moment(moment)) == ("06:05, 14/9/2026", "06:05, 14 Sep 2026")
    assert vi.moment(None) == "–"
    assert (vi.month("2026-09"), en.month("2026-09")) == ("9/2026", "Sep 2026")
    assert vi.span(timedelta(hours=26, minutes=3)) == "1 ngày 2 giờ"
    assert en.span(timedelta(minutes=-5)) == "5 min"
    assert vi.span(timedelta()) == "0 phút"
    assert [vi.share(part) for part in (0, 0.001, 0.5)] == ["0%", "< 1%", "50%"]
    assert en.words("{n} báo đăng", n=1) == "1 outlet"
    assert en.words("{n} báo đăng", n=2000) == "2,000 outlets"


def test_an_era_says_what_is_known() -> None:
    units = gazetteer().units
    vi = Language("vi")
    assert vi.era(units["q-dong-da.006@2024-12"]) == "đến hết 30/6/2025"
    assert vi.era(units["p-lang.00199@2025-07"]) == "từ 1/7/2025 đến nay"


def test_a_chart_has_a_bar_a_month() -> None:
    chart = month_chart({"2025-12": 4, "2026-02": 2}, date(2025, 11, 3), date(2026, 2, 1))
    assert [bar.month for bar in chart.bars] == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert [bar.height for bar in chart.bars] == [0, 100, 0, 50]
    assert all(bar.y + bar.height == chart.height for bar in chart.bars)
    assert months_back(date(2026, 2, 28), 14) == date(2024, 12, 1)
    assert month_chart({}, date(2026, 1, 1), date(2026, 1, 1)).most == 0


def test_shades_part_units_evenly() -> None:
    assert shade_bounds({}) == ()
    assert shade_bounds({"a": 7}) == ()
    assert shade_bounds({"a": 1, "b": 1, "c": 9}) == (1,)
    bounds = shade_bounds({str(number): number for number in range(1, 101)})
    assert bounds == (20, 40, 60, 80)


def area(ring: list[tuple[float, float]]) -> float:
    pairs = itertools.pairwise(ring)
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs) / 2


def test_the_shipped_outlines_are_todays_communes() -> None:
    outlines = load_outlines(shipped("map"))
    assert outlines is not None
    today = {
        unit.id
        for unit in gazetteer().units.values()
        if unit.level == "ward" and unit.valid_to is None
    }
    assert outlines.units == today
    assert len(today) == 3321
    whole = 0.0
    for unit in today:
        for ring in outlines.rings(unit):
            assert ring[0] == pytest.approx(ring[-1])
            assert all(102 < x < 118 and 7 < y < 24 for x, y in ring)
        whole += abs(sum(area(ring) for ring in outlines.rings(unit)))
    # Việt Nam has 331,000 km²; a square degree here has 11,850 on average. Overlaps would add.
    assert whole == pytest.approx(331_000 / 11_850, rel=0.02)


def test_a_picture_holds_the_units_that_have_an_outline() -> None:
    outlines = load_outlines(shipped("map"))
    assert outlines is not None
    core = gazetteer().core("q-dong-da.006@2024-12")
    shapes = outlines.shapes([*core, "nowhere"])
    assert shapes is not None
    assert shapes.paths.keys() == set(core)
    for path in shapes.paths.values():
        points = re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)
        assert all(0 <= float(x) <= shapes.width for x, _ in points)
        assert all(0 <= float(y) <= shapes.height for _, y in points)
    assert outlines.shapes(["nowhere"]) is None


def test_arcs_run_both_ways() -> None:
    topology = {
        "transform": {"scale": [0.5, 0.5], "translate": [100, 10]},
        "arcs": [[[0, 0], [2, 0], [0, 2]], [[0, 0], [0, 2], [2, 0]]],
        "objects": {"all": {"geometries": [
            {"type": "Polygon", "arcs": [[0, -2]], "properties": {"u": "a"}},
            {"type": "MultiPolygon", "arcs": [[[0, ~1]]], "properties": {"u": "b"}},
        ]}},
    }  # fmt: skip
    outlines = Outlines(topology)
    square = [(100, 10), (101, 10), (101, 11), (100, 11), (100, 10)]
    assert outlines.rings("a") == outlines.rings("b") == [square]


def test_outlines_that_are_missing_or_no_outlines(tmp_path: Path) -> None:
    assert load_outlines(tmp_path) is None
    (tmp_path / "communes.topojson").write_text("{}")
    with pytest.raises(ConfigError, match="cannot be read as TopoJSON"):
        load_outlines(tmp_path)


@pytest.mark.parametrize("text", ["14/9/2026", "14-09-2026", "14.9.2026", "2026-09-14"])
def test_a_day_is_read_as_people_write_it(text: str) -> None:
    assert day_in({"ngay": text}, "ngay") == date(2026, 9, 14)


@given(st.text(max_size=30))
def test_no_address_is_too_odd(text: str) -> None:
    for function in (lambda: ref_of(text), lambda: day_in({"d": text}, "d"),
                     lambda: cursor_in({"sau": text})):  # fmt: skip
        with contextlib.suppress(NotFoundError, UsageError):
            function()


@given(st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1)), st.integers(1, 10**12))  # noqa: DTZ001 - zone follows
def test_a_position_comes_back_from_an_address(moment: datetime, number: int) -> None:
    cursor = (moment.replace(tzinfo=UTC), number)
    assert cursor_in({"sau": cursor_text(cursor)}) == cursor


@given(st.text(max_size=200), st.integers(1, 100))
def test_a_cut_text_is_short_enough(text: str, most: int) -> None:
    assert len(cut(text, most)) <= max(most + 1, 0)
    assert cut(text, len(text)) == text
