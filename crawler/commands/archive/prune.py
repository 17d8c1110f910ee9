"""`tinquan prune`: delete old logs and validators, and tidy the database."""

import time
from datetime import UTC, datetime
from pathlib import Path

from crawler.commands import options
from crawler.commands.common import archive_of, out
from crawler.render.base import counted
from storage.model.schedule import TOO_LATE


def prune(*, setup: options.Setup) -> None:
    """Delete old logs and validators, tidy the database. Articles, runs and captures stay."""
    settings = setup.load()
    days = settings.schedule.log_days
    logs = old_logs(settings.logs, time.time() - days * 24 * 3600)
    for log in logs:
        log.unlink(missing_ok=True)
    with archive_of(settings) as opened:
        validators = opened.links.prune_validators(datetime.now(UTC) - TOO_LATE)
        opened.maintenance.tidy()
    found = (
        f"{counted(len(logs), 'log')} older than {days} days, {counted(validators, 'validator')}"
    )
    out.print(f"deleted: {found}")


def old_logs(folder: Path, before: float) -> list[Path]:
    """Return the crawl logs in a folder that were last written before a time (epoch seconds)."""
    return [
        path
        for path in sorted(folder.glob("*/*.log*"))
        if path.is_file() and not path.is_symlink() and path.stat().st_mtime < before
    ]
