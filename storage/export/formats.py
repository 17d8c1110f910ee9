"""Rows as JSON lines, CSV and Parquet: each writer takes one row at a time.

A row has the keys of docs/json.md, times as datetimes, and what the archive knows besides.
"""

import csv
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from storage.model.articles import ArchivedArticle, Revision
from storage.model.exports import ExportFormat
from storage.model.json import article_json, time_json

GROUP_ROWS = 1000
"""Rows that a Parquet file keeps together, and that are held in memory: some 10 MB."""

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # UTF-8 has none
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SEPARATORS = {"section": " › "}

_TIME = pa.timestamp("us", tz="UTC")
_TEXTS = pa.list_(pa.string())
_BLOCKS = pa.list_(pa.struct({"kind": pa.string(), "text": pa.string()}))
_IMAGES = pa.list_(pa.struct({"url": pa.string(), "caption": pa.string(), "credit": pa.string()}))
_EXTRACTION = pa.struct(
    {"family": pa.string(), "layout": pa.string(), "path": pa.string(), "version": pa.int32()}
)
SCHEMA = pa.schema(
    {
        "id": pa.int64(),
        "outlet": pa.string(),
        "article_id": pa.string(),
        "url": pa.string(),
        "title": pa.string(),
        "dateline": pa.string(),
        "sapo": pa.string(),
        "body": pa.string(),
        "blocks": _BLOCKS,
        "authors": _TEXTS,
        "byline": pa.string(),
        "credit": pa.string(),
        "published_at": _TIME,
        "modified_at": _TIME,
        "published_raw": pa.string(),
        "published_rule": pa.string(),
        "section": _TEXTS,
        "tags": _TEXTS,
        "images": _IMAGES,
        "kind": pa.string(),
        "language": pa.string(),
        "notes": _TEXTS,
        "extraction": _EXTRACTION,
        "places": _TEXTS,
        "state": pa.int32(),
        "states": pa.int32(),
        "changed": _TEXTS,
        "first_seen_at": _TIME,
        "last_seen_at": _TIME,
        "fetched_at": _TIME,
        "removed_at": _TIME,
        "fingerprint": pa.string(),
        "maybe_ours": pa.bool_(),
    }
)
"""The columns of every format, in order."""

_NESTED = ("blocks", "images", "extraction")  # left out of CSV; the body has the text


def export_row(archived: ArchivedArticle, revision: Revision) -> dict[str, Any]:
    """Return one state of an article with the keys of `SCHEMA`.

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
    return {name: row[name] for name in SCHEMA.names}


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
        # JSON can escape what UTF-8 cannot hold.
        text = _LONE_SURROGATE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
        self._file.write(text + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class CsvTable:
    """A table for spreadsheets. Texts that one would take for a formula get a "'" in front.

    https://owasp.org/www-community/attacks/CSV_Injection: an article whose title begins with "="
    would be run when an editor opens the file. Whoever needs the exact text takes another format.
    """

    def __init__(self, path: Path, *, excel: bool) -> None:
        self._names = [name for name in SCHEMA.names if name not in _NESTED]
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
        return f"'{value}" if value.startswith(_FORMULA) else value
    if value is None or isinstance(value, int):
        return value
    return time_json(value)


class Parquet:
    """A Parquet file: rows in groups, so that no more than one group is in memory."""

    def __init__(self, path: Path) -> None:
        self._rows: list[Mapping[str, Any]] = []
        self._writer = pq.ParquetWriter(path, SCHEMA, compression="zstd")

    def write(self, row: Mapping[str, Any]) -> None:
        """Write one row."""
        self._rows.append({name: _encodable(value) for name, value in row.items()})
        if len(self._rows) == GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        """Write the last group and the file's index."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, SCHEMA))
            self._rows = []


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if isinstance(value, dict):
        return {key: _encodable(item) for key, item in value.items()}
    return value


WRITERS: dict[ExportFormat, Callable[[Path, bool], RowWriter]] = {
    "jsonl": lambda path, _excel: JsonLines(path),
    "csv": lambda path, excel: CsvTable(path, excel=excel),
    "parquet": lambda path, _excel: Parquet(path),
}
