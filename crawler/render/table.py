"""Tables that fit the terminal: the least important columns are left out, and named below it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from textwrap import wrap
from typing import Any, Generic, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from crawler.render.base import time_text

EMPTY = "–"
"""The text of an empty cell."""
ZONE = "times are Việt Nam's (UTC+7)"
"""The note on the time zone in a list's title."""
_GAP = "  "
_INDENT = " " * 4
_NARROWEST = 8

Cell = str | Text
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """A column: its name, its values, and how it adapts to a narrow terminal.

    of: returns a row's value (`table_of`). number: aligned right. rank: columns of the highest
    rank are left out first, those of rank 0 never. least: the width in cells down to which a long
    text may be cut; None: it is never cut. below: its values go on a separate line under their
    row, unless they are empty. time: its values are times in Việt Nam, which the title notes.
    """

    name: str
    of: Callable[[T], Cell | float | datetime | None] = lambda _: None
    number: bool = False
    rank: int = 0
    least: int | None = None
    below: bool = False
    time: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title. A cell is plain text, or a Text with a style."""

    title: str
    columns: Sequence[Column[Any]]
    rows: list[Sequence[Cell]] = field(default_factory=list)

    def add(self, *cells: Cell) -> None:
        """Add a row, a cell for each column."""
        if len(cells) != len(self.columns):
            raise ValueError(f"{len(cells)} cells for {len(self.columns)} columns")
        self.rows.append(cells)

    def lines(self, width: int) -> Iterator[Text]:
        """Yield the table's lines, at most `width` cells wide if possible."""
        widths = _fit(self, width)
        shown = [index for index, _ in enumerate(self.columns) if index in widths]
        if self.title:
            zone = f"; {ZONE}" if self.rows and any(column.time for column in self.columns) else ""
            yield Text(self.title + zone, style="italic")
        if not self.rows:
            return
        header = [Text(self.columns[index].name, style="bold") for index in shown]
        yield self._line(header, shown, widths)
        yield Text("─" * min(width, _total(list(widths.values()))), style="dim")
        for row in self.rows:
            yield self._line([_text(row[index]) for index in shown], shown, widths)
            yield from self._below(row, width)
        left_out = [
            column.name
            for index, column in enumerate(self.columns)
            if index not in widths and not column.below
        ]
        if left_out:
            yield Text(f"not shown in {width} columns: {', '.join(left_out)}", style="dim")

    def plain_lines(self) -> Iterator[str]:
        """Yield a header and the rows for programs: one line each, tab-separated."""
        yield "\t".join(column.name for column in self.columns)
        for row in self.rows:
            values = (" ".join(_text(cell).plain.split()) for cell in row)
            yield "\t".join("" if value == EMPTY else value for value in values)

    def _line(self, cells: list[Text], shown: list[int], widths: dict[int, int]) -> Text:
        parts = []
        for cell, index in zip(cells, shown, strict=True):
            right = self.columns[index].number
            parts.append(_sized(cell, widths[index], right=right))
        line = Text(_GAP).join(parts)
        line.rstrip()
        return line

    def _below(self, row: Sequence[Cell], width: int) -> Iterator[Text]:
        labelled = [
            f"{column.name}: {_text(cell).plain}"
            for column, cell in zip(self.columns, row, strict=True)
            if column.below and _text(cell).plain not in ("", EMPTY)
        ]
        for line in wrap("; ".join(labelled), max(width - len(_INDENT), _NARROWEST)):
            yield Text(_INDENT + line, style="dim")


def table_of(title: str, columns: Sequence[Column[T]], items: Iterable[T]) -> Table:
    """Return a table with a row for each item."""
    table = Table(title, columns)
    for item in items:
        table.add(*(_cell(column.of(item)) for column in columns))
    return table


def _cell(value: Cell | float | datetime | None) -> Cell:
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, str | Text):
        return value
    return EMPTY if value is None else str(value)


def _text(cell: Cell) -> Text:
    return Text(cell) if isinstance(cell, str) else cell


def _sized(cell: Text, width: int, *, right: bool) -> Text:
    """Return a cell padded, or cut with an ellipsis, to exactly `width` terminal cells."""
    plain = cell.plain
    size = cell_len(plain)
    if size > width:
        plain = set_cell_size(plain, width - 1).rstrip() + "…"
        size = cell_len(plain)
    padding = " " * (width - size)
    return Text(padding + plain if right else plain + padding, style=cell.style)


def _total(widths: list[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _fit(table: Table, width: int) -> dict[int, int]:
    """Return the widths of the shown columns, by index."""
    natural = {
        index: max(cell_len(text) for text in _texts(table, index))
        for index, column in enumerate(table.columns)
        if not column.below
    }
    widths = {index: _least(table.columns[index], size) for index, size in natural.items()}
    while _total(list(widths.values())) > width:
        last = max(widths, key=lambda index: (table.columns[index].rank, index))
        if table.columns[last].rank == 0:
            break
        del widths[last]
    spare = width - _total(list(widths.values()))
    for index in sorted(widths, key=lambda index: (table.columns[index].rank, index)):
        extra = min(natural[index] - widths[index], spare)
        if table.columns[index].least is not None:
            widths[index] = max(widths[index] + extra, min(natural[index], _NARROWEST))
            spare -= extra
    return widths


def _texts(table: Table, index: int) -> Iterator[str]:
    yield table.columns[index].name
    for row in table.rows:
        yield _text(row[index]).plain


def _least(column: Column[Any], natural: int) -> int:
    return natural if column.least is None else min(natural, max(column.least, len(column.name)))
