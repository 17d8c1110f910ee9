"""Finds sections that have fallen silent, by their own rhythm. Pure.

Each run records the newest publication time that a section showed. The distinct times of a month
give the section's pauses, nights and weekends among them; a pause half as long again as any of
them is a silence. That gives a ward's page that publishes twice a week days, a front page hours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from storage.model.runs import Run

_MONTH = timedelta(days=31)
_MIN_SILENCE = timedelta(hours=6)
_FEW_PAUSES, _MANY_PAUSES = 4, 10  # with fewer than the first, no silence can be detected
_FACTOR, _FACTOR_OF_FEW = 1.5, 2.5


@dataclass(frozen=True, slots=True)
class Silent:
    """A silent section. newest: its newest article; longest: its longest pause before."""

    section: str
    newest: datetime
    longest: timedelta
    silence: timedelta

    @property
    def times(self) -> float:
        """The silence as a multiple of the longest pause."""
        return self.silence / self.longest


def silent_sections(runs: Sequence[Run], now: datetime) -> list[Silent]:
    """Return the silent sections among those that the runs crawled."""
    names = sorted({name for run in runs for name in run.newest_by_section})
    return [silent for name in names if (silent := _silence(name, runs, now))]


def _silence(section: str, runs: Sequence[Run], now: datetime) -> Silent | None:
    times = sorted(
        {run.newest_by_section[section] for run in runs if section in run.newest_by_section}
    )
    newest = times[-1]
    month = [time for time in times if time > newest - _MONTH]
    pauses = [after - before for before, after in pairwise(month)]
    if len(pauses) < _FEW_PAUSES:
        return None
    longest = max(pauses)
    factor = _FACTOR if len(pauses) >= _MANY_PAUSES else _FACTOR_OF_FEW
    silence = now - newest
    if silence < max(_MIN_SILENCE, factor * longest):
        return None
    return Silent(section, newest, longest, silence)
