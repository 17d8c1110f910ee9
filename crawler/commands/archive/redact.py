"""`tinquan archive redact`: remove an article's text on request."""

import getpass
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from crawler.capture.backup import backups
from crawler.capture.objects.files import CaptureFiles
from crawler.capture.redact import Removed, host_hold, rewrite
from crawler.commands import options
from crawler.commands.common import archive_of, note, outlets_of, print_json, say
from crawler.config.config import Config
from crawler.render.base import counted, fields_json
from storage.archive import Archive
from storage.errors import NotFoundError, UsageError
from storage.model.maintenance import Redaction


def redact(
    *,
    ref: options.Ref,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept for the audit.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    setup: options.Setup,
    json: options.Json = False,
) -> None:
    """Remove an article's text everywhere, for good; its URLs are never requested again.

    Interrupted, the same command continues.
    """
    if not reason.strip():
        raise UsageError("--reason is empty: expected the reason, for the audit")
    settings = setup.load()
    outlets = outlets_of(settings)
    files = CaptureFiles(settings.captures, settings.object_store)
    with archive_of(settings) as opened:
        slug = _confirmed(opened, ref, yes=yes)
        copies = _copies(opened, ref)
        with host_hold(opened, settings.captures, outlets, slug):
            now = datetime.now(UTC)
            redaction = _redaction(opened, ref, reason, now)
            removed = rewrite(opened, files, redaction, now)
        scrubbed = opened.maintenance.scrub()
    kept = backups(_backups_folder(settings))
    if json:
        left = {"copies": copies, "backups": [str(path) for path in kept], "scrubbed": scrubbed}
        print_json(_redaction_json(redaction, removed) | left)
        return
    say(
        f"article {redaction.article} is taken down: its text is out of the database,"
        f" {counted(removed.records, 'record is', 'records are')} out of"
        f" {counted(removed.files, 'WARC file')}",
    )
    for line in _remaining(removed, copies, kept, scrubbed=scrubbed):
        note(line)


def _remaining(
    removed: Removed, copies: Sequence[int], kept: Sequence[Path], *, scrubbed: bool
) -> Iterator[str]:
    """Yield where the text still is, and what to do about it."""
    for name in removed.elsewhere:
        yield f"{name}: is outside the captures folder and still holds it"
    for name in removed.lacking:
        yield (
            f"{name}: is neither here nor in the object store: the machine that has it completes"
            " the takedown on its next push (tinquan archive push)"
        )
    for name in removed.versions:
        yield f"{name}: the store keeps this earlier version, which holds the text: delete it there"
    if not scrubbed:
        yield (
            "another process still reads an earlier snapshot; until it ends, the text remains in"
            " the database's own files: run the same command again later"
        )
    if copies:
        listed = ", ".join(map(str, copies))
        yield f"copies of it are in the archive and stay; take them down too? articles {listed}"
    if kept:
        which = f"{kept[0]} to {kept[-1].name}" if len(kept) > 1 else str(kept[0])
        yield f"{len(kept)} earlier backups may hold it: {which}; delete them or let them expire"
    yield "earlier exports, and backups elsewhere, still hold it: see docs/archive.md"


def _backups_folder(settings: Config) -> Path:
    return settings.root / settings.schedule.backups


def _copies(archive: Archive, ref: str) -> list[int]:
    """Return the ids of the article's copies; none if it is already taken down."""
    try:
        own, cluster = archive.articles.get(ref).id, archive.clusters.get(ref)
    except NotFoundError:
        return []
    return [member.id for member in cluster.members if member.id != own]


def _confirmed(archive: Archive, ref: str, *, yes: bool) -> str:
    """Ask for confirmation and return the article's outlet. Raises NotFoundError."""
    try:
        archived = archive.articles.get(ref)
    except NotFoundError:
        redaction = archive.maintenance.redaction(ref)
        if redaction is None:
            raise
        return redaction.outlet
    article = archived.latest.article
    if not yes:
        typer.confirm(
            f"Remove {article.title!r} ({article.outlet}, article {archived.id},"
            f" {counted(len(archived.revisions), 'state')}) for good?",
            abort=True,
            err=True,
        )
    return article.outlet


def _redaction(archive: Archive, ref: str, reason: str, now: datetime) -> Redaction:
    """Redact the article in the database, or return the redaction that was begun before."""
    try:
        archive.articles.get(ref)
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
        **fields_json(redaction, "article outlet redacted_at redacted_by reason digests"),
        "records": removed.records,
        "warc_files": removed.files,
        "elsewhere": list(removed.elsewhere),
        "lacking": list(removed.lacking),
        "versions": list(removed.versions),
    }
