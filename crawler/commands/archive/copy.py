"""`tinquan archive copy`: copy an archive into another database."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from crawler.commands import options
from crawler.commands.common import print_json, say
from crawler.commands.progress import progress
from crawler.config.config import absolute_archive
from crawler.render.base import counted
from storage.archive import copy_archive


def copy(
    *,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Database URL or SQLite file.")],
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="An empty database, or a new SQLite file.")
    ],
    json: options.Json = False,
) -> None:
    """Copy an archive into an empty database, also from SQLite to PostgreSQL and back.

    The copy is of one point in time; crawls may run meanwhile. Interrupted, it starts over.
    """
    folder = Path.cwd()
    with progress("opening", hidden=json) as update:
        copied = copy_archive(
            absolute_archive(source, folder),
            absolute_archive(target, folder),
            lambda table, done, total: update(description=table, completed=done, total=total),
        )
    if json:
        print_json([asdict(table) for table in copied])
        return
    rows = {table.table: table.rows for table in copied}
    say(
        f"copied: {counted(rows['articles'], 'article')} with"
        f" {counted(rows['captures'], 'capture')}, {counted(sum(rows.values()), 'row')} in all;"
        " every table was compared",
    )
