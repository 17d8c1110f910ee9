"""A section's publishing rhythm, from past publication times, and when to visit it next. Pure.

Each visit costs the same, and saves new articles waiting time. The total wait is least if the
interval is proportional to one over the square root of the publication rate: four times as many
articles an hour are worth twice as many visits.
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
"""How far back publication times count for a section's rhythm."""

MINUTES_AT_ONE_AN_HOUR = 24.0
"""The interval for one article an hour; benchmarks/freshness.py shows its effect."""

_HALF_LIFE_DAYS = 10.0
_OTHER_DAY_WEIGHT = 0.25  # of weekends for the working days' rates, and the reverse
_PRIOR_HOURS = 1.0  # weight of the section's mean rate, against few observed hours
_MIN_ARTICLES = 5  # fewer show no rhythm
_MIN_RATE = 0.001  # an hour: nothing published so far does not mean never
_HOUR = timedelta(hours=1)

Hours = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Articles an hour, by local hour: of working days and of weekends."""

    working: Hours
    weekend: Hours

    def at(self, moment: datetime) -> float:
        """Return the rate, in articles an hour, at a moment."""
        local = moment.astimezone(LOCAL)
        return (self.weekend if local.weekday() >= 5 else self.working)[local.hour]


def rhythm_of(published: Sequence[datetime], now: datetime) -> Rhythm | None:
    """Return a section's rhythm, None if there are too few articles.

    published: its articles' times, sorted; the last four weeks count, the newest days most.
    """
    first = bisect_left(published, now - MEMORY)
    recent = published[first : bisect_left(published, now)]
    if len(recent) < _MIN_ARTICLES or now - recent[0] < timedelta(hours=12):
        return None
    today = now.astimezone(LOCAL)
    counts = _by_age_and_hour(recent, today)
    days = (today.date() - recent[0].astimezone(LOCAL).date()).days
    mean = len(recent) / max(1.0, (now - recent[0]) / _HOUR)
    working = [(age, _weight(age, today, weekend=False)) for age in range(days + 1)]
    weekend = [(age, _weight(age, today, weekend=True)) for age in range(days + 1)]
    return Rhythm(_rates(counts, working, today, mean), _rates(counts, weekend, today, mean))


def _by_age_and_hour(recent: Sequence[datetime], today: datetime) -> Counter[tuple[int, int]]:
    """Count publication times by the age of their local day, in days, and the local hour.

    Computed in whole hours for speed, as a section has some four thousand; it is exact, because
    Việt Nam has no daylight saving time.
    """
    offset = int((today.utcoffset() or timedelta(0)).total_seconds())
    hours = Counter((int(moment.timestamp()) + offset) // 3600 for moment in recent)
    day = (int(today.timestamp()) + offset) // 86400
    return Counter({(day - hour // 24, hour % 24): count for hour, count in hours.items()})


def _weight(age: int, today: datetime, *, weekend: bool) -> float:
    is_weekend = (today - timedelta(days=age)).weekday() >= 5
    return math.exp2(-age / _HALF_LIFE_DAYS) * (1.0 if is_weekend == weekend else _OTHER_DAY_WEIGHT)


def _rates(
    counts: Counter[tuple[int, int]],
    days: list[tuple[int, float]],
    today: datetime,
    mean: float,
) -> Hours:
    past_days = sum(weight for age, weight in days if age > 0)
    hours = [past_days] * 24  # weighted hours observed; of today only those that have passed
    for hour in range(today.hour):
        hours[hour] += days[0][1]
    articles = [0.0] * 24
    weights = dict(days)
    for (age, hour), count in counts.items():
        if age > 0 or hour < today.hour:
            articles[hour] += weights[age] * count
    rates = [(articles[h] + _PRIOR_HOURS * mean) / (hours[h] + _PRIOR_HOURS) for h in range(24)]
    smooth = (
        (rates[h - 1] + 2 * rates[h] + rates[(h + 1) % 24]) / 4 for h in range(24)
    )  # publication times do not keep to full hours
    return tuple(max(_MIN_RATE, rate) for rate in smooth)


def interval(cadence: Cadence, rhythm: Rhythm | None, moment: datetime) -> timedelta:
    """Return the interval between visits that suits the rate at a moment."""
    if not cadence.adaptive or rhythm is None:
        return timedelta(minutes=cadence.every_minutes)
    fitting = timedelta(minutes=MINUTES_AT_ONE_AN_HOUR / math.sqrt(rhythm.at(moment)))
    return min(max(fitting, cadence.shortest), cadence.longest)


def next_visit(
    last: datetime, cadence: Cadence, rhythm: Rhythm | None, failures: int, seed: str
) -> datetime:
    """Return when a section is due after the visit that began at `last`.

    An adaptive interval follows the rate while it runs: one that begins long at night gets shorter
    in the morning. failures: failed visits in a row; from the third on the interval doubles each
    time, up to the longest. seed: of the jitter, which is the same for the same visit, so that a
    restart changes no due time.
    """
    if cadence.cron:
        due = cron_trigger(cadence.cron).get_next_fire_time(last, last)
        assert due is not None  # noqa: S101 - Cadence has checked that the line has a next time
        return after_quiet(due.astimezone(UTC), cadence.quiet)
    wait = _integrate_interval(last, cadence, rhythm) * 2 ** max(0, min(failures, 12) - 2)
    wait = min(wait, max(cadence.longest, timedelta(minutes=cadence.every_minutes)))
    shift = 1 + cadence.jitter * (2 * _hash_fraction(f"{seed} {last.isoformat()}") - 1)
    min_wait = cadence.shortest if cadence.adaptive else wait * (1 - cadence.jitter)
    return after_quiet(last + max(wait * shift, min_wait), cadence.quiet)


def _integrate_interval(last: datetime, cadence: Cadence, rhythm: Rhythm | None) -> timedelta:
    """Return the wait after `last`, hour by hour.

    Each hour uses up its share of the interval that suits it; the wait ends when the shares add up
    to one.
    """
    moment, remaining = last, 1.0
    while True:
        fitting = interval(cadence, rhythm, moment)
        rest_of_hour = _HOUR - timedelta(
            minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond
        )
        if rest_of_hour >= fitting * remaining or not cadence.adaptive:
            return moment - last + fitting * remaining
        remaining -= rest_of_hour / fitting
        moment += rest_of_hour


def _hash_fraction(text: str) -> float:
    """Return a number from 0 to 1 that depends only on a text, uniformly distributed."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "big") / 2**48
