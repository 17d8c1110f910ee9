"""Rows as a Parquet file. pyarrow, which writes it, is the extra tinquan[parquet]."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from storage.export.formats import COLUMNS
from storage.text.normalize import storable

GROUP_ROWS = 1000
"""Rows that a Parquet file keeps together, and that are held in memory: some 10 MB."""

_TYPES = {
    "number": pa.int64(),
    "count": pa.int32(),
    "truth": pa.bool_(),
    "text": pa.string(),
    "texts": pa.list_(pa.string()),
    "time": pa.timestamp("us", tz="UTC"),
    "blocks": pa.list_(pa.struct({"kind": pa.string(), "text": pa.string()})),
    "images": pa.list_(
        pa.struct({"url": pa.string(), "caption": pa.string(), "credit": pa.string()})
    ),
    "extraction": pa.struct(
        {"family": pa.string(), "layout": pa.string(), "path": pa.string(), "version": pa.int32()}
    ),
}
SCHEMA = pa.schema({name: _TYPES[kind] for name, kind in COLUMNS.items()})


@contextmanager
def _as_os_errors() -> Iterator[None]:
    try:
        yield
    except pa.ArrowException as error:
        raise OSError(str(error)) from error


class Parquet:
    """A Parquet file: rows in groups, so that no more than one group is in memory."""

    def __init__(self, path: Path) -> None:
        self._rows: list[Mapping[str, Any]] = []
        with _as_os_errors():
            self._writer = pq.ParquetWriter(path, SCHEMA, compression="zstd")

    def write(self, row: Mapping[str, Any]) -> None:
        """Write one row."""
        self._rows.append({name: _encodable(value) for name, value in row.items()})
        if len(self._rows) == GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        """Write the last group and the file's index."""
        self._flush()
        with _as_os_errors():
            self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            with _as_os_errors():
                self._writer.write_table(pa.Table.from_pylist(self._rows, SCHEMA))
            self._rows = []


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if isinstance(value, dict):
        return {key: _encodable(item) for key, item in value.items()}
    return value
