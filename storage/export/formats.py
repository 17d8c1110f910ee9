"""Rows as JSON lines and CSV, and in `export_parquet` as Parquet: each writer takes one at a time.

A row has the keys of docs/json.md, times as datetimes, and what the archive knows besides.
"""

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from storage.errors import ExportError
from storage.model.articles import ArchivedArticle, Revision
from storage.model.exports import ExportFormat
from storage.model.json import article_json, time_json
from storage.text.normalize import escaped
from storage.text.spreadsheet import harmless

_SEPARATORS = {"section": " › "}

COLUMNS: dict[str, str] = {
    "id": "number",
    "outlet": "text",
    "article_id": "text",
    "url": "text",
    "title": "text",
    "dateline": "text",
    "sapo": "text",
    "body": "text",
    "blocks": "blocks",
    "authors": "texts",
    "byline": "text",
    "credit": "text",
    "published_at": "time",
    "modified_at": "time",
    "published_raw": "text",
    "published_rule": "text",
    "section": "texts",
    "tags": "texts",
    "images": "images",
    "kind": "text",
    "language": "text",
    "notes": "texts",
    "extraction": "extraction",
    "places": "texts",
    "state": "count",
    "states": "count",
    "changed": "texts",
    "first_seen_at": "time",
    "last_seen_at": "time",
    "fetched_at": "time",
    "removed_at": "time",
    "fingerprint": "text",
    "maybe_ours": "truth",
}
"""The columns of every format, in order, and what each holds."""

_NESTED = ("blocks", "images", "extraction")  # left out of CSV; the body has the text


def export_row(archived: ArchivedArticle, revision: Revision) -> dict[str, Any]:
    """Return one state of an article with the keys of `COLUMNS`.

    places: ids of the units it is about, None where it has not been tagged. state: its number, of
    states. fetched_at: time of the capture whose text it is.
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
        "maybe_ours": revision.maybe_ours,
    }
    return {name: row[name] for name in COLUMNS}


class RowWriter(Protocol):
    """Writes rows to a file; `close` makes it complete. Both raise OSError."""

    def write(self, row: Mapping[str, Any]) -> None:
        """Write one row."""
        ...

    def close(self) -> None:
        """Write what is left, and close the file."""
        ...


class JsonLines:
    """One JSON object a line, as `tinquan import` reads it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")

    def write(self, row: Mapping[str, Any]) -> None:
        """Write one row."""
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=time_json)
        self._file.write(escaped(text) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class CsvTable:
    """A table for spreadsheets, which runs nothing in them (`storage.text.spreadsheet`)."""

    def __init__(self, path: Path, *, excel: bool) -> None:
        self._names = [name for name in COLUMNS if name not in _NESTED]
        encoding = "utf-8-sig" if excel else "utf-8"
        self._file = path.open("w", encoding=encoding, errors="replace", newline="")
        self._csv = csv.writer(self._file)
        self._csv.writerow(self._names)

    def write(self, row: Mapping[str, Any]) -> None:
        """Write one row."""
        self._csv.writerow([_cell(name, row[name]) for name in self._names])

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _cell(name: str, value: Any) -> object:
    if isinstance(value, list):
        value = _SEPARATORS.get(name, "; ").join(value)
    if isinstance(value, str):
        return harmless(value)
    if value is None or isinstance(value, int):
        return value
    return time_json(value)


def _parquet(path: Path) -> RowWriter:
    try:
        from storage.export.parquet import Parquet  # noqa: PLC0415 - pyarrow is an extra
    except ModuleNotFoundError as error:
        if error.name != "pyarrow":
            raise
        raise ExportError(
            f"{path.with_suffix('')}: Parquet needs the extra tinquan[parquet]: pip install"
            " 'tinquan[parquet]', or take another --format"
        ) from None
    return Parquet(path)


WRITERS: dict[ExportFormat, Callable[[Path, bool], RowWriter]] = {
    "jsonl": lambda path, _excel: JsonLines(path),
    "csv": lambda path, excel: CsvTable(path, excel=excel),
    "parquet": lambda path, _excel: _parquet(path),
}
