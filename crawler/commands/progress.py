"""How far a command's work is, shown on standard error where that is a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from crawler.commands.common import err

_BAR = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


@contextmanager
def progress(
    doing: str,
    *,
    total: float | None = None,
    completed: float = 0,
    hidden: bool = False,
    columns: tuple[ProgressColumn, ...] = _BAR,
) -> Iterator[Callable[..., None]]:
    """Show a line; yield what updates it by total, completed, advance or description.

    hidden: show nothing. columns: after the description, a bar with counts if not given.
    """
    every = (TextColumn("{task.description}"), *columns)
    hidden = hidden or not err.is_terminal
    with Progress(*every, console=err, disable=hidden, transient=True) as shown:
        yield partial(shown.update, shown.add_task(doing, total=total, completed=completed))  # type: ignore[arg-type] # rich counts in floats
