"""Simulate a month of the schedule by an injected clock: agenda, invented newsrooms, alarms."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from crawler.health.rules import MonitoredOutlet, findings_of, late_findings
from crawler.health.signals import HealthSignal
from crawler.outlets.cadence import Cadence
from crawler.schedule.agenda import Agenda, Visit, Wanted
from storage.model.alarms import Cause
from storage.model.runs import Outcome, Run
from tests.support.newsroom import DAY, DAYS, HOUR, MINUTE, START, World

_LOOK = 5 * MINUTE
_REACH = 10 * DAY  # less than LOOK_BACK: quicker to read, and harder to evaluate


@dataclass(frozen=True)
class Started:
    """A crawl's start, in true time. due: when each section was due, by the agenda."""

    visit: Visit
    at: datetime
    due: dict[str, datetime | None]


@dataclass(frozen=True)
class Opened:
    """An alarm that opened, in true time."""

    at: datetime
    outlet: str | None
    cause: Cause


@dataclass
class Month:
    """A simulated month of the schedule.

    crashes: when the schedule is killed, and for how long it is down. ahead: how far its clock is
    ahead until `set_at`. looks: whether alarms are evaluated.
    """

    world: World
    cadence: Cadence = field(default_factory=Cadence)
    jobs: int = 4
    crashes: tuple[tuple[datetime, timedelta], ...] = ()
    ahead: timedelta = timedelta(0)
    set_at: datetime = START
    looks: bool = True
    started: list[Started] = field(default_factory=list)
    opened: list[Opened] = field(default_factory=list)
    rows: dict[str, list[Run]] = field(default_factory=dict)  # by outlet, oldest first
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self._open: set[tuple[str | None, Cause]] = set()
        self._under_way: list[tuple[datetime, Visit, Run, datetime]] = []
        self._evaluated: dict[str | None, datetime] = {}
        self.rows = {room.outlet: [] for room in self.world.rooms}

    def wall(self, moment: datetime) -> timedelta:
        """Return how far the schedule's clock is ahead at a true time."""
        return self.ahead if moment < self.set_at else timedelta(0)

    @property
    def wanted(self) -> list[Wanted]:
        return [
            Wanted(room.outlet, f"{room.outlet}.vn", dict.fromkeys(room.sections, self.cadence))
            for room in self.world.rooms
        ]

    def run(self) -> None:
        """Simulate the month."""
        begin = START
        for crash, gone in (*self.crashes, (START + DAYS * DAY, timedelta(0))):
            self._live(begin, crash)
            for _, visit, run, _ in self._under_way:  # killed with the schedule: the rows stay open
                self.rows[visit.outlet].append(replace(run, outcome=None, ended_at=None))
            self._under_way.clear()
            begin = crash + gone

    def _live(self, begin: datetime, end: datetime) -> None:
        """Simulate one process of the schedule from `begin` to `end`, in true time."""
        agenda = Agenda(self.wanted, {}, self.jobs)
        for rows in self.rows.values():
            rows[:] = [_closed(run, begin + self.wall(begin)) for run in rows]
        known = [run for rows in self.rows.values() for run in rows]
        agenda.remember(known, {}, begin + self.wall(begin))
        self._evaluate_all(begin)
        now, wall = begin, self.wall(begin)
        while now < end:
            if self.wall(now) != wall:
                step, wall = self.wall(now) - wall, self.wall(now)
                agenda.clock_stepped(step, now + wall)
            self._end_runs(agenda, now)
            self._start(agenda, now)
            self._evaluate_all(now)
            now = min(self._next(agenda, now), end)

    def _next(self, agenda: Agenda, now: datetime) -> datetime:
        wake = agenda.next_wake(now + self.wall(now)) - self.wall(now)
        ends = [end for end, *_ in self._under_way]
        moments = [max(wake, now + MINUTE / 60), *ends, now + HOUR]
        if now < self.set_at:
            moments.append(self.set_at)
        return min(moments)

    def _start(self, agenda: Agenda, now: datetime) -> None:
        dues = agenda.dues()
        for task in agenda.take(now + self.wall(now)):
            assert isinstance(task, Visit)
            due = {name: dues[task.outlet, name] for name in task.sections}
            self.started.append(Started(task, now, due))
            run = self.world.crawl(task.outlet, task.sections, now, self.wall(now))
            assert run.ended_at is not None
            took = run.ended_at - run.started_at
            assert all(task.host != visit.host for _, visit, *_ in self._under_way)
            self._under_way.append((now + took, task, run, now))
        self.most_at_once = max(self.most_at_once, len(self._under_way))

    def _end_runs(self, agenda: Agenda, now: datetime) -> None:
        for item in [item for item in self._under_way if item[0] <= now]:
            self._under_way.remove(item)
            _, visit, run, begun = item
            self.rows[visit.outlet].append(run)
            agenda.ended(visit, run, begun + self.wall(now), now + self.wall(now))
            self._evaluate(visit.outlet, now)

    # The alarms, evaluated as by the schedule

    def _monitored(self, outlet: str) -> MonitoredOutlet:
        return MonitoredOutlet(outlet, "epi", self.cadence.longest * (1 + self.cadence.jitter))

    def _evaluate(self, outlet: str, now: datetime) -> None:
        """Evaluate an outlet after each odd run, else now and then: evaluating takes most time."""
        ill = any(name == outlet for name, _ in self._open)
        last = self._evaluated.get(outlet)
        pause = 3 * HOUR if ill else 8 * HOUR
        fresh = last is not None and now - last < pause
        if not self.looks or (fresh and (ill or not _is_odd(self.rows[outlet]))):
            return
        self._evaluated[outlet] = now
        wall = now + self.wall(now)
        runs = list(_newest_first(self.rows[outlet], wall - _REACH))
        found = {f.cause for f in findings_of(self._monitored(outlet), runs, wall)}
        self._sync(outlet, found, now)

    def _evaluate_all(self, now: datetime) -> None:
        last = self._evaluated.get(None)
        if not self.looks or (last is not None and timedelta(0) <= now - last < _LOOK):
            return
        self._evaluated[None] = now
        monitored = [self._monitored(room.outlet) for room in self.world.rooms]
        started = {outlet: rows[-1].started_at for outlet, rows in self.rows.items() if rows}
        late = late_findings(monitored, started, now + self.wall(now), since=START)
        self._sync(None, {f.cause for f in late if f.outlet is None}, now)

    def _sync(self, outlet: str | None, found: set[Cause], now: datetime) -> None:
        before = {cause for name, cause in self._open if name == outlet}
        self.opened += [Opened(now, outlet, cause) for cause in sorted(found - before)]
        self._open -= {(outlet, cause) for cause in before - found}
        self._open |= {(outlet, cause) for cause in found}


def _newest_first(rows: list[Run], since: datetime) -> Iterator[Run]:
    return (run for run in reversed(rows) if run.started_at >= since)


def _closed(run: Run, now: datetime) -> Run:
    if run.outcome is not None:
        return run
    return replace(run, outcome=Outcome.DIED, ended_at=now, error="its process is gone")


def _is_odd(rows: list[Run]) -> bool:
    run = rows[-1]
    signals = run.counts.signals
    return (
        run.outcome is not Outcome.DONE
        or HealthSignal.NO_LINKS in signals
        or signals.get(HealthSignal.NO_BODY.value, 0) > 0
    )
