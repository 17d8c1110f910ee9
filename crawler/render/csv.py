"""Plain data as a row of CSV. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from storage.text.spreadsheet import harmless

Scalar = str | int | float | None
_SEPARATORS = {"section": " › "}


def header(columns: Sequence[str]) -> list[str]:
    """Return the column names, with "_" for ".": "unit.name" becomes unit_name."""
    return [column.replace(".", "_") for column in columns]


def csv_row(row: Mapping[str, Any], columns: Sequence[str]) -> list[Scalar]:
    """Return a row's values for columns, each a key, or a path of keys such as "unit.name".

    A list is joined by "; ", a section's path by " › ". An object becomes its id if it has one,
    otherwise JSON. Raises KeyError if the row lacks a key.
    """
    return [_cell(column, _value(row, column)) for column in columns]


def csv_values(values: Iterable[Any]) -> list[Scalar]:
    """Return plain values as a row of CSV."""
    return [_cell("", value) for value in values]


def _value(row: Mapping[str, Any], path: str) -> Any:
    value: Any = row
    for key in path.split("."):
        value = None if value is None else value[key]
    return value


def _cell(column: str, value: Any) -> Scalar:
    if isinstance(value, list | tuple):
        return harmless(_SEPARATORS.get(column, "; ").join(str(_plain(item)) for item in value))
    plain = _plain(value)
    return harmless(plain) if isinstance(plain, str) else plain


def _plain(value: Any) -> Scalar:
    if isinstance(value, Mapping):
        found: Scalar = value.get("id") or json.dumps(value, ensure_ascii=False)
        return found
    return value if isinstance(value, str | int | float | None) else str(value)
