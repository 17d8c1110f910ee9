"""What `tinquan archive` prints, as text and as JSON."""

from typing import Any

from crawler.commands.common import out, print_table
from crawler.render.base import counted, refused_text, size_text, time_json, time_text
from crawler.render.table import Column, Table
from storage.model.maintenance import ArchiveStats, OutletStats

STATS_COLUMNS = (
    "outlet",
    "articles",
    "revisions",
    "captures",
    "refusals",
    "first_at",
    "last_at",
    "captured_from",
    "captured_to",
)


def stats_json(found: ArchiveStats, warc_files: int, warc_bytes: int) -> dict[str, Any]:
    """Return what the archive has. warc_files, warc_bytes: of the captures folder."""
    return {
        "outlets": [_outlet_json(outlet) for outlet in found.outlets],
        "database_bytes": found.database_bytes,
        "warc_files": warc_files,
        "warc_bytes": warc_bytes,
    }


def _outlet_json(outlet: OutletStats) -> dict[str, Any]:
    return {
        "outlet": outlet.outlet,
        "articles": outlet.articles,
        "revisions": outlet.revisions,
        "captures": outlet.captures,
        "refusals": dict(outlet.refusals),
        "first_at": time_json(outlet.first_at),
        "last_at": time_json(outlet.last_at),
        "captured_from": time_json(outlet.captured_from),
        "captured_to": time_json(outlet.captured_to),
    }


def print_stats(found: ArchiveStats, warc_files: int, warc_bytes: int) -> None:
    """Print what the archive has. warc_files, warc_bytes: of the captures folder."""
    listed = Table(
        "the archive",
        (
            Column("outlet"),
            Column("articles", number=True),
            Column("revisions", number=True, rank=2),
            Column("captures", number=True, rank=3),
            Column("oldest", rank=1, time=True),
            Column("newest", time=True),
            Column("refused", below=True),
        ),
    )
    for outlet in found.outlets:
        listed.add(
            outlet.outlet,
            str(outlet.articles),
            str(outlet.revisions),
            str(outlet.captures),
            time_text(outlet.first_at),
            time_text(outlet.last_at),
            refused_text(dict(outlet.refusals)),
        )
    print_table(listed)
    out.print(
        f"database {size_text(found.database_bytes)}; {counted(warc_files, 'WARC file')},"
        f" {size_text(warc_bytes)}"
    )
