"""Simulate newsrooms for a month: what outlets publish, what goes wrong, what crawls find.

A crawl takes no real time: `World.crawl` returns the row that its run would have. Everything
follows from the seed.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from crawler.health.signals import HealthSignal
from storage.model.alarms import Cause
from storage.model.json import LOCAL
from storage.model.runs import Outcome, Run, RunCounts

START = datetime(2026, 9, 1, tzinfo=LOCAL).astimezone(UTC)
DAYS = 30
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# Articles by local hour, of 100 a day, as in the outlets' feeds of 2025 and 2026.
_DAY_SHAPE = (
    0.5,
    0.3,
    0.2,
    0.2,
    0.5,
    2,
    5,
    7,
    7.5,
    7,
    7,
    6.5,
    5,
    5,
    6,
    6.5,
    7,
    7,
    6,
    5,
    4,
    2.5,
    1.5,
    1,
)
_WEEKEND = 0.6


@dataclass(frozen=True)
class Newsroom:
    """An outlet. sections: articles per day by section."""

    outlet: str
    sections: dict[str, float]


@dataclass(frozen=True)
class Fault:
    """A fault of an outlet for some time. outlet: None for one of the schedule itself."""

    outlet: str | None
    cause: Cause
    begins: datetime
    ends: datetime


ROOMS = (
    Newsroom("bao-mot", {"thoi-su": 90, "do-thi": 40}),
    Newsroom("bao-hai", {"thoi-su": 70}),
    Newsroom("bao-ba", {"ha-noi": 45, "quan-huyen": 14, "moi-truong": 6}),
    Newsroom("bao-bon", {"thoi-su": 60, "do-thi": 20}),
    Newsroom("bao-nam", {"ha-noi": 36}),
    Newsroom("bao-sau", {"thoi-su": 50, "quan-huyen": 8}),
    Newsroom("bao-bay", {"thoi-su": 28, "xa-hoi": 24}),
    Newsroom("bao-tam", {"ha-noi": 40, "xa-hoi": 18}),
    Newsroom("bao-chin", {"thoi-su": 55}),
    Newsroom("bao-muoi", {"ha-noi": 24}),
    Newsroom("phuong-mot", {"tin": 3}),
    Newsroom("phuong-hai", {"tin": 1.2}),
)


def at(day: int, hour: float) -> datetime:
    """Return the UTC time of a local day and hour of the month."""
    return START + (day - 1) * DAY + hour * HOUR


FAULTS = (
    Fault("bao-mot", Cause.UNREACHABLE, at(9, 10), at(9, 19)),
    Fault("bao-mot", Cause.TEMPLATE, at(20, 8), at(22, 8)),
    Fault("bao-hai", Cause.BLOCKED, at(11, 14), at(13, 9)),
    Fault("bao-ba", Cause.TEMPLATE, at(12, 7.5), at(14, 12)),
    Fault("bao-bon", Cause.FEED_SILENT, at(16, 9), at(18, 9)),
    Fault("bao-nam", Cause.ROBOTS, at(10, 6), at(11, 6)),
    Fault("bao-sau", Cause.TIMEOUTS, at(14, 16), at(15, 8)),
    Fault("bao-bay", Cause.NO_LINKS, at(17, 13), at(18, 20)),
    Fault("bao-tam", Cause.FEED_SILENT, at(23, 8), at(25, 8)),
    Fault("bao-chin", Cause.UNREACHABLE, at(25, 21), at(26, 12)),
    Fault("bao-muoi", Cause.BLOCKED, at(19, 9), at(20, 15)),
    Fault("phuong-mot", Cause.UNREACHABLE, at(21, 7), at(23, 7)),
)


@dataclass
class World:
    """The newsrooms' month. published: sorted times by outlet and section; listed from then on."""

    rooms: tuple[Newsroom, ...] = ROOMS
    faults: tuple[Fault, ...] = FAULTS
    seed: int = 6
    published: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)
    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    archived: list[tuple[datetime, datetime]] = field(default_factory=list)
    requests: int = 0
    runs: int = 0

    def __post_init__(self) -> None:
        """Simulate what is published in the month."""
        self._random = Random(self.seed)
        for room in self.rooms:
            for section, a_day in room.sections.items():
                times = self._month(a_day)
                silences = [f for f in self.faults_of(room.outlet) if f.cause is Cause.FEED_SILENT]
                times = [t for t in times if not any(f.begins <= t < f.ends for f in silences)]
                self.published[room.outlet, section] = times
                self.seen[room.outlet, section] = 0

    def _month(self, a_day: float) -> list[datetime]:
        times = []
        first = START - 2 * DAY  # the listings show two days at the first crawl
        for hour in range(24 * (DAYS + 2)):
            begin = first + hour * HOUR
            local = begin.astimezone(LOCAL)
            share = _DAY_SHAPE[local.hour] / 100 * (_WEEKEND if local.weekday() >= 5 else 1.0)
            count = _poisson(self._random, a_day * share)
            times += [begin + self._random.random() * HOUR for _ in range(count)]
        return sorted(times)

    def faults_of(self, outlet: str | None) -> list[Fault]:
        """Return an outlet's faults in the month."""
        return [fault for fault in self.faults if fault.outlet == outlet]

    def crawl(
        self, outlet: str, sections: tuple[str, ...], begun: datetime, wall: timedelta
    ) -> Run:
        """Return the row of a crawl. begun: in true time. wall: how far the clock is ahead."""
        self.runs += 1
        run = Run(f"r{self.runs}", outlet, begun + wall, sections=sections)
        fault = next((f for f in self.faults_of(outlet) if f.begins <= begun < f.ends), None)
        if fault is not None and fault.cause in _FAILING:
            return self._failed(run, begun, fault.cause, wall)
        return self._done(run, begun, fault.cause if fault else None, wall)

    def _failed(self, run: Run, begun: datetime, cause: Cause, wall: timedelta) -> Run:
        signal, seconds = _FAILING[cause]
        listings = 2 * len(run.sections)
        self.requests += listings + 1
        url = f"https://{run.outlet}.vn/"
        signals = {signal.value: listings if cause in {Cause.BLOCKED, Cause.TIMEOUTS} else 1}
        return _ended(
            run,
            begun + timedelta(seconds=seconds) + wall,
            Outcome.FAILED,
            RunCounts(requested=listings, failed=listings, signals=signals),
            error=f"{run.outlet}.vn: {cause}",
            evidence={signal.value: (url,)},
        )

    def _done(self, run: Run, begun: datetime, cause: Cause | None, wall: timedelta) -> Run:
        signals: dict[str, int] = {}
        newest: dict[str, datetime] = {}
        new_by_section: dict[str, tuple[datetime, ...]] = {}
        evidence: dict[str, tuple[str, ...]] = {}
        taken = begun + timedelta(seconds=4)
        for section in run.sections:
            taken += timedelta(seconds=4)  # its feed and its page
            self.requests += 2
            key = (run.outlet, section)
            if cause is Cause.NO_LINKS:
                _count(signals, HealthSignal.NO_LINKS, 2)
                url = f"https://{run.outlet}.vn/{section}/"
                evidence[HealthSignal.NO_LINKS.value] = (
                    *evidence.get(HealthSignal.NO_LINKS.value, ()),
                    url,
                )
                continue
            times = self.published[key]
            first, last = self.seen[key], bisect_right(times, begun)
            self.seen[key] = last
            _count(
                signals,
                HealthSignal.LISTINGS if last > first else HealthSignal.UNCHANGED_LISTINGS,
                2,
            )
            if last > first:
                newest[section] = times[last - 1] + min(wall, timedelta(0))
                new_by_section[section] = tuple(times[first:last])
            for moment in times[first:last]:
                taken += timedelta(seconds=2)
                self.archived.append((moment, taken))
        new = sum(map(len, new_by_section.values()))
        self.requests += 1  # robots.txt; articles are not counted: they do not depend on the visits
        self._note_articles(signals, evidence, new, cause, run.outlet)
        return _ended(
            run,
            taken + wall,
            Outcome.DONE,
            RunCounts(requested=2 * len(run.sections) + new, new=new, signals=signals),
            newest_by_section=newest,
            new_by_section=new_by_section,
            evidence=evidence,
        )

    def _note_articles(
        self,
        signals: dict[str, int],
        evidence: dict[str, tuple[str, ...]],
        new: int,
        cause: Cause | None,
        outlet: str,
    ) -> None:
        if not new:
            return
        _count(signals, HealthSignal.ARTICLES, new)
        without = new if cause is Cause.TEMPLATE else _binomial(self._random, new, 0.01)
        anonymous = _binomial(self._random, new, 0.15)
        late = _binomial(self._random, new, 0.01)
        for signal, count in (
            (HealthSignal.NO_BODY, without),
            (HealthSignal.NO_AUTHORS, anonymous),
            (HealthSignal.TIMEOUTS, late),
        ):
            if count:
                _count(signals, signal, count)
                evidence[signal.value] = (f"https://{outlet}.vn/bai-{self.runs}.html",)


_FAILING = {
    Cause.UNREACHABLE: (HealthSignal.UNREACHABLE, 40.0),
    Cause.BLOCKED: (HealthSignal.BLOCKED, 20.0),
    Cause.ROBOTS: (HealthSignal.ROBOTS, 6.0),
    Cause.TIMEOUTS: (HealthSignal.TIMEOUTS, 300.0),
}


def _ended(
    run: Run, ended_at: datetime, outcome: Outcome, counts: RunCounts, **more: object
) -> Run:
    fields = {name: getattr(run, name) for name in ("id", "outlet", "started_at", "sections")}
    return Run(**fields, ended_at=ended_at, outcome=outcome, counts=counts, **more)  # type: ignore[arg-type] # by name


def _count(signals: dict[str, int], signal: HealthSignal, by: int) -> None:
    signals[signal.value] = signals.get(signal.value, 0) + by


def _binomial(random: Random, count: int, chance: float) -> int:
    return sum(random.random() < chance for _ in range(count))


def _poisson(random: Random, mean: float) -> int:
    limit, product, count = math.exp(-mean), random.random(), 0
    while product > limit:
        product *= random.random()
        count += 1
    return count
