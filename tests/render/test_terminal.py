"""No text can control the terminal on which it is printed."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from crawler.render.terminal import PlainConsole, json_text, shown

COLOUR, TITLE, C1 = "\x1b[31mđỏ\x1b[0m", "\x1b]0;tên\x07", "\x9b2Jxóa"
ACTS = [COLOUR, TITLE, C1, "\x1b]52;c;cm0=\x07", "a\x08\x08b", "đè\rlên", "\u202egnourt", "\x7f"]


def printed(*things: object, **options: object) -> str:
    file = io.StringIO()
    console = PlainConsole(file=file, width=60, highlight=False, **options)  # type: ignore[arg-type]
    for thing in things:
        console.print(thing)
    return file.getvalue()


def acts(text: str) -> bool:
    return any(
        char not in "\t\n" and (not char.isprintable() and char not in "\u200b\ufeff")
        for char in text
    )


@pytest.mark.parametrize("text", ACTS)
def test_a_text_is_printed_without_its_commands(text: str) -> None:
    table = Table()
    table.add_column(text)
    table.add_row(text)
    tree = Tree(text)
    tree.add(text)
    assert not acts(printed(text, Text(text), table, tree))
    assert not acts(shown(text))


def test_own_colours_pass_and_those_of_a_text_do_not() -> None:
    out = printed(Text("đậm", style="bold"), COLOUR, force_terminal=True, color_system="standard")
    assert "\x1b[1mđậm\x1b[0m" in out
    assert "\x1b[31m" not in out
    assert "đỏ" in out


@given(st.text())
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert shown(text) == text or acts(text)
    assert len(shown(text)) == len(text)


@pytest.mark.parametrize("text", ACTS)
def test_json_escapes_what_a_terminal_would_act_on(text: str) -> None:
    line = json_text({"title": text})
    assert not acts(line)
    assert json.loads(line) == {"title": text}
