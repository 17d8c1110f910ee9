"""The nouns of an export: what is asked for, and what the file holds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from storage.model.articles import ArticleQuery
from storage.model.search import SearchQuery

ExportFormat = Literal["jsonl", "csv", "parquet"]

EXPORT_VERSION = 1
"""Goes up when a column changes its meaning or is taken away, not when one is added."""


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What to write, where, and how.

    query: which articles; newest first. Of a search its order, limit and one_per_cluster do not
    count: asked are its words as they were typed, for the manifest, `removed` and `limit` what an
    article query has itself. made_at: the present moment, UTC, for the manifest.
    states: every state of each article as a row of its own, not the newest alone.
    excel: a CSV file begins with a byte order mark, without which Excel takes it for Latin-1.
    overwrite: an existing file may be replaced. progress: called with how many rows are written.
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
    """What an exported file holds.

    rows, articles: counts. schema: version of the archive's schema. bytes, sha256: of the file.
    filters: those of the query that were given.
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
