"""`tinquan sql`: run a SELECT on the archive, read-only."""

import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from math import isfinite
from typing import Annotated, Any

import typer

from crawler.commands import options
from crawler.commands.common import MAX_COUNT, err, print_table
from crawler.commands.listing import print_csv, print_rows
from crawler.render.base import time_json
from crawler.render.csv import csv_values
from crawler.render.table import EMPTY, Column, table_of
from storage.errors import UsageError

_ROWS = 1000  # rows that a table shows by default


def sql(
    *,
    statement: Annotated[
        str, typer.Argument(help="A SELECT on the views of docs/sql.md; - reads standard input.")
    ],
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, max=MAX_COUNT, help="At most N rows; by default all, in a table 1,000."
        ),
    ] = None,
    setup: options.Setup,
    output: options.Output,
) -> None:
    """Query the archive in SQL, read-only."""
    form = output.form()
    text = _standard_input() if statement == "-" else statement
    with (
        setup.reading() as opened,
        opened.database.select(text) as (names, rows),
    ):
        if form == "csv":
            print_csv(names, (csv_values(map(_plain, row)) for row in islice(rows, limit)))
        elif form:
            if len(set(names)) < len(names):
                raise UsageError(f"--{form}: columns share a name: {', '.join(names)}")
            plain = (map(_plain, row) for row in islice(rows, limit))
            print_rows(form, (dict(zip(names, row, strict=True)) for row in plain), "")
        else:
            _print_rows(names, rows, limit or _ROWS)


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError("standard input: expected a statement in UTF-8") from None


def _print_rows(names: tuple[str, ...], rows: Iterable[Iterable[Any]], limit: int) -> None:
    found = [tuple(row) for row in islice(rows, limit + 1)]
    columns: list[Column[tuple[Any, ...]]] = []
    for index, name in enumerate(names):
        is_number = all(isinstance(row[index], int | float | Decimal | None) for row in found)
        least = None if is_number else 20
        columns.append(
            Column(name, partial(_shown, index), number=is_number, rank=index, least=least)
        )
    print_table(table_of("" if found else "no rows", columns, found[:limit]))
    if len(found) > limit:
        err.print(f"only the first {limit:,} rows are shown: --limit shows more, --csv all")


def _shown(index: int, row: Sequence[Any]) -> str:
    value = row[index]
    return EMPTY if value is None else " ".join(str(_plain(value)).split())


def _plain(value: Any) -> Any:
    """Return a value as JSON and CSV represent it."""
    if isinstance(value, datetime):
        return time_json(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, float | Decimal):
        if not isfinite(value):
            return None  # JSON has no such number
        return int(value) if isinstance(value, Decimal) and value == int(value) else float(value)
    return value if isinstance(value, str | int | list | dict | None) else str(value)
