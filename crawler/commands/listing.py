"""How every list is printed: as a table, or by --json, --jsonl or --csv; and a part of a long one.

A command that lists has `options.Output`, and hands its rows, as plain data, to `print_rows`; only
a form of None leaves it a table to print. A list that can be long has `options.Part` too, and is
printed by its `Listing`, or by `print_portion`; a table's title and last line come from `Portion`.
"""

import csv as csv_module
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Generic, TypeVar

from crawler.commands.common import err, print_json, print_json_array, print_table
from crawler.commands.options import Form, Part
from crawler.render.base import counted
from crawler.render.csv import csv_row, header
from crawler.render.table import Column, table_of
from crawler.render.terminal import json_text, shown

T = TypeVar("T")


def print_rows(form: Form, rows: Iterable[Mapping[str, Any]], columns: str) -> None:
    """Print a list for programs, row by row as they come.

    columns: what CSV shows, in order, between blanks, as `crawler.render.csv.csv_row` takes them;
    it has a header also where there is no row.
    """
    if form == "json":
        print_json_array(rows)
    elif form == "jsonl":
        sys.stdout.writelines(f"{json_text(row)}\n" for row in rows)
    else:
        names = columns.split()
        print_csv(header(names), (csv_row(row, names) for row in rows))


def print_object(form: Form, whole: Mapping[str, Any], key: str, columns: str) -> None:
    """Print an object as JSON; in the other forms its list of that key, as `print_rows` does."""
    if form == "json":
        print_json(whole)
    else:
        print_rows(form, whole[key], columns)


def print_portion(
    form: Form,
    rows: Iterable[Mapping[str, Any]],
    columns: str,
    part: Part,
    total: Callable[[], int],
) -> None:
    """Print a part of a list for programs, and on standard error how it goes on.

    total: counts the whole list, where the part may not be all.
    """
    numbers = count()
    print_rows(form, (row for row, _ in zip(rows, numbers, strict=False)), columns)
    shown = next(numbers)
    if shown >= part.limit:
        Portion(part.limit, total(), part.offset).print_rest()


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """How long lists of one kind of thing are printed.

    nouns: one of them and several. order: what comes first. csv: as `print_rows` takes it.
    """

    nouns: tuple[str, str]
    order: str
    columns: Sequence[Column[T]]
    as_json: Callable[[T], Mapping[str, Any]]
    csv: str

    def print(
        self, found: Iterable[T], form: Form | None, part: Part, total: Callable[[], int]
    ) -> None:
        """Print a part of a list. total: counts the whole."""
        if form:
            print_portion(form, map(self.as_json, found), self.csv, part, total)
            return
        listed = list(found)
        portion = Portion(len(listed), total(), part.offset)
        print_table(table_of(f"{portion.title(*self.nouns)}, {self.order}", self.columns, listed))
        portion.print_rest()


def print_csv(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print CSV, row by row as they come; what commands a terminal is not in it."""
    writer = csv_module.writer(sys.stdout, lineterminator="\n")
    writer.writerow([_line(name) for name in names])
    writer.writerows([_line(value) for value in row] for row in rows)


def _line(value: Any) -> Any:
    # A body's lines stay: between quotation marks CSV has line breaks.
    return "\n".join(map(shown, value.split("\n"))) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Portion:
    """The part of a list that is shown.

    total: of the whole list, whatever limit and offset; without `is_exact`, at least so many.
    """

    shown: int
    total: int
    offset: int = 0
    is_exact: bool = True

    def title(self, one: str, many: str | None = None) -> str:
        """Return "20 of 1,204 articles", "21 to 40 of 1,204 articles", or "7 articles"."""
        of = counted(self.total, one, many)
        if self.shown == self.total and self.is_exact:
            return of
        of = of if self.is_exact else f"at least {of}"
        if not self.offset or not self.shown:
            return f"{self.shown:,} of {of}"
        return f"{self.offset + 1:,} to {self.offset + self.shown:,} of {of}"

    def print_rest(self) -> None:
        """Say on standard error how the list goes on, where it does."""
        reached = self.offset + self.shown
        if self.shown and reached < self.total:
            more = f"{self.total - reached:,} more" if self.is_exact else "there are more"
            err.print(f"{more}: --offset {reached} goes on, --limit shows more at once")
