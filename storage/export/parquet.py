"""Rows as a Parquet file. pyarrow, which writes it, is the extra tinquan[parquet]."""

from collections.abc import Callable, Iterator, Mapping
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


@contextmanager
def parquet_file(path: Path) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """A Parquet file: rows in groups, so that no more than one group is in memory."""
    rows: list[Mapping[str, Any]] = []
    with _as_os_errors(), pq.ParquetWriter(path, SCHEMA, compression="zstd") as file:

        def flush() -> None:
            with _as_os_errors():
                file.write_table(pa.Table.from_pylist(rows, SCHEMA))
            rows.clear()

        def write(row: Mapping[str, Any]) -> None:
            rows.append({name: _encodable(value) for name, value in row.items()})
            if len(rows) == GROUP_ROWS:
                flush()

        yield write
        if rows:
            flush()


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if isinstance(value, dict):
        return {key: _encodable(item) for key, item in value.items()}
    return value
