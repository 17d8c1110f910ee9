"""The command line: the one place that assembles everything."""

import errno
import os
import signal
import sys
from importlib.metadata import version
from io import TextIOBase, TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from crawler.commands.archive.archive import archive_app
from crawler.commands.archive.import_ import import_
from crawler.commands.archive.prune import prune
from crawler.commands.archive.reextract import reextract
from crawler.commands.common import ArchiveOption, ConfigOption, err
from crawler.commands.crawl.backfill import backfill
from crawler.commands.crawl.coverage import coverage
from crawler.commands.crawl.crawl import crawl
from crawler.commands.crawl.recheck import recheck
from crawler.commands.crawl.schedule import schedule
from crawler.commands.crawl.status import alarms, status
from crawler.commands.demo import demo
from crawler.commands.init import init
from crawler.commands.outlets.extract import extract
from crawler.commands.outlets.new import new_outlet
from crawler.commands.outlets.outlets import outlets_app
from crawler.commands.query.articles import articles, runs, show
from crawler.commands.query.clusters import cluster, clusters
from crawler.commands.query.export import export
from crawler.commands.query.places import places_app
from crawler.commands.query.revisions import diff, revisions
from crawler.commands.query.search import search
from crawler.jobs.signals import STOPPED_CODES
from storage.errors import TinquanError

_NOT_WRITTEN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What a disk says that does not take what is printed into a file."""

app = typer.Typer(
    help="Archive Vietnamese district news: crawl outlets, keep every edit, ask the archive.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(init)
app.command()(demo)
app.command()(crawl)
app.command()(backfill)
app.command()(coverage)
app.command()(articles)
app.command()(show)
app.command()(diff)
app.command()(revisions)
app.command()(cluster)
app.command()(clusters)
app.command()(runs)
app.command()(status)
app.command()(alarms)
# A word to exclude begins with "-": it is no option.
app.command(context_settings={"ignore_unknown_options": True})(search)
app.command()(extract)
app.command()(reextract)
app.command("import")(import_)
app.command()(export)
app.command()(schedule)
app.command()(recheck)
app.command()(prune)
app.add_typer(archive_app, name="archive")
outlets_app.command("new")(new_outlet)
app.add_typer(outlets_app, name="outlets")
app.add_typer(places_app, name="places")


def _everywhere(command: object, defaults: dict[str, str]) -> dict[str, Any]:
    """Return `defaults` for every command below, at any depth, in the form of a default map."""
    if not isinstance(command, TyperGroup):
        return dict(defaults)
    return {name: _everywhere(below, defaults) for name, below in command.commands.items()}


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tinquan {version('tinquan')}")
        raise typer.Exit


@app.callback()
def _common(
    context: typer.Context,
    config: ConfigOption = None,
    archive: ArchiveOption = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    # Options before the command's name hold for every command, unless repeated after it.
    given = {"config": config and str(config), "archive": archive}
    defaults = {key: value for key, value in given.items() if value}
    context.default_map = _everywhere(context.command, defaults)


def main() -> None:
    """Run the command line and exit.

    Exit codes: 0 done, 1 something failed, 2 wrong usage; 130 and 143 where Ctrl-C or TERM ended
    it, as for every Unix program. A reader that has gone (`| head`) is no failure.
    """
    _prepare_streams()
    try:
        code = _run()
        sys.stdout.flush()  # at exit it would be too late for an exit code
    except BrokenPipeError:
        _leave_quietly()
    except OSError as error:
        if error.errno not in _NOT_WRITTEN or error.filename is not None:
            raise
        _leave_quietly()
        err.print(f"tinquan: the output cannot be written: {error.strerror}", markup=False)
        code = 1
    sys.exit(code)


class _Nowhere(TextIOBase):
    """Takes what is printed where there is no stream to print to."""

    def write(self, text: str) -> int:
        """Forget `text`."""
        return len(text)


def _prepare_streams() -> None:
    """Let nothing that is printed fail by its letters, or for want of a stream (`>&-`)."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, _Nowhere())
        elif isinstance(stream, TextIOWrapper):
            # A path's lone bytes, or Vietnamese where the terminal has no letters for it.
            stream.reconfigure(errors="backslashreplace")


def _run() -> int:
    """Return the exit code. typer turns Ctrl-C and closed pipes into exits of its own."""
    code = 0
    try:
        app()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0
        if isinstance(stop.__context__, BrokenPipeError):
            _leave_quietly()
            return 0
    except KeyboardInterrupt:  # before typer watches for it
        code = 128 + signal.SIGINT
    except TinquanError as error:
        err.print(f"tinquan: {error}", markup=False, soft_wrap=True)
        return error.exit_code
    if code in STOPPED_CODES:
        err.print("tinquan: stopped", markup=False)
    return code


def _leave_quietly() -> None:
    """Let nothing more be written to a pipe that nobody reads, not even at exit."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


if __name__ == "__main__":
    main()
