"""Tables at various terminal widths, and in pipes."""

import pytest
from rich.cells import cell_len
from rich.text import Text

from crawler.render.table import EMPTY, Column, Table

TITLES = ("Phường Láng lát lại 1,2 km vỉa hè, hẹn xong trước Tết Nguyên đán", "Nước về")


@pytest.fixture
def listed() -> Table:
    table = Table(
        "2 articles",
        (
            Column("ID", number=True),
            Column("published"),
            Column("outlet", rank=1),
            Column("title", least=30),
            Column("authors", rank=3, least=8),
            Column("states", number=True, rank=2),
            Column("refused", below=True),
        ),
    )
    table.add("7", "2026-09-14 17:40", "tienphong", TITLES[0], "Hà Vy, Minh Khuê", "2", EMPTY)
    table.add("1024", "–", "baocong", TITLES[1], EMPTY, Text("11", style="red"), "video 1")
    return table


def shown(table: Table, width: int) -> list[str]:
    return [line.plain for line in table.lines(width)]


@pytest.mark.parametrize(
    ("width", "left_out"),
    [(50, "outlet, authors, states"), (70, "authors, states"), (80, "authors"), (120, "")],
)
def test_what_matters_least_is_left_out_first_and_said(
    listed: Table, width: int, left_out: str
) -> None:
    lines = shown(listed, width)
    assert all(cell_len(line) <= width for line in lines)
    assert lines[0] == "2 articles"
    said = f"not shown in {width} columns: {left_out}"
    assert (lines[-1] == said) if left_out else ("not shown" not in lines[-1])
    kept = [name for name in ("ID", "published", "title") if name in lines[1]]
    assert kept == ["ID", "published", "title"]
    assert TITLES[0][:20] in lines[3]


def test_numbers_are_right_and_long_texts_end_in_an_ellipsis(listed: Table) -> None:
    _, header, rule, first, second, *_ = shown(listed, 80)
    assert header.startswith("  ID  published")
    assert first.startswith("   7  2026-09-14 17:40")
    assert second.startswith("1024  –")
    assert set(rule) == {"─"}
    assert "…" in first
    assert "…" not in second


def test_what_stands_below_is_there_only_where_it_says_something(listed: Table) -> None:
    lines = shown(listed, 80)
    assert [line for line in lines if "refused" in line] == ["    refused: video 1"]


def test_long_reasons_are_broken_between_words() -> None:
    table = Table("", (Column("outlet"), Column("refused", below=True)))
    table.add("tienphong", ", ".join(f"reason_{number} 1" for number in range(12)))
    _, _, _, *below = shown(table, 40)
    assert len(below) > 1
    assert all(line.startswith("    ") and len(line) <= 40 for line in below)
    assert " ".join(line.strip() for line in below).endswith("reason_11 1")


def test_a_terminal_too_narrow_for_all_cuts_texts_further_and_never_fails(listed: Table) -> None:
    lines = shown(listed, 36)
    assert all(cell_len(line) <= 36 for line in lines if not line.startswith("not shown"))
    assert shown(listed, 5)


def test_a_wide_character_takes_two_cells() -> None:
    table = Table("", (Column("title", least=10), Column("n", number=True)))
    table.add("新聞新聞新聞新聞新聞", "3")
    assert all(cell_len(line) <= 14 for line in shown(table, 14))


def test_a_table_without_rows_is_its_title(listed: Table) -> None:
    empty = Table("0 articles", listed.columns)
    assert shown(empty, 80) == ["0 articles"]


def test_programs_get_a_line_a_row_with_everything_between_tabs(listed: Table) -> None:
    listed.add("8", "–", "x", "tab\tand\nline", "", "1", "")
    assert list(listed.plain_lines()) == [
        "ID\tpublished\toutlet\ttitle\tauthors\tstates\trefused",
        f"7\t2026-09-14 17:40\ttienphong\t{TITLES[0]}\tHà Vy, Minh Khuê\t2\t",
        f"1024\t\tbaocong\t{TITLES[1]}\t\t11\tvideo 1",
        "8\t\tx\ttab and line\t\t1\t",
    ]


def test_a_row_of_the_wrong_length_is_refused(listed: Table) -> None:
    with pytest.raises(ValueError, match="1 cells for 7 columns"):
        listed.add("7")
