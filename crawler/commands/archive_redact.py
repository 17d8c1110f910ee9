"""`tinquan archive redact`: take an article down."""

import getpass
import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from crawler.commands.common import (
    ArchiveOption,
    ConfigOption,
    JsonOption,
    archive_of,
    err,
    out,
    outlets_of,
    print_json,
    settle,
)
from crawler.redaction import Removed, host_lock, rewrite
from crawler.render import time_json
from storage.archive import Archive
from storage.errors import NotFoundError
from storage.maintenance import Redaction


def redact(
    ref: Annotated[str, typer.Argument(metavar="ID", help="The short id, or a URL.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept for the audit.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ConfigOption = None,
    archive: ArchiveOption = None,
    json: JsonOption = False,
) -> None:
    """Remove an article's text everywhere, for good; its addresses are never asked for again.

    Stopped in the middle, the same command goes on.
    """
    settings = settle(config, archive)
    outlets = outlets_of(settings)
    with archive_of(settings) as opened:
        before = _asked(opened, ref, yes=yes)
        with host_lock(settings.captures, outlets, before):
            now = datetime.now(UTC)
            redaction = _redaction(opened, ref, reason, now)
            removed = rewrite(opened, settings.captures, redaction, now)
    if json:
        print_json(_redaction_json(redaction, removed))
        return
    out.print(
        f"article {redaction.article} is taken down: its text is out of the database,"
        f" {removed.records} records are out of {removed.files} WARC files",
        soft_wrap=True,
    )
    for name in removed.elsewhere:
        err.print(f"{name}: lies outside the captures folder and still holds it", soft_wrap=True)
    err.print("earlier backups and exports still hold it: see docs/archive.md", soft_wrap=True)


def _asked(archive: Archive, ref: str, *, yes: bool) -> str:
    """Return the outlet of the article, after asking. Raises NotFoundError."""
    try:
        archived = archive.article(ref)
    except NotFoundError:
        redaction = archive.maintenance.redaction(ref)
        if redaction is None:
            raise
        return redaction.outlet
    article = archived.latest.article
    if not yes:
        typer.confirm(
            f"Remove {article.title!r} ({article.outlet}, article {archived.id},"
            f" {len(archived.revisions)} states) for good?",
            abort=True,
            err=True,
        )
    return article.outlet


def _redaction(archive: Archive, ref: str, reason: str, now: datetime) -> Redaction:
    """Take the article out of the database; of one that is out of it already, go on."""
    try:
        archive.article(ref)
    except NotFoundError:
        begun = archive.maintenance.redaction(ref)
        if begun is None:
            raise
        return begun
    return archive.maintenance.redact(ref, reason, _who(), now)


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"user {os.getuid()}"


def _redaction_json(redaction: Redaction, removed: Removed) -> dict[str, object]:
    return {
        "article": redaction.article,
        "outlet": redaction.outlet,
        "redacted_at": time_json(redaction.redacted_at),
        "redacted_by": redaction.redacted_by,
        "reason": redaction.reason,
        "digests": list(redaction.digests),
        "records": removed.records,
        "warc_files": removed.files,
        "elsewhere": list(removed.elsewhere),
    }
