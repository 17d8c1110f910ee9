"""Writers of rows as JSON lines, CSV or Parquet, one row at a time.

A row has the keys of docs/json.md, with times as datetimes, and the archive's own columns.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from storage.errors import ExportError
from storage.model.articles import ArchivedArticle, Revision
from storage.model.exports import ExportFormat
from storage.model.json import ARTICLE_KEYS, article_json, time_json
from storage.text.normalize import escaped
from storage.text.spreadsheet import harmless

_SEPARATORS = {"section": " › "}

COLUMNS = (
    "id",
    *ARTICLE_KEYS,
    *("places", "state", "states", "changed", "first_seen_at", "last_seen_at", "fetched_at"),
    *("removed_at", "fingerprint", "maybe_reextraction"),
)
"""The columns of every format, in order."""

_NESTED = ("blocks", "images", "extraction")  # left out of CSV, where `body` has the text


def export_row(archived: ArchivedArticle, revision: Revision) -> dict[str, Any]:
    """Return one state of an article with the keys of `COLUMNS`.

    places: ids of the units that it is about; None where it has not been tagged. state: its
    number; states: how many there are. fetched_at: time of the capture that the text is from.
    """
    row = article_json(revision.article) | {
        "id": archived.id,
        "published_at": revision.article.published_at,
        "modified_at": revision.article.modified_at,
        "places": list(revision.tags.primary) if revision.tags else None,
        "state": revision.number,
        "states": len(archived.revisions),
        "changed": list(revision.changed),
        "first_seen_at": revision.first_seen_at,
        "last_seen_at": revision.last_seen_at,
        "fetched_at": revision.capture.captured_at,
        "removed_at": archived.removed_at,
        "fingerprint": revision.fingerprint,
        "maybe_reextraction": revision.maybe_reextraction,
    }
    return {name: row[name] for name in COLUMNS}


Write = Callable[[Mapping[str, Any]], object]
"""Writes one row. Raises OSError."""


@contextmanager
def _json_lines(path: Path) -> Iterator[Write]:
    """Write one JSON object per line, as `tinquan import` reads it."""
    with path.open("w", encoding="utf-8", newline="\n") as file:

        def write(row: Mapping[str, Any]) -> None:
            text = json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=time_json)
            file.write(escaped(text) + "\n")

        yield write


@contextmanager
def _csv_table(path: Path, *, excel: bool) -> Iterator[Write]:
    """Write CSV whose cells a spreadsheet never runs as formulas (`storage.text.spreadsheet`)."""
    names = [name for name in COLUMNS if name not in _NESTED]
    encoding = "utf-8-sig" if excel else "utf-8"
    with path.open("w", encoding=encoding, errors="replace", newline="") as file:
        table = csv.writer(file)
        table.writerow(names)
        yield lambda row: table.writerow([_cell(name, row[name]) for name in names])


def _cell(name: str, value: Any) -> object:
    if isinstance(value, list):
        value = _SEPARATORS.get(name, "; ").join(value)
    if isinstance(value, str):
        return harmless(value)
    if value is None or isinstance(value, int):
        return value
    return time_json(value)


def _parquet(path: Path) -> AbstractContextManager[Write]:
    try:
        from storage.export.parquet import parquet_file  # noqa: PLC0415 - pyarrow is an extra
    except ModuleNotFoundError as error:
        if error.name != "pyarrow":
            raise
        raise ExportError(
            f"{path.with_suffix('')}: Parquet needs the extra tinquan[parquet]: pip install"
            " 'tinquan[parquet]', or take another --format"
        ) from None
    return parquet_file(path)


def open_rows(path: Path, kind: ExportFormat, *, excel: bool) -> AbstractContextManager[Write]:
    """Open a file in the format `kind`; it is complete when the context exits. Raises OSError."""
    if kind == "csv":
        return _csv_table(path, excel=excel)
    return _json_lines(path) if kind == "jsonl" else _parquet(path)
