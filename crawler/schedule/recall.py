"""Loads an agenda's history at its start, without reading every run of a month."""

from collections.abc import Mapping
from datetime import datetime

from crawler.schedule.agenda import Agenda
from crawler.schedule.rhythm import MEMORY
from storage.archive import Archive
from storage.model.runs import Run

_NEWEST = 12  # runs of an outlet; they usually include the last one of each section


def recall(
    archive: Archive, agenda: Agenda, maintenance: Mapping[str, datetime], now: datetime
) -> None:
    """Load into an agenda the runs of its outlets. maintenance: as in `Agenda.remember`."""
    newest = archive.runs.newest(_NEWEST, now - MEMORY)
    runs = [
        run
        for outlet, own in agenda.sections().items()
        for run in _recent_runs(archive, outlet, own, newest.get(outlet, []), now)
    ]
    agenda.remember(runs, maintenance, now, archive.runs.published(now - MEMORY))


def _recent_runs(
    archive: Archive, outlet: str, sections: set[str], newest: list[Run], now: datetime
) -> list[Run]:
    """Return an outlet's newest runs; all of a month's if those leave a section out."""
    visited = {name for run in newest if _is_visit(run) for name in run.sections}
    if len(newest) < _NEWEST or sections <= visited:
        return newest
    return archive.runs.find(outlet, since=now - MEMORY)


def _is_visit(run: Run) -> bool:
    return run.kind == "crawl" and run.outcome is not None and not run.replay
