"""`tinquan archive backup`: copy the database and the WARC files into a new folder."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from crawler.capture.backup import Backup, back_up
from crawler.commands import options
from crawler.commands.common import complain, given_path, note, print_json, say
from crawler.render.base import counted, fields_json, size_text


def backup(
    *,
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER", parser=given_path, help="Where backups go; best on another disk."
        ),
    ],
    keep: Annotated[int, typer.Option(min=1, help="Keep the newest N backups.")] = 7,
    setup: options.Setup,
    json: options.Json = False,
) -> None:
    """Back up the database and the captures folder; crawls may run meanwhile.

    Exit code 1 if WARC files differ from what the archive says of them; the backup is made.
    """
    settings = setup.load()
    now = datetime.now(UTC)
    made = back_up(settings.archive, settings.captures, folder.resolve(), keep, now)
    if json:
        print_json(_backup_json(made))
    else:
        say(
            f"{made.folder}: {counted(made.tables['articles'], 'article')},"
            f" {counted(made.files, 'WARC file')}"
            f" ({made.linked} as in the backup before, {size_text(made.copied_bytes)} copied)"
        )
        if made.stored:
            files = counted(made.stored, "WARC file is", "WARC files are")
            say(f"{files} only in the object store, and not in this backup")
        for old in made.removed:
            say(f"{old}: removed")
    for name in made.elsewhere:
        note(f"{name}: is outside the captures folder, and not in this backup")
    for fault in made.faults:
        complain(f"{fault}: run `tinquan archive check`")
    if made.faults:
        raise typer.Exit(1)


def _backup_json(made: Backup) -> dict[str, object]:
    return {
        "folder": str(made.folder),
        "tables": dict(made.tables),
        "warc_files": made.files,
        **fields_json(made, "linked copied_bytes faults elsewhere stored"),
        "removed": [str(old) for old in made.removed],
    }
