"""What is due, what runs, what is to be started: the deciding heart of the schedule. Pure.

It knows no clock, no process and no archive: the driver (crawler.schedule.service) tells it the
time and what happened, and does what it says. A due time is worked out from the last visit, so
there is no queue: however long the schedule was down, a section is due once, and a maintenance job
too. All it needs to go on after a restart are the run rows.
"""

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from crawler.outlets.cadence import Cadence
from crawler.schedule.rhythm import MEMORY, Rhythm, next_visit, rhythm_of
from storage.model.runs import Outcome, Run, RunKind

_ALONG = 0.25  # a section is taken along where no more of its interval is left
_RHYTHM_HOLDS = timedelta(hours=12)  # a rhythm is worked out again after that
_FAILED = frozenset({Outcome.FAILED, Outcome.TIMED_OUT, Outcome.DIED})


@dataclass(frozen=True, slots=True)
class Visit:
    """A crawl to be started: of some sections of an outlet, or of its articles again."""

    outlet: str
    host: str
    kind: RunKind
    sections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MaintenanceJob:
    """A maintenance job to be started: one at a time, beside the crawls."""

    name: str


Task = Visit | MaintenanceJob


@dataclass(frozen=True, slots=True)
class Wanted:
    """An outlet that is crawled: the cadence of each section, and of rechecks (None for never)."""

    outlet: str
    host: str
    cadences: Mapping[str, Cadence]
    recheck: timedelta | None = None


@dataclass
class _Item:
    """Something that comes due again and again."""

    outlet: str
    name: str
    kind: Literal["crawl", "recheck", "maintenance"]
    cadence: Cadence
    last: datetime | None = None  # when its last visit began
    due: datetime | None = None  # None: at once
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


class Agenda:
    """The schedule's state; its methods are told what time it is. All times are UTC.

    watched: the outlets. maintenance: cron lines by the maintenance job's name. jobs: crawls at
    the same time.
    """

    def __init__(
        self, monitored: Iterable[Wanted], maintenance: Mapping[str, str], jobs: int
    ) -> None:
        """Begin with everything due at once; `remember` what was done before."""
        self._jobs = jobs
        self._hosts: dict[str, str] = {}
        self._items: list[_Item] = []
        self.running: list[Task] = []
        for one in monitored:
            self._hosts[one.outlet] = one.host
            for section, cadence in one.cadences.items():
                self._items.append(_Item(one.outlet, section, "crawl", cadence))
            if one.recheck is not None:
                every = int(one.recheck / timedelta(minutes=1))
                steady = Cadence(every_minutes=every, adaptive=False)
                self._items.append(_Item(one.outlet, "", "recheck", steady))
        for name, line in maintenance.items():
            self._items.append(_Item("", name, "maintenance", Cadence(cron=line)))

    def remember(
        self, runs: Iterable[Run], maintenance: Mapping[str, datetime], now: datetime
    ) -> None:
        """Take in what was done before this start: runs in any order, maintenance jobs by name."""
        for run in sorted(runs, key=lambda run: run.started_at):
            if not run.replay and run.since is None and run.until is None:
                self._take_in(run, now)
        for item in self._items:
            if item.kind == "maintenance":
                # A new one waits for its hour; one that was missed is made up for.
                item.last = min(maintenance.get(item.name, now), now)
            item.reschedule()

    def _take_in(self, run: Run, now: datetime) -> None:
        for item in self._items:
            if item.outlet != run.outlet or item.kind != run.kind:
                continue
            if run.kind == "recheck" or item.name in run.sections:
                self._note(item, run, now)

    def _note(self, item: _Item, run: Run, now: datetime) -> None:
        """Note one run of an item's; what was stopped on the way leaves it as due as it was."""
        item.learn(run.new_of.get(item.name, ()))
        if run.outcome in (None, Outcome.STOPPED):
            return
        # A clock that was ahead must not put the next visit off.
        begun = min(run.started_at, now)
        item.last = begun if item.last is None else max(item.last, begun)
        item.failures = item.failures + 1 if run.outcome in _FAILED else 0

    def take(self, now: datetime) -> list[Task]:
        """Return what is to be started now, and count it as running."""
        taken: list[Task] = []
        for item in sorted(self._due_items(now), key=_urgency):
            task = self._task(item, now)
            if task is not None:
                taken.append(task)
                self.running.append(task)
        return taken

    def _due_items(self, now: datetime) -> list[_Item]:
        return [item for item in self._items if item.due is None or item.due <= now]

    def _task(self, item: _Item, now: datetime) -> Task | None:
        if item.kind == "maintenance":
            busy = any(isinstance(task, MaintenanceJob) for task in self.running)
            return None if busy else MaintenanceJob(item.name)
        crawls = [task for task in self.running if isinstance(task, Visit)]
        host = self._hosts[item.outlet]
        if len(crawls) >= self._jobs or any(task.host == host for task in crawls):
            return None
        if item.kind == "recheck":
            return Visit(item.outlet, host, "recheck")
        return Visit(item.outlet, host, "crawl", self._together(item.outlet, now))

    def _together(self, outlet: str, now: datetime) -> tuple[str, ...]:
        """Return the outlet's sections that are due, or so soon that one crawl does for them."""
        return tuple(
            item.name
            for item in self._items
            if item.outlet == outlet and item.kind == "crawl" and _is_nearly_due(item, now)
        )

    def ended(self, task: Task, run: Run | None, begun: datetime, now: datetime) -> None:
        """Note that a task has ended. run: its row, where it left one. begun: when it started."""
        self.running.remove(task)
        for item in self._items:
            if not _belongs(item, task):
                continue
            if run is not None:
                self._note(item, run, now)
            else:
                item.last = min(begun, now)
            item.reschedule()

    def clock_stepped(self, step: timedelta, now: datetime) -> None:
        """Take in that the clock was set by `step` and now says `now`.

        Set back: what was due in an hour of real time still is. Set forward: nothing is changed,
        what was skipped is due, once; for a machine that slept, that is how it should be.
        """
        if step >= timedelta(0):
            return
        for item in self._items:
            if item.last is not None:
                item.last = min(item.last + step, now)
            item.rhythm_at = None
            item.reschedule()

    def next_wake(self, now: datetime) -> datetime:
        """Return when something comes due that could be started; `now` where something has."""
        waiting = [item for item in self._items if not any(_belongs(item, t) for t in self.running)]
        return max(now, min((item.due or now for item in waiting), default=now + timedelta(days=1)))

    def dues(self) -> dict[tuple[str, str], datetime | None]:
        """Return when each section is due, by outlet and section; None: at once."""
        return {(i.outlet, i.name): i.due for i in self._items if i.kind == "crawl"}


def _urgency(item: _Item) -> tuple[bool, float]:
    """What waits longest comes first, crawls before looking at known articles again."""
    return item.kind == "recheck", item.due.timestamp() if item.due else 0.0


def _is_nearly_due(item: _Item, now: datetime) -> bool:
    if item.due is None or item.last is None or item.due <= now:
        return True
    if item.cadence.cron or now - item.last < item.cadence.shortest:
        return False
    return item.due - now <= _ALONG * (item.due - item.last)


def _belongs(item: _Item, task: Task) -> bool:
    if isinstance(task, MaintenanceJob):
        return item.kind == "maintenance" and item.name == task.name
    if item.outlet != task.outlet or item.kind != task.kind:
        return False
    return task.kind == "recheck" or item.name in task.sections
