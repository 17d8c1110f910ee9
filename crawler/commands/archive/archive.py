"""`tinquan archive`: maintenance of the archive."""

from crawler.capture.files import folder_size
from crawler.commands import options
from crawler.commands.app import CommandApp
from crawler.commands.archive.backup import backup
from crawler.commands.archive.check import check
from crawler.commands.archive.copy import copy
from crawler.commands.archive.push import push
from crawler.commands.archive.redact import redact
from crawler.commands.archive.report import STATS_CSV, print_stats, stats_json
from crawler.commands.common import reading_of, say
from crawler.commands.listing import print_object
from crawler.commands.progress import progress
from crawler.render.base import size_text
from storage.archive import database_bytes, open_archive, upgrade_archive

archive_app = CommandApp("Look after the archive.")
archive_app.command()(check)
archive_app.command()(backup)
archive_app.command()(copy)
archive_app.command()(push)
archive_app.command()(redact)


@archive_app.command()
def init(*, setup: options.Setup) -> None:
    """Create the archive's tables in an empty database; an existing archive is left unchanged."""
    settings = setup.load()
    open_archive(settings.archive).close()
    say(f"archive {settings.archive_name} is ready")


@archive_app.command()
def upgrade(*, setup: options.Setup) -> None:
    """Migrate an archive of an older tinquan to today's schema; interrupted, it resumes."""
    settings = setup.load()
    size = database_bytes(settings.archive)
    with progress("indexing") as update:
        before, now = upgrade_archive(
            settings.archive, lambda done, total: update(completed=done, total=total)
        )
    name = settings.archive_name
    if before == now:
        say(f"archive {name} has schema {now} already")
    else:
        say(
            f"archive {name} is upgraded from schema {before} to {now}: it took"
            f" {size_text(size)} and takes {size_text(database_bytes(settings.archive))}"
        )


@archive_app.command()
def stats(
    *,
    setup: options.Setup,
    output: options.Output,
) -> None:
    """Count the archive's rows per outlet, and its size on disk."""
    form = output.form()
    settings = setup.load()
    with reading_of(settings) as opened:
        found = opened.maintenance.stats()
    files, size = folder_size(settings.captures)
    if form:
        print_object(form, stats_json(found, files, size), "outlets", STATS_CSV)
    else:
        print_stats(found, files, size)
