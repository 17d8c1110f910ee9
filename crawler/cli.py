"""The command line's entry point: global options, exit codes, and closed or missing streams."""

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
"""The errors of a full or failing disk that standard output is redirected to."""

app = typer.Typer(
    cls=CommandGroup,
    help="Archive Vietnamese district news: crawl outlets, keep every edit, query the archive.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
register(app)


def _default_map(command: object, defaults: dict[str, str]) -> dict[str, Any]:
    """Return click's default map that gives a command, or all of a group's, the defaults."""
    if not isinstance(command, TyperGroup):
        return dict(defaults)
    return {name: _default_map(child, defaults) for name, child in command.commands.items()}


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
    # Options before the command's name apply to every command, unless repeated after it.
    given = {"config": config and str(config), "archive": archive}
    defaults = {key: value for key, value in given.items() if value}
    name = context.invoked_subcommand
    if name and not only_reads(name):
        _survive_closed_pipes()
    if name and isinstance(context.command, TyperGroup):
        context.default_map = {name: _default_map(context.command.commands[name], defaults)}


def main() -> None:
    """Run the command line and exit.

    Exit codes: 0 done, 1 something failed, 2 wrong usage; 130 and 143 after Ctrl-C and SIGTERM,
    as is usual on Unix. A closed pipe (`| head`) is no failure: a command that only prints ends
    quietly, and one that writes to the archive carries on without printing.
    """
    _prepare_streams()
    try:
        code = _run()
        sys.stdout.flush()  # a failure at interpreter exit could not set the exit code
    except BrokenPipeError:
        _leave_quietly()
    except OSError as error:
        if error.errno not in _NOT_WRITTEN or error.filename is not None:
            raise
        _leave_quietly()
        err.print(f"tinquan: the output cannot be written: {error.strerror}", markup=False)
        code = 1
    sys.exit(code)


class _NullStream(TextIOBase):
    """Discards output, in place of a stream that is closed."""

    def write(self, text: str) -> int:
        """Discard `text`."""
        return len(text)


class _PipeTolerant:
    """An output stream that discards what is written once its pipe is closed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write `text`, or discard it if the pipe is closed."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            _redirect_to_null(self._stream)
            return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write lines, or discard them if the pipe is closed."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush the buffer, or discard it if the pipe is closed."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            _redirect_to_null(self._stream)


def _survive_closed_pipes() -> None:
    """Keep this process running when a reader of its output goes away."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, _PipeTolerant):
            setattr(sys, name, _PipeTolerant(stream))


def _prepare_streams() -> None:
    """Keep printing from failing on characters that cannot be encoded, or a closed stream."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the shell: `>&-`
            setattr(sys, name, _NullStream())
        elif isinstance(stream, TextIOWrapper):
            # Undecodable bytes in a path, or Vietnamese on a terminal with another encoding.
            stream.reconfigure(errors="backslashreplace")


def _run() -> int:
    """Run the app and return the exit code; typer turns Ctrl-C and closed pipes into SystemExit."""
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
    """Discard the rest of the output, so that the flush at exit does not fail either."""
    _redirect_to_null(sys.stdout)


def _redirect_to_null(stream: TextIO) -> None:
    """Send what a stream has buffered, and what is written to it later, to /dev/null."""
    with Path(os.devnull).open("w") as null:
        os.dup2(null.fileno(), stream.fileno())


if __name__ == "__main__":
    main()
