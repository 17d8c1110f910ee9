"""Something that comes due again and again: a section, rechecks of an outlet, a maintenance job.

Pure: it is told the time.
"""

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from crawler.outlets.cadence import Cadence
from crawler.schedule.rhythm import MEMORY, Rhythm, next_visit, rhythm_of
from storage.model.runs import Outcome, Run

_ALONG = 0.25  # a section is taken along where no more of its interval is left
_RHYTHM_HOLDS = timedelta(hours=12)  # a rhythm is worked out again after that
_CUT_OFF = 2  # times in a row; a crawl that takes its machine down must not go on so
_FAILED = frozenset({Outcome.FAILED, Outcome.TIMED_OUT, Outcome.DIED})


@dataclass
class Item:
    """Something that comes due again and again."""

    outlet: str
    name: str
    kind: Literal["crawl", "recheck", "maintenance"]
    cadence: Cadence
    last: datetime | None = None  # when its last visit began
    due: datetime | None = None  # None: at once
    put_off: datetime | None = None  # not before that, as another machine has its host
    failures: int = 0  # in a row
    published: list[datetime] = field(default_factory=list)  # of a section's articles, sorted
    rhythm: Rhythm | None = None
    rhythm_at: datetime | None = None

    def reschedule(self) -> None:
        """Work out when it is due after its last visit."""
        if self.last is None:
            self.due = None
            return
        if self.rhythm_at is None or abs(self.last - self.rhythm_at) > _RHYTHM_HOLDS:
            self.rhythm, self.rhythm_at = rhythm_of(self.published, self.last), self.last
        # One seed an outlet: sections visited together come due together.
        self.due = next_visit(self.last, self.cadence, self.rhythm, self.failures, self.outlet)

    def learn(self, times: Iterable[datetime]) -> None:
        """Add publications, and forget those of long ago."""
        for moment in times:
            insort(self.published, moment)
        if self.published and self.last:
            while self.published and self.published[0] < self.last - MEMORY:
                self.published.pop(0)

    def note(self, run: Run, now: datetime) -> None:
        """Take in one run of it; what was stopped on the way leaves it as due as it was.

        So does one whose end nobody saw, as its machine was gone, but not time after time.
        """
        self.learn(run.new_by_section.get(self.name, ()))
        if run.outcome in (None, Outcome.STOPPED):
            return
        if _was_cut_off(run) and self.failures < _CUT_OFF:
            self.failures += 1
            return
        # A clock that was ahead must not put the next visit off.
        begun = min(run.started_at, now)
        self.last = begun if self.last is None else max(self.last, begun)
        self.failures = self.failures + 1 if run.outcome in _FAILED else 0

    def is_due(self, now: datetime) -> bool:
        """True from its due time on."""
        return self.due is None or self.due <= now

    def earliest(self, now: datetime) -> datetime:
        """Return when it can be started; at the earliest now."""
        return max(now, self.due or now, self.put_off or now)

    def is_nearly_due(self, now: datetime) -> bool:
        """True where it is due, or so soon that it is taken along."""
        if self.due is None or self.last is None or self.due <= now:
            return True
        if self.cadence.cron or now - self.last < self.cadence.shortest:
            return False
        return self.due - now <= _ALONG * (self.due - self.last)


def _was_cut_off(run: Run) -> bool:
    return run.outcome is Outcome.DIED and run.exit_code is None
