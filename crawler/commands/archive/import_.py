"""`tinquan import`: store articles from a file by the same rules as crawled ones."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from json import loads
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, TaskProgressColumn, TimeRemainingColumn

from crawler.commands import options
from crawler.commands.common import archive_of, complain, err, note, out, outlets_of, print_json
from crawler.commands.progress import progress
from crawler.jobs.signals import raise_on_term
from crawler.render.base import counted
from crawler.reprocess.import_rows import ImportSource
from crawler.reprocess.importer import Importer, Pages
from crawler.reprocess.jsonl import DAMAGED, Line, Rejects, open_lines, read_lines
from storage.errors import UsageError
from storage.model.runs import Run

_NAMED = 20  # rejected lines that are named on standard error; the file has them all
_FIRST = 1000  # lines; if all of them fail alike, an option such as --outlet is missing
_DATA = re.compile(r"'[^']*'|\"[^\"]*\"|\d[\d,.]*")  # the varying parts of otherwise equal reasons


class _Log:
    """Writes rejected lines to a file, and names the first of them on standard error.

    left_out: lines whose articles were taken down; they are dropped, so as not to keep their text.
    """

    def __init__(self, file: Path, rejects: Rejects) -> None:
        self._file = file
        self._rejects = rejects
        self._reasons: Counter[str] = Counter()
        self.last: tuple[Line, str] | None = None
        self.left_out = 0

    def reject(self, line: Line, reason: str) -> None:
        """Write a line to the file of rejected lines."""
        self._rejects.add(line, reason)
        self._reasons[_DATA.sub("…", reason)] += 1
        self.last = line, reason
        if self._rejects.count <= _NAMED:
            self._name(line, reason[:300])

    def skip(self, line: Line) -> None:
        """Drop a line whose article was taken down."""
        self.left_out += 1
        if self.left_out <= _NAMED:
            self._name(line, "was taken down by `tinquan archive redact` and is left out")

    def all_fail_alike(self, lines: int) -> bool:
        """Return whether all lines so far were rejected for the same reason.

        lines: how many were read.
        """
        return list(self._reasons.values()) == [lines]

    def _name(self, line: Line, reason: str) -> None:
        err.print(escape(f"{self._file}, line {line.number}: {reason}"), soft_wrap=True)


def import_(
    *,
    file: Annotated[Path, typer.Argument(help="A file of JSON lines, plain or gzipped.")],
    outlet: Annotated[
        str | None, typer.Option(metavar="NAME", help="The outlet of rows that name none.")
    ] = None,
    id_key: Annotated[
        str, typer.Option(metavar="KEY", help="The key of the outlet's own id.")
    ] = "article_id",
    rejected: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File for rejected lines; by default FILE.rejected.jsonl in the working folder.",
        ),
    ] = None,
    keep_going: Annotated[
        bool,
        typer.Option("--keep-going", help="Continue even if the first thousand lines fail alike."),
    ] = False,
    setup: options.Setup,
    json: options.Json = False,
) -> None:
    """Import articles as JSON lines, with the keys that `tinquan extract` prints.

    Lines that cannot be used are named and set aside in a file; if the first thousand all fail
    alike, the import ends. Run again, it stores nothing twice.
    """
    settings = setup.load()
    started = datetime.now(UTC)
    source = ImportSource(outlet, id_key, outlets_of(settings), started)
    raise_on_term()
    lines, raw = open_lines(file)
    with raw:
        rejects = Rejects(rejected or Path.cwd() / f"{file.name}.rejected.jsonl")
        log = _Log(file, rejects)
        try:
            with archive_of(settings, create=True) as opened, Pages(source) as pages:
                clock = partial(datetime.now, UTC)
                importer = Importer(opened, source, pages, log.reject, log.skip, clock)
                check = None if keep_going else partial(_check_first, file, log, id_key)
                runs = _run(file, lines, raw, importer, check)
        except BaseException:
            _close_early(rejects)
            raise
    rejects.close()
    _report(runs, rejects, log.left_out, json=json)
    if rejects.count:
        raise typer.Exit(1)


def _close_early(rejects: Rejects) -> None:
    """Keep the lines rejected before the import failed; an error here must not hide that one."""
    try:
        rejects.close(complete=False)
    except UsageError as error:
        complain(error)
        return
    if rejects.count:
        _report_rejects(rejects)


def _report_rejects(rejects: Rejects) -> None:
    err.print(
        escape(f"{counted(rejects.count, 'line was', 'lines were')} set aside: {rejects.path}"),
        soft_wrap=True,
    )


def _check_first(file: Path, log: _Log, id_key: str, count: int) -> None:
    """Raise UsageError if the first lines all fail alike, naming the option that would help."""
    if count != _FIRST or not log.all_fail_alike(count) or log.last is None:
        return
    line, reason = log.last
    if reason.startswith("has no outlet"):
        hint = "name the outlet by --outlet NAME"
    elif f"has no {' or '.join(dict.fromkeys(['url', id_key]))}" in reason:
        hint = f"name the key of the outlet's own id by --id-key KEY; the lines have {_keys(line)}"
    else:
        hint = "correct the lines, or continue nevertheless by --keep-going"
    raise UsageError(f"{file}: the first {count:,} lines fail alike: each {reason[:200]}; {hint}")


def _keys(line: Line) -> str:
    """Return the keys of a line, for a person to choose from."""
    return ", ".join(loads(line.text or b"{}"))[:500]


def _run(
    file: Path,
    lines: IO[bytes],
    raw: IO[bytes],
    importer: Importer,
    check: Callable[[int], None] | None,
) -> list[Run]:
    """Import all lines; the runs are closed whatever happens.

    check: called after each line with the count so far; may raise to end the import.
    """
    number = 0
    try:
        size = file.stat().st_size or None
        columns = (BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with progress("importing", total=size, completed=raw.tell(), columns=columns) as update:
            for count, line in enumerate(read_lines(lines), start=1):
                importer.take(line)
                number = line.number
                if check is not None:
                    check(count)
                update(completed=raw.tell())
            importer.store_rest()
    except DAMAGED as error:
        importer.store_rest()
        importer.finish("damaged file")
        raise UsageError(
            f"{file}: is damaged after line {number} ({error}); what came before is imported"
        ) from None
    except KeyboardInterrupt:
        importer.finish("shutdown")
        raise
    except BaseException as error:
        importer.finish(" ".join(str(error).split()) or type(error).__name__)
        raise
    return importer.finish("finished")


def _report(runs: list[Run], rejects: Rejects, left_out: int, *, json: bool) -> None:
    counts: Counter[str] = Counter()
    for run in runs:
        done = run.counts
        counts.update(
            new=done.new,
            revised=done.revised,
            unchanged=done.unchanged,
            known=done.known,
            refused=sum(done.refused.values()),
        )
    counts["rejected"] = rejects.count
    names = ["new", "revised", "unchanged", "known", "refused", "rejected"]
    if left_out:
        counts["taken_down"] = left_out
        names.append("taken_down")
    rejected_file = str(rejects.path) if rejects.count else None
    if json:
        total = {name: counts[name] for name in names}
        print_json(total | {"rejected_file": rejected_file, "runs": [run.id for run in runs]})
        return
    out.print(", ".join(f"{name.replace('_', ' ')} {counts[name]}" for name in names))
    if rejected_file:
        _report_rejects(rejects)
    if counts["new"] + counts["revised"]:
        note("`tinquan places retag` tags them with the places that they are about")
