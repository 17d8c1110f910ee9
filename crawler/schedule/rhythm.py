"""When a section publishes, from when it has published; and when to look there next. Pure.

A visit costs the same whenever it is made, and what it gains is the time that new articles have
waited. For that the best interval goes with one over the square root of the rate: four times as
many articles an hour are worth twice as many visits.
"""

import hashlib
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crawler.outlets.cadence import Cadence, after_quiet
from crawler.outlets.cron import cron_trigger
from storage.model.json import LOCAL

MEMORY = timedelta(days=28)
"""What lies longer ago says nothing about a section's rhythm."""

MINUTES_AT_ONE_AN_HOUR = 24.0
"""The interval for one article an hour; benchmarks/freshness.py shows what it gives."""

_HALF_LIFE_DAYS = 10.0
_OTHER_KIND_OF_DAY = 0.25  # how much a weekend says about a working day, and the reverse
_PRIOR_HOURS = 1.0  # of the section's mean rate, for hours of which little is known
_ENOUGH = 5  # articles; fewer show no rhythm
_LEAST_RATE = 0.001  # an hour: nothing published so far does not mean never
_HOUR = timedelta(hours=1)

Hours = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Articles an hour, by local hour: of working days and of weekends."""

    working: Hours
    weekend: Hours

    def at(self, moment: datetime) -> float:
        """Return articles an hour around a moment."""
        local = moment.astimezone(LOCAL)
        return (self.weekend if local.weekday() >= 5 else self.working)[local.hour]


def rhythm_of(published: Sequence[datetime], now: datetime) -> Rhythm | None:
    """Return a section's rhythm, None where too little is known.

    published: when its articles were, sorted; the last four weeks count, the newest most.
    """
    first = bisect_left(published, now - MEMORY)
    recent = published[first : bisect_left(published, now)]
    if len(recent) < _ENOUGH or now - recent[0] < timedelta(hours=12):
        return None
    today = now.astimezone(LOCAL)
    counts = _by_age_and_hour(recent, today)
    days = (today.date() - recent[0].astimezone(LOCAL).date()).days
    mean = len(recent) / max(1.0, (now - recent[0]) / _HOUR)
    working = [(age, _weight(age, today, weekend=False)) for age in range(days + 1)]
    weekend = [(age, _weight(age, today, weekend=True)) for age in range(days + 1)]
    return Rhythm(_rates(counts, working, today, mean), _rates(counts, weekend, today, mean))


def _by_age_and_hour(recent: Sequence[datetime], today: datetime) -> Counter[tuple[int, int]]:
    """Return how many there are of each local day, by its age, and hour.

    In whole hours, as there are four thousand a section: Việt Nam's clock is never set.
    """
    offset = int((today.utcoffset() or timedelta(0)).total_seconds())
    hours = Counter((int(moment.timestamp()) + offset) // 3600 for moment in recent)
    day = (int(today.timestamp()) + offset) // 86400
    return Counter({(day - hour // 24, hour % 24): count for hour, count in hours.items()})


def _weight(age: int, today: datetime, *, weekend: bool) -> float:
    is_weekend = (today - timedelta(days=age)).weekday() >= 5
    return math.exp2(-age / _HALF_LIFE_DAYS) * (
        1.0 if is_weekend == weekend else _OTHER_KIND_OF_DAY
    )


def _rates(
    counts: Counter[tuple[int, int]],
    days: list[tuple[int, float]],
    today: datetime,
    mean: float,
) -> Hours:
    whole = sum(weight for age, weight in days if age > 0)
    seen = [whole] * 24  # hours watched, weighted; of today only those that have passed
    for hour in range(today.hour):
        seen[hour] += days[0][1]
    found = [0.0] * 24
    weights = dict(days)
    for (age, hour), count in counts.items():
        if age > 0 or hour < today.hour:
            found[hour] += weights[age] * count
    rates = [(found[h] + _PRIOR_HOURS * mean) / (seen[h] + _PRIOR_HOURS) for h in range(24)]
    smooth = (
        (rates[h - 1] + 2 * rates[h] + rates[(h + 1) % 24]) / 4 for h in range(24)
    )  # publication times do not keep to full hours
    return tuple(max(_LEAST_RATE, rate) for rate in smooth)


def interval(cadence: Cadence, rhythm: Rhythm | None, moment: datetime) -> timedelta:
    """Return the interval that fits a moment."""
    if not cadence.adaptive or rhythm is None:
        return timedelta(minutes=cadence.every_minutes)
    fitting = timedelta(minutes=MINUTES_AT_ONE_AN_HOUR / math.sqrt(rhythm.at(moment)))
    return min(max(fitting, cadence.shortest), cadence.longest)


def next_visit(
    last: datetime, cadence: Cadence, rhythm: Rhythm | None, failures: int, seed: str
) -> datetime:
    """Return when a section is due after the visit that began at `last`.

    An adaptive interval changes on its way: at night a long one runs, which shrinks where the
    morning comes. failures: visits in a row that failed; from the third on the interval doubles
    each time, up to the longest. seed: varies the jitter, which is the same for the same visit,
    so that a restart changes no due time.
    """
    if cadence.cron:
        due = cron_trigger(cadence.cron).get_next_fire_time(last, last)
        assert due is not None  # noqa: S101 - Cadence has checked that its times come
        return after_quiet(due.astimezone(UTC), cadence.quiet)
    wait = _run_down(last, cadence, rhythm) * 2 ** max(0, min(failures, 12) - 2)
    wait = min(wait, max(cadence.longest, timedelta(minutes=cadence.every_minutes)))
    shift = 1 + cadence.jitter * (2 * _share(f"{seed} {last.isoformat()}") - 1)
    least = cadence.shortest if cadence.adaptive else wait * (1 - cadence.jitter)
    return after_quiet(last + max(wait * shift, least), cadence.quiet)


def _run_down(last: datetime, cadence: Cadence, rhythm: Rhythm | None) -> timedelta:
    """Return when the shares of the intervals that pass on the way add up to one."""
    moment, left = last, 1.0
    while True:
        whole = interval(cadence, rhythm, moment)
        until = _HOUR - timedelta(
            minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond
        )
        if until >= whole * left or not cadence.adaptive:
            return moment - last + whole * left
        left -= until / whole
        moment += until


def _share(text: str) -> float:
    """Return a number from 0 to 1 that stands for a text, evenly spread."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "big") / 2**48
