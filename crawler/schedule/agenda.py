"""What is due, what runs, what is to be started: the deciding heart of the schedule. Pure.

It knows no clock, no process and no archive: the driver (crawler.schedule.service) tells it the
time and what happened, and does what it says. A due time is worked out from the last visit, so
there is no queue: however long the schedule was down, a section is due once, and a maintenance job
too. All it needs to go on after a restart are the run rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crawler.outlets.cadence import Cadence
from crawler.schedule.item import Item
from storage.model.runs import Run, RunKind

PUSH = "push"
"""The name of the job that pushes closed WARC files into the object store."""


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

    @property
    def is_own(self) -> bool:
        """True of what each machine does for itself, beside the others: its own files wait."""
        return self.name == PUSH

    def waits_for(self, other: "Task") -> bool:
        """True where the other has to end before this begins."""
        if not isinstance(other, MaintenanceJob):
            return False
        return self == other or not (self.is_own or other.is_own)


Task = Visit | MaintenanceJob


@dataclass(frozen=True, slots=True)
class Wanted:
    """An outlet that is crawled: the cadence of each section, and of rechecks (None for never)."""

    outlet: str
    host: str
    cadences: Mapping[str, Cadence]
    recheck: timedelta | None = None


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
        self._items: list[Item] = []
        self._known: dict[str, dict[str, datetime]] = {}  # by outlet, the runs taken in
        self.running: list[Task] = []
        for one in monitored:
            self._hosts[one.outlet] = one.host
            for section, cadence in one.cadences.items():
                self._items.append(Item(one.outlet, section, "crawl", cadence))
            if one.recheck is not None:
                every = int(one.recheck / timedelta(minutes=1))
                steady = Cadence(every_minutes=every, adaptive=False)
                self._items.append(Item(one.outlet, "", "recheck", steady))
        for name, line in maintenance.items():
            self._items.append(Item("", name, "maintenance", Cadence(cron=line)))
        self._of: dict[tuple[str, str], list[Item]] = {}  # by outlet and kind: runs are many
        for item in self._items:
            self._of.setdefault((item.outlet, item.kind), []).append(item)

    def sections(self) -> dict[str, set[str]]:
        """Return the sections that are crawled, by outlet."""
        found: dict[str, set[str]] = {}
        for item in self._items:
            if item.kind == "crawl":
                found.setdefault(item.outlet, set()).add(item.name)
        return found

    def remember(
        self,
        runs: Iterable[Run],
        maintenance: Mapping[str, datetime],
        now: datetime,
        published: Mapping[str, Mapping[str, list[datetime]]] | None = None,
    ) -> None:
        """Take in what was done before this start: runs in any order, maintenance jobs by name.

        published: when new articles were, by outlet and section; None: the runs say it.
        """
        if published is not None:
            runs = [replace(run, new_by_section={}) for run in runs]
            for item in self._items:
                item.published = sorted(published.get(item.outlet, {}).get(item.name, ()))
        for run in sorted(runs, key=lambda run: run.started_at):
            if not run.replay and run.since is None and run.until is None:
                self._take_in(run, now)
        for item in self._items:
            if item.kind == "maintenance":
                # A new one waits for its hour; one that was missed is made up for.
                item.last = min(maintenance.get(item.name, now), now)
            item.reschedule()

    def catch_up(self, visit: Visit, runs: Sequence[Run], now: datetime) -> Visit | None:
        """Take in the outlet's newest runs, whoever made them; return what is left of a visit.

        None where nothing of it is due any more: it then no longer counts as running. runs: of the
        outlet, of as long ago as the last time at least.
        """
        oldest = min((run.started_at for run in runs), default=now)
        for run in sorted(runs, key=lambda run: run.started_at):
            if not run.replay and run.since is None and run.until is None:
                self._take_in(run, now)
        known = self._known.get(visit.outlet, {})
        self._known[visit.outlet] = {id_: at for id_, at in known.items() if at >= oldest}
        items = self._of.get((visit.outlet, visit.kind), [])
        for item in items:
            item.reschedule()
        self.running.remove(visit)
        if not any(item.is_due(now) for item in items):
            return None
        sections = self._together(visit.outlet, now) if visit.kind == "crawl" else ()
        left = replace(visit, sections=sections)
        self.running.append(left)
        return left

    def is_done(self, job: MaintenanceJob, begun: datetime | None, now: datetime) -> bool:
        """Take in when a maintenance job was begun last, by whoever; return whether that will do.

        Then it no longer counts as running.
        """
        for item in self._items:
            if _belongs(item, job) and begun is not None:
                item.last = max(item.last or begun, min(begun, now))
                item.reschedule()
        is_due = any(_belongs(item, job) and item.is_due(now) for item in self._items)
        if not is_due:
            self.running.remove(job)
        return not is_due

    def put_off(self, task: Task, until: datetime) -> None:
        """Leave a task for later that another machine may be at; it no longer counts as running."""
        self.running.remove(task)
        for item in self._items:
            if _belongs(item, task):
                item.put_off = until

    def _take_in(self, run: Run, now: datetime) -> None:
        known = self._known.setdefault(run.outlet, {})
        if run.id in known:
            return
        if run.outcome is not None:
            known[run.id] = run.started_at
        for item in self._of.get((run.outlet, run.kind), ()):
            if run.kind == "recheck" or item.name in run.sections:
                item.note(run, now)

    def take(self, now: datetime) -> list[Task]:
        """Return what is to be started now, and count it as running."""
        taken: list[Task] = []
        for item in sorted(self._due_items(now), key=_urgency):
            task = self._task(item, now)
            if task is not None:
                taken.append(task)
                self.running.append(task)
        return taken

    def _due_items(self, now: datetime) -> list[Item]:
        return [item for item in self._items if item.earliest(now) <= now]

    def _task(self, item: Item, now: datetime) -> Task | None:
        if item.kind == "maintenance":
            job = MaintenanceJob(item.name)
            return None if any(map(job.waits_for, self.running)) else job
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
            if item.outlet == outlet and item.kind == "crawl" and item.is_nearly_due(now)
        )

    def ended(self, task: Task, run: Run | None, begun: datetime, now: datetime) -> None:
        """Note that a task has ended. run: its row, where it left one. begun: when it started."""
        self.running.remove(task)
        if run is not None:
            self._known.setdefault(run.outlet, {})[run.id] = run.started_at
        for item in self._items:
            if not _belongs(item, task):
                continue
            if run is not None:
                item.note(run, now)
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
        return max(
            now, min((item.earliest(now) for item in waiting), default=now + timedelta(days=1))
        )

    def dues(self) -> dict[tuple[str, str], datetime | None]:
        """Return when each section is due, by outlet and section; None: at once."""
        return {(i.outlet, i.name): i.due for i in self._items if i.kind == "crawl"}


def _urgency(item: Item) -> tuple[bool, float]:
    """What waits longest comes first, crawls before looking at known articles again."""
    return item.kind == "recheck", item.due.timestamp() if item.due else 0.0


def _belongs(item: Item, task: Task) -> bool:
    if isinstance(task, MaintenanceJob):
        return item.kind == "maintenance" and item.name == task.name
    if item.outlet != task.outlet or item.kind != task.kind:
        return False
    return task.kind == "recheck" or item.name in task.sections
