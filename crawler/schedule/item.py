"""An item of the agenda: a section, an outlet's rechecks, or a maintenance job. Pure."""

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from crawler.outlets.cadence import Cadence
from crawler.schedule.rhythm import MEMORY, Rhythm, next_visit, rhythm_of
from storage.model.runs import Outcome, Run

_NEARLY_DUE = 0.25  # the share of a section's interval that may be left if others are crawled
_RHYTHM_LIFETIME = timedelta(hours=12)  # after that it is computed again
_MAX_CUT_OFF = 2  # times in a row: a crawl that takes its machine down must not repeat for ever
_FAILED = frozenset({Outcome.FAILED, Outcome.TIMED_OUT, Outcome.DIED})


@dataclass
class Item:
    """A recurring item of the agenda."""

    outlet: str
    name: str
    kind: Literal["crawl", "recheck", "maintenance"]
    cadence: Cadence
    last: datetime | None = None  # when its last visit began
    due: datetime | None = None  # None: at once
    not_before: datetime | None = None  # postponed: another machine has its host
    failures: int = 0  # in a row
    published: list[datetime] = field(default_factory=list)  # of a section's articles, sorted
    rhythm: Rhythm | None = None
    rhythm_at: datetime | None = None

    def reschedule(self) -> None:
        """Compute when it is due after its last visit."""
        if self.last is None:
            self.due = None
            return
        if self.rhythm_at is None or abs(self.last - self.rhythm_at) > _RHYTHM_LIFETIME:
            self.rhythm, self.rhythm_at = rhythm_of(self.published, self.last), self.last
        # The outlet seeds the jitter: sections visited together come due together.
        self.due = next_visit(self.last, self.cadence, self.rhythm, self.failures, self.outlet)

    def learn(self, times: Iterable[datetime]) -> None:
        """Add publication times, and drop those older than `MEMORY`."""
        for moment in times:
            insort(self.published, moment)
        if self.published and self.last:
            while self.published and self.published[0] < self.last - MEMORY:
                self.published.pop(0)

    def record(self, run: Run, now: datetime) -> None:
        """Record one of its runs; a stopped run leaves it as due as it was.

        So does a run that died with its machine, but not more than twice in a row.
        """
        self.learn(run.new_by_section.get(self.name, ()))
        if run.outcome in (None, Outcome.STOPPED):
            return
        if _was_cut_off(run) and self.failures < _MAX_CUT_OFF:
            self.failures += 1
            return
        # A clock that was ahead must not delay the next visit.
        started_at = min(run.started_at, now)
        self.last = started_at if self.last is None else max(self.last, started_at)
        self.failures = self.failures + 1 if run.outcome in _FAILED else 0

    def is_due(self, now: datetime) -> bool:
        """True from its due time on."""
        return self.due is None or self.due <= now

    def earliest(self, now: datetime) -> datetime:
        """Return the earliest time at which it can be started, `now` at least."""
        return max(now, self.due or now, self.not_before or now)

    def is_nearly_due(self, now: datetime) -> bool:
        """True if it is due, or so nearly that a crawl of other sections includes it."""
        if self.due is None or self.last is None or self.due <= now:
            return True
        if self.cadence.cron or now - self.last < self.cadence.shortest:
            return False
        return self.due - now <= _NEARLY_DUE * (self.due - self.last)


def _was_cut_off(run: Run) -> bool:
    return run.outcome is Outcome.DIED and run.exit_code is None
