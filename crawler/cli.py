"""The command line: the one place that assembles everything."""

import errno
import os
import signal
import sys
from collections.abc import Iterable
from io import TextIOBase, TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from typer.core import TyperGroup

from crawler.commands import options
from crawler.commands.common import err
from crawler.commands.index import CommandGroup, only_reads, register
from crawler.jobs.signals import STOPPED_CODES
from storage.errors import TinquanError

_NOT_WRITTEN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What a disk says that does not take what is printed into a file."""

app = typer.Typer(
    cls=CommandGroup,
    help="Archive Vietnamese district news: crawl outlets, keep every edit, ask the archive.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
register(app)


def _everywhere(command: object, defaults: dict[str, str]) -> dict[str, Any]:
    """Return `defaults` for every command below, at any depth, in the form of a default map."""
    if not isinstance(command, TyperGroup):
        return dict(defaults)
    return {name: _everywhere(below, defaults) for name, below in command.commands.items()}


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - no other command needs it

        typer.echo(f"tinquan {version('tinquan')}")
        raise typer.Exit


@app.callback()
def _common(
    context: typer.Context,
    config: options.Config = None,
    archive: options.Archive = None,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    # Options before the command's name hold for every command, unless repeated after it.
    given = {"config": config and str(config), "archive": archive}
    defaults = {key: value for key, value in given.items() if value}
    name = context.invoked_subcommand
    if name and not only_reads(name):
        _outlast_readers()
    if name and isinstance(context.command, TyperGroup):
        context.default_map = {name: _everywhere(context.command.commands[name], defaults)}


def main() -> None:
    """Run the command line and exit.

    Exit codes: 0 done, 1 something failed, 2 wrong usage; 130 and 143 where Ctrl-C or TERM ended
    it, as for every Unix program. A reader that has gone (`| head`) is no failure: a command that
    only reads ends there, one that writes goes on without it.
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


class _Lasting:
    """A stream to print to that forgets what is printed once its reader has gone."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Print `text`, if anybody reads it."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            _forget(self._stream)
            return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Print lines, if anybody reads them."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Hand on what was printed, if anybody reads it."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            _forget(self._stream)


def _outlast_readers() -> None:
    """Let no reader that goes away end this process."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, _Lasting):
            setattr(sys, name, _Lasting(stream))


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
    _forget(sys.stdout)


def _forget(stream: TextIO) -> None:
    """Let what is written to a stream, or waits in it, go nowhere."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


if __name__ == "__main__":
    main()
