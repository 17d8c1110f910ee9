"""A writer of rows as a Parquet file; it needs pyarrow, the extra tinquan[parquet]."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from storage.export.formats import COLUMNS
from storage.text.normalize import storable

GROUP_ROWS = 1000
"""Rows per row group, which are buffered in memory: some 10 MB."""

_TEXT, _COUNT = pa.string(), pa.int32()
_TIMES = [name for name in COLUMNS if name.endswith("_at")]
_TYPES = {  # the other columns are strings
    "id": pa.int64(),
    "maybe_reextraction": pa.bool_(),
    **dict.fromkeys(("state", "states"), _COUNT),
    **dict.fromkeys(_TIMES, pa.timestamp("us", tz="UTC")),
    **dict.fromkeys(("authors", "section", "tags", "notes", "places", "changed"), pa.list_(_TEXT)),
    "blocks": pa.list_(pa.struct({"kind": _TEXT, "text": _TEXT})),
    "images": pa.list_(pa.struct({"url": _TEXT, "caption": _TEXT, "credit": _TEXT})),
    "extraction": pa.struct({"family": _TEXT, "layout": _TEXT, "path": _TEXT, "version": _COUNT}),
}
SCHEMA = pa.schema({name: _TYPES.get(name, _TEXT) for name in COLUMNS})


@contextmanager
def _as_os_errors() -> Iterator[None]:
    try:
        yield
    except pa.ArrowException as error:
        raise OSError(str(error)) from error


@contextmanager
def parquet_file(path: Path) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Write a Parquet file in row groups, of which only one is in memory."""
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
