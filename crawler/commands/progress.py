"""A command's progress display, on standard error if that is a terminal."""

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
    description: str,
    *,
    total: float | None = None,
    completed: float = 0,
    hidden: bool = False,
    columns: tuple[ProgressColumn, ...] = _BAR,
) -> Iterator[Callable[..., None]]:
    """Show a line; yield a function that updates its total, completed, advance or description.

    hidden: show nothing. columns: after the description; by default a bar with counts.
    """
    all_columns = (TextColumn("{task.description}"), *columns)
    hidden = hidden or not err.is_terminal
    with Progress(*all_columns, console=err, disable=hidden, transient=True) as display:
        task = display.add_task(description, total=total, completed=completed)  # type: ignore[arg-type] # rich counts in floats
        yield partial(display.update, task)
