"""The schedule's decisions: which tasks are due, running, or to be started. Pure.

It uses no clock, process or archive: its driver (crawler.schedule.service) passes the time and the
events, and starts the tasks that it returns. A due time is computed from the last visit, so there
is no queue: however long the schedule was down, a section or maintenance job is due once. After a
restart, the run rows are all it needs.
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
    """A crawl to be started: of some sections of an outlet, or a recheck of its articles."""

    outlet: str
    host: str
    kind: RunKind
    sections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MaintenanceJob:
    """A maintenance job to be started: one at a time, in parallel with crawls."""

    name: str

    @property
    def is_own(self) -> bool:
        """True if each machine runs it for itself, in parallel: it concerns the machine's files."""
        return self.name == PUSH

    def waits_for(self, other: "Task") -> bool:
        """True if the other task has to end before this one starts."""
        if not isinstance(other, MaintenanceJob):
            return False
        return self == other or not (self.is_own or other.is_own)


Task = Visit | MaintenanceJob


@dataclass(frozen=True, slots=True)
class Wanted:
    """A scheduled outlet: the cadence of each section, and of rechecks (None for never)."""

    outlet: str
    host: str
    cadences: Mapping[str, Cadence]
    recheck: timedelta | None = None


class Agenda:
    """The schedule's state; its methods take the current time. All times are UTC.

    monitored: the outlets. maintenance: cron lines by the maintenance job's name. jobs: the most
    crawls at the same time.
    """

    def __init__(
        self, monitored: Iterable[Wanted], maintenance: Mapping[str, str], jobs: int
    ) -> None:
        """Start with everything due at once; `remember` adds what was done before."""
        self._jobs = jobs
        self._hosts: dict[str, str] = {}
        self._items: list[Item] = []
        self._recorded: dict[str, dict[str, datetime]] = {}  # by outlet: start times of runs by id
        self.running: list[Task] = []
        for outlet in monitored:
            self._hosts[outlet.outlet] = outlet.host
            for section, cadence in outlet.cadences.items():
                self._items.append(Item(outlet.outlet, section, "crawl", cadence))
            if outlet.recheck is not None:
                minutes = int(outlet.recheck / timedelta(minutes=1))
                fixed = Cadence(every_minutes=minutes, adaptive=False)
                self._items.append(Item(outlet.outlet, "", "recheck", fixed))
        for name, line in maintenance.items():
            self._items.append(Item("", name, "maintenance", Cadence(cron=line)))
        self._items_by_kind: dict[tuple[str, str], list[Item]] = {}  # an index, as runs are many
        for item in self._items:
            self._items_by_kind.setdefault((item.outlet, item.kind), []).append(item)

    def sections(self) -> dict[str, set[str]]:
        """Return the sections that are crawled, by outlet."""
        sections: dict[str, set[str]] = {}
        for item in self._items:
            if item.kind == "crawl":
                sections.setdefault(item.outlet, set()).add(item.name)
        return sections

    def remember(
        self,
        runs: Iterable[Run],
        maintenance: Mapping[str, datetime],
        now: datetime,
        published: Mapping[str, Mapping[str, list[datetime]]] | None = None,
    ) -> None:
        """Record what was done before this start.

        runs: in any order. maintenance: when each job was started last, by name. published: the
        publication times of new articles, by outlet and section; None to take them from the runs.
        """
        if published is not None:
            runs = [replace(run, new_by_section={}) for run in runs]
            for item in self._items:
                item.published = sorted(published.get(item.outlet, {}).get(item.name, ()))
        for run in sorted(runs, key=lambda run: run.started_at):
            if not run.replay and run.since is None and run.until is None:
                self._record(run, now)
        for item in self._items:
            if item.kind == "maintenance":
                # A new job waits for its time; a missed one is made up for.
                item.last = min(maintenance.get(item.name, now), now)
            item.reschedule()

    def catch_up(self, visit: Visit, runs: Sequence[Run], now: datetime) -> Visit | None:
        """Record an outlet's newest runs, of any machine; return the part of a visit still due.

        Returns None if nothing of it is due any longer; it then no longer counts as running.
        runs: the outlet's, at least as far back as the last time.
        """
        oldest = min((run.started_at for run in runs), default=now)
        for run in sorted(runs, key=lambda run: run.started_at):
            if not run.replay and run.since is None and run.until is None:
                self._record(run, now)
        recorded = self._recorded.get(visit.outlet, {})
        self._recorded[visit.outlet] = {id_: at for id_, at in recorded.items() if at >= oldest}
        items = self._items_by_kind.get((visit.outlet, visit.kind), [])
        for item in items:
            item.reschedule()
        self.running.remove(visit)
        if not any(item.is_due(now) for item in items):
            return None
        sections = self._due_sections(visit.outlet, now) if visit.kind == "crawl" else ()
        remaining = replace(visit, sections=sections)
        self.running.append(remaining)
        return remaining

    def is_done(self, job: MaintenanceJob, started_at: datetime | None, now: datetime) -> bool:
        """Record when a maintenance job was started last, on any machine; True if none is due.

        It then no longer counts as running.
        """
        for item in self._items:
            if _belongs(item, job) and started_at is not None:
                item.last = max(item.last or started_at, min(started_at, now))
                item.reschedule()
        is_due = any(_belongs(item, job) and item.is_due(now) for item in self._items)
        if not is_due:
            self.running.remove(job)
        return not is_due

    def postpone(self, task: Task, until: datetime) -> None:
        """Postpone a task that another machine may run; it no longer counts as running."""
        self.running.remove(task)
        for item in self._items:
            if _belongs(item, task):
                item.not_before = until

    def _record(self, run: Run, now: datetime) -> None:
        recorded = self._recorded.setdefault(run.outlet, {})
        if run.id in recorded:
            return
        if run.outcome is not None:
            recorded[run.id] = run.started_at
        for item in self._items_by_kind.get((run.outlet, run.kind), ()):
            if run.kind == "recheck" or item.name in run.sections:
                item.record(run, now)

    def take(self, now: datetime) -> list[Task]:
        """Return the tasks to start now; they count as running from here on."""
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
        return Visit(item.outlet, host, "crawl", self._due_sections(item.outlet, now))

    def _due_sections(self, outlet: str, now: datetime) -> tuple[str, ...]:
        """Return the outlet's sections that are due, or so nearly that one crawl covers them."""
        return tuple(
            item.name
            for item in self._items
            if item.outlet == outlet and item.kind == "crawl" and item.is_nearly_due(now)
        )

    def ended(self, task: Task, run: Run | None, started_at: datetime, now: datetime) -> None:
        """Record that a task has ended. run: its row; None if it wrote none."""
        self.running.remove(task)
        if run is not None:
            self._recorded.setdefault(run.outlet, {})[run.id] = run.started_at
        for item in self._items:
            if not _belongs(item, task):
                continue
            if run is not None:
                item.record(run, now)
            else:
                item.last = min(started_at, now)
            item.reschedule()

    def clock_stepped(self, step: timedelta, now: datetime) -> None:
        """Adjust to a clock that was set by `step` and now shows `now`.

        Set back: a task that was due in an hour of real time still is. Set forward: nothing
        changes, and skipped tasks are due, once; that also suits a machine that was asleep.
        """
        if step >= timedelta(0):
            return
        for item in self._items:
            if item.last is not None:
                item.last = min(item.last + step, now)
            item.rhythm_at = None
            item.reschedule()

    def next_wake(self, now: datetime) -> datetime:
        """Return when the next task comes due that is not running; `now` if one is due."""
        waiting = [item for item in self._items if not any(_belongs(item, t) for t in self.running)]
        return max(
            now, min((item.earliest(now) for item in waiting), default=now + timedelta(days=1))
        )

    def dues(self) -> dict[tuple[str, str], datetime | None]:
        """Return when each section is due, by outlet and section; None for at once."""
        return {(i.outlet, i.name): i.due for i in self._items if i.kind == "crawl"}


def _urgency(item: Item) -> tuple[bool, float]:
    """Return a sort key: crawls before rechecks, and the longest overdue first."""
    return item.kind == "recheck", item.due.timestamp() if item.due else 0.0


def _belongs(item: Item, task: Task) -> bool:
    if isinstance(task, MaintenanceJob):
        return item.kind == "maintenance" and item.name == task.name
    if item.outlet != task.outlet or item.kind != task.kind:
        return False
    return task.kind == "recheck" or item.name in task.sections
