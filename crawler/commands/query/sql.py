"""`tinquan sql`: a statement of one's own on the archive, read only."""

import csv
import sys
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from math import isfinite
from typing import Annotated, Any

import typer

from crawler.commands.common import (
    MOST,
    ArchiveOption,
    ConfigOption,
    JsonOption,
    err,
    load_settings,
    print_json_array,
    print_table,
    reading_of,
)
from crawler.render.base import time_json
from crawler.render.table import EMPTY, Column, Table
from storage.errors import UsageError


def sql(
    statement: Annotated[
        str, typer.Argument(help="A SELECT; docs/sql.md names the views; - reads standard input.")
    ],
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="At most so many rows.")] = 1000,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, every row of it.")] = False,
    config: ConfigOption = None,
    archive: ArchiveOption = None,
    json: JsonOption = False,
) -> None:
    """Ask the archive in SQL; it is never written."""
    if as_csv and json:
        raise UsageError("--csv and --json: expected one of them")
    text = _standard_input() if statement == "-" else statement
    with (
        reading_of(load_settings(config, archive)) as opened,
        opened.database.select(text) as (names, rows),
    ):
        if as_csv:
            _print_csv(names, rows)
        elif json:
            if len(set(names)) < len(names):
                raise UsageError(f"--json: columns share a name: {', '.join(names)}")
            print_json_array(
                dict(zip(names, map(_plain, row), strict=True)) for row in islice(rows, limit)
            )
        else:
            _print_rows(names, rows, limit)


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError("standard input: expected a statement in UTF-8") from None


def _print_csv(names: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_plain(value) for value in row] for row in rows)


def _print_rows(names: tuple[str, ...], rows: Iterable[Iterable[Any]], limit: int) -> None:
    found = [tuple(row) for row in islice(rows, limit + 1)]
    columns = []
    for index, name in enumerate(names):
        is_number = all(isinstance(row[index], int | float | Decimal | None) for row in found)
        least = None if is_number else 20
        columns.append(Column(name, number=is_number, rank=index, least=least))
    table = Table("" if found else "no rows", columns)
    for row in found[:limit]:
        table.add(*(_shown(value) for value in row))
    print_table(table)
    if len(found) > limit:
        err.print(f"only the first {limit} rows are shown: --limit shows more, --csv all")


def _shown(value: Any) -> str:
    return EMPTY if value is None else " ".join(str(_plain(value)).split())


def _plain(value: Any) -> Any:
    """Return a value as JSON and CSV have it."""
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
