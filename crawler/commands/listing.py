"""Printing of lists: as a table or as --json, --jsonl or --csv, whole or a part at a time.

A command that lists rows takes `options.Output`. If its form is None, the command prints a table;
otherwise it passes its rows, as plain data, to `print_rows`. A command whose list can be long also
takes `options.Part`, and prints by `Listing` or `print_portion`; `Portion` gives a table's title
and its last line.
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
    """Print a list for programs, row by row as they arrive.

    columns: of the CSV, in order, separated by blanks, as `crawler.render.csv.csv_row` takes them;
    the header is printed even if there are no rows.
    """
    if form == "json":
        print_json_array(rows)
    elif form == "jsonl":
        sys.stdout.writelines(f"{json_text(row)}\n" for row in rows)
    else:
        names = columns.split()
        print_csv(header(names), (csv_row(row, names) for row in rows))


def print_object(form: Form, whole: Mapping[str, Any], key: str, columns: str) -> None:
    """Print an object as JSON; in the other forms, print the list under `key` by `print_rows`."""
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
    """Print a part of a list for programs, and on standard error how many more there are.

    total: counts the whole list; called only if the part may not be all of it.
    """
    numbers = count()
    print_rows(form, (row for row, _ in zip(rows, numbers, strict=False)), columns)
    shown = next(numbers)
    if shown >= part.limit:
        Portion(part.limit, total(), part.offset).print_rest()


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """The printed form of a long list.

    nouns: singular and plural of its rows. order: as the title says it, such as "newest first".
    csv: the columns, as `print_rows` takes them.
    """

    nouns: tuple[str, str]
    order: str
    columns: Sequence[Column[T]]
    as_json: Callable[[T], Mapping[str, Any]]
    csv: str

    def print(
        self, found: Iterable[T], form: Form | None, part: Part, total: Callable[[], int]
    ) -> None:
        """Print a part of a list. total: counts the whole list."""
        if form:
            print_portion(form, map(self.as_json, found), self.csv, part, total)
            return
        listed = list(found)
        portion = Portion(len(listed), total(), part.offset)
        print_table(table_of(f"{portion.title(*self.nouns)}, {self.order}", self.columns, listed))
        portion.print_rest()


def print_csv(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print CSV, row by row as they arrive, without terminal control characters."""
    writer = csv_module.writer(sys.stdout, lineterminator="\n")
    writer.writerow([_line(name) for name in names])
    writer.writerows([_line(value) for value in row] for row in rows)


def _line(value: Any) -> Any:
    # The line breaks of a body stay: a quoted CSV field may have them.
    return "\n".join(map(shown, value.split("\n"))) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Portion:
    """The part of a list that is shown.

    total: the length of the whole list, a lower bound if it is not `is_exact`.
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
        """Say on standard error how many more rows there are, and how to show them."""
        reached = self.offset + self.shown
        if self.shown and reached < self.total:
            more = f"{self.total - reached:,} more" if self.is_exact else "there are more"
            err.print(f"{more}: --offset {reached} continues, --limit shows more at once")
