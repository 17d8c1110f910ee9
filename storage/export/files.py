"""Atomic export of articles to a file, with a manifest next to it."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from storage.errors import ExportError, UsageError
from storage.export.formats import export_row, open_rows
from storage.files import sync
from storage.model.articles import ArchivedArticle
from storage.model.exports import EXPORT_VERSION, ExportOrder, Manifest
from storage.model.json import time_json


def manifest_path(file: Path) -> Path:
    """Return the path of an exported file's manifest."""
    return file.with_name(file.name + ".manifest.json")


def write_export(articles: Iterable[ArchivedArticle], order: ExportOrder, schema: str) -> Manifest:
    """Write articles as `order` says; return the manifest. schema: version of the archive's schema.

    Raises ExportError, UsageError; an existing file is then unchanged.
    """
    file = order.file
    if file.exists() and not order.overwrite:
        raise UsageError(f"{file}: exists; name another file, or let it be replaced: --overwrite")
    if file.exists() and not file.is_file():
        raise UsageError(
            f"{file}: is no ordinary file; it cannot be replaced as a whole: name another"
        )
    manifest_file = manifest_path(file)
    part, part_manifest = (path.with_name(path.name + ".part") for path in (file, manifest_file))
    with _plain_errors(file), ExitStack() as cleanup:
        for path in (part, part_manifest):
            cleanup.callback(path.unlink, missing_ok=True)
        rows, count = _write_rows(articles, order, part)
        manifest = Manifest(
            file=file.name,
            format=order.format,
            version=EXPORT_VERSION,
            schema=schema,
            rows=rows,
            articles=count,
            bytes=part.stat().st_size,
            sha256=_sha256(part),
            filters=_filters(order),
            made_at=order.made_at,
        )
        part_manifest.write_text(_manifest_text(manifest), encoding="utf-8")
        for path in (part, part_manifest):
            sync(path)
        # In this order a manifest never describes another file, even if the process is killed.
        manifest_file.unlink(missing_ok=True)
        part.replace(file)
        part_manifest.replace(manifest_file)
        sync(file.parent)
    return manifest


def _write_rows(
    articles: Iterable[ArchivedArticle], order: ExportOrder, part: Path
) -> tuple[int, int]:
    """Write the rows; return the number of rows and of articles."""
    rows = count = 0
    with open_rows(part, order.format, excel=order.excel) as write:
        for archived in articles:
            count += 1
            for revision in archived.revisions if order.states else (archived.latest,):
                write(export_row(archived, revision))
                rows += 1
            order.progress(rows)
    return rows, count


def _filters(order: ExportOrder) -> dict[str, object]:
    """Return the fields of the query that differ from their defaults; words as typed."""
    defaults, query = asdict(type(order.query)()), asdict(order.query)
    if order.asked:
        query |= {"words": order.asked, "removed": order.removed, "limit": order.limit}
        defaults |= {"removed": False, "limit": None}
    return {name: value for name, value in query.items() if value != defaults[name]}


def _manifest_text(manifest: Manifest) -> str:
    def plain(value: object) -> str | None:
        return time_json(value) if isinstance(value, datetime) else str(value)

    return json.dumps(asdict(manifest), ensure_ascii=False, indent=2, default=plain) + "\n"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _plain_errors(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = " ".join(str(getattr(error, "strerror", None) or error).split())
        raise ExportError(
            f"{file}: cannot be written: {reason}; check its folder, rights and free space"
        ) from error
