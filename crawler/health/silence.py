"""Has a section fallen silent, by its own rhythm? Pure.

Each run notes the newest publication time that a section showed. The distinct times of a month
give the section's pauses, nights and weekends among them; a pause that is longer by half than any
of them is a silence. A ward's page that publishes twice a week is given days, a front page hours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from storage.model.runs import Run

_MONTH = timedelta(days=31)
_LEAST = timedelta(hours=6)  # shorter silences are nobody's business
_FEW, _ENOUGH = 4, 10  # pauses known: with fewer than the first nothing can be said
_FACTOR, _FACTOR_OF_FEW = 1.5, 2.5


@dataclass(frozen=True, slots=True)
class Silent:
    """A section without news: since when, and its longest pause before."""

    section: str
    newest: datetime
    longest: timedelta
    silence: timedelta

    @property
    def times(self) -> float:
        """How many times as long as the longest pause it has been silent."""
        return self.silence / self.longest


def silent_sections(runs: Sequence[Run], now: datetime) -> list[Silent]:
    """Return the sections that the newest runs looked at and that have fallen silent."""
    names = sorted({name for run in runs for name in run.newest_by_section})
    return [found for name in names if (found := _silence(name, runs, now))]


def _silence(section: str, runs: Sequence[Run], now: datetime) -> Silent | None:
    times = sorted(
        {run.newest_by_section[section] for run in runs if section in run.newest_by_section}
    )
    newest = times[-1]
    month = [time for time in times if time > newest - _MONTH]
    pauses = [after - before for before, after in pairwise(month)]
    if len(pauses) < _FEW:
        return None
    longest = max(pauses)
    factor = _FACTOR if len(pauses) >= _ENOUGH else _FACTOR_OF_FEW
    silence = now - newest
    if silence < max(_LEAST, factor * longest):
        return None
    return Silent(section, newest, longest, silence)
