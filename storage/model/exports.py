"""The options of an export, and the manifest of the exported file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from storage.model.articles import ArticleQuery
from storage.model.search import SearchQuery

ExportFormat = Literal["jsonl", "csv", "parquet"]

EXPORT_VERSION = 2
"""Incremented when a column changes its meaning or is removed, not when one is added."""


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What to export, where, and in which format.

    query: the articles, newest first. Of a search query, `order`, `limit` and `one_per_cluster`
    are ignored; `asked` holds its words as typed, for the manifest, and `removed` and `limit`
    work as in an article query. made_at: the current time, UTC, for the manifest.
    states: write every state of each article as a row, not only the newest.
    excel: begin a CSV file with a byte order mark, without which Excel reads it as Latin-1.
    overwrite: replace an existing file. progress: called with the number of rows written.
    """

    query: ArticleQuery | SearchQuery
    file: Path
    format: ExportFormat
    made_at: datetime
    states: bool = False
    excel: bool = False
    overwrite: bool = False
    asked: str = ""
    removed: bool = False
    limit: int | None = None
    progress: Callable[[int], object] = lambda _rows: None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The description of an exported file.

    rows, articles: counts. schema: version of the archive's schema. bytes, sha256: of the file.
    filters: the query's fields that differ from their defaults.
    """

    file: str
    format: ExportFormat
    version: int
    schema: str
    rows: int
    articles: int
    bytes: int
    sha256: str
    filters: dict[str, object]
    made_at: datetime
