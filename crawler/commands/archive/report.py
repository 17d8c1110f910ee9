"""The report of `tinquan archive stats`, as text and as JSON."""

from typing import Any

from crawler.commands.common import out, print_table
from crawler.render.base import counted, fields_json, refused_text, size_text
from crawler.render.table import Column, table_of
from storage.model.maintenance import ArchiveStats, OutletStats

STATS_CSV = "outlet articles revisions captures refusals first_at last_at captured_from captured_to"
_COLUMNS: tuple[Column[OutletStats], ...] = (
    Column("outlet", lambda row: row.outlet),
    Column("articles", lambda row: row.articles, number=True),
    Column("revisions", lambda row: row.revisions, number=True, rank=2),
    Column("captures", lambda row: row.captures, number=True, rank=3),
    Column("oldest", lambda row: row.first_at, rank=1, time=True),
    Column("newest", lambda row: row.last_at, time=True),
    Column("refused", lambda row: refused_text(dict(row.refusals)), below=True),
)


def stats_json(found: ArchiveStats, warc_files: int, warc_bytes: int) -> dict[str, Any]:
    """Return the counts as plain data. warc_files, warc_bytes: of the captures folder."""
    return {
        "outlets": [_outlet_json(outlet) for outlet in found.outlets],
        "database_bytes": found.database_bytes,
        "warc_files": warc_files,
        "warc_bytes": warc_bytes,
    }


def _outlet_json(outlet: OutletStats) -> dict[str, Any]:
    counts = fields_json(outlet, "outlet articles revisions captures")
    times = fields_json(outlet, "first_at last_at captured_from captured_to")
    return counts | {"refusals": dict(outlet.refusals)} | times


def print_stats(found: ArchiveStats, warc_files: int, warc_bytes: int) -> None:
    """Print the counts. warc_files, warc_bytes: of the captures folder."""
    print_table(table_of("the archive", _COLUMNS, found.outlets))
    out.print(
        f"database {size_text(found.database_bytes)}; {counted(warc_files, 'WARC file')},"
        f" {size_text(warc_bytes)}"
    )
