"""How often a section is visited: the configured cadence, and the bounds that follow. Pure.

Politeness sets the shortest interval: fetching the listings may take at most half of the time
between two visits. Quiet hours and cron lines are in Việt Nam's time.
"""

import re
from datetime import datetime, time, timedelta
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from crawler.outlets.cron import cron_trigger
from storage.model.json import LOCAL

FLOOR_MINUTES = 5
"""The shortest interval of any section."""

_QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_PROBED = 500  # fire times of a cron line that are compared to find its smallest gap
_PROBE_FROM = datetime(2026, 1, 1, tzinfo=LOCAL)


class Table(BaseModel):
    """A table of a TOML file: immutable, and without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Cadence(Table):
    """How often to visit: for all outlets, one, or a section; the more specific wins, key by key.

    every_minutes: the interval if `adaptive` is false, or nothing is known yet of the section's
    rhythm. min_minutes, max_minutes: bounds of an adaptive interval; by default a third of
    every_minutes and four times it.
    cron: five fields, as crontab(5) reads them; replaces the interval.
    jitter: the share by which an interval varies.
    quiet: hours without visits, such as "23:00-05:00".
    """

    every_minutes: int = Field(30, ge=FLOOR_MINUTES, le=7 * 24 * 60)
    adaptive: bool = True
    min_minutes: int | None = Field(None, ge=FLOOR_MINUTES)
    max_minutes: int | None = Field(None, ge=FLOOR_MINUTES, le=7 * 24 * 60)
    cron: str | None = None
    jitter: float = Field(0.1, ge=0, le=0.5)
    quiet: str | None = None

    @field_validator("cron")
    @classmethod
    def _possible(cls, value: str | None) -> str | None:
        if value is not None and cron_trigger(value).get_next_fire_time(None, _PROBE_FROM) is None:
            raise ValueError("names a time that never comes")
        return value

    @field_validator("quiet")
    @classmethod
    def _hours(cls, value: str | None) -> str | None:
        if value is not None and not _QUIET.fullmatch(value):
            raise ValueError('expected hours such as "23:00-05:00"')
        if value is not None and value[:5] == value[6:]:
            raise ValueError("begins when it ends: leave it out, or give hours")
        return value

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.shortest > self.longest:
            raise ValueError(
                f"min_minutes {self._min} is more than max_minutes {self._max}: give both"
            )
        return self

    @property
    def _min(self) -> int:
        return self.min_minutes or max(FLOOR_MINUTES, self.every_minutes // 3)

    @property
    def _max(self) -> int:
        return self.max_minutes or self.every_minutes * 4

    @property
    def shortest(self) -> timedelta:
        """The shortest time between two visits."""
        if self.cron:
            return smallest_gap(self.cron)
        return timedelta(minutes=self._min if self.adaptive else self.every_minutes)

    @property
    def longest(self) -> timedelta:
        """The longest time between two visits, without quiet hours and jitter."""
        if self.cron:
            return timedelta(days=7)
        return timedelta(minutes=self._max if self.adaptive else self.every_minutes)

    def with_(self, *overrides: "Cadence | None") -> "Cadence":
        """Return this cadence updated by the explicitly set keys of others, in order.

        Raises pydantic's ValidationError if the result is invalid.
        """
        values: dict[str, Any] = self.model_dump(exclude_unset=True)
        for cadence in overrides:
            values |= cadence.model_dump(exclude_unset=True) if cadence else {}
        return Cadence.model_validate(values)


def smallest_gap(line: str) -> timedelta:
    """Return the shortest time between two fire times of a cron line."""
    trigger = cron_trigger(line)
    gap = timedelta(days=7)
    last = trigger.get_next_fire_time(None, _PROBE_FROM)
    for _ in range(_PROBED):
        following = trigger.get_next_fire_time(last, last) if last else None
        if last is None or following is None:
            break
        gap = min(gap, following - last)
        last = following
    return gap


def floor_of(listings: int, delay_seconds: float) -> timedelta:
    """Return the shortest interval that politeness allows for a crawl of so many listings.

    Fetching robots.txt and the listings may take at most half of it.
    """
    interval = timedelta(seconds=2 * (1 + listings) * delay_seconds)
    return max(timedelta(minutes=FLOOR_MINUTES), interval)


def check_floor(cadence: Cadence, floor: timedelta) -> None:
    """Raise ValueError if a cadence allows intervals below the floor."""
    if cadence.shortest < floor:
        key = "cron" if cadence.cron else "every_minutes"
        if cadence.adaptive and cadence.min_minutes and not cadence.cron:
            key = "min_minutes"
        raise ValueError(
            f"{key}: {cadence.shortest.total_seconds() / 60:g} minutes between two visits are under"
            f" the politeness floor of {floor.total_seconds() / 60:.3g} minutes"
        )


def after_quiet(moment: datetime, quiet: str | None) -> datetime:
    """Return `moment`, or the end of the quiet hours that it falls into."""
    if quiet is None:
        return moment
    begin, end = (time.fromisoformat(part) for part in quiet.split("-"))
    local = moment.astimezone(LOCAL)
    now = local.time()
    inside = begin <= now < end if begin < end else now >= begin or now < end
    if not inside:
        return moment
    day = local.date() + timedelta(days=1 if begin > end and now >= begin else 0)
    return datetime.combine(day, end, LOCAL).astimezone(moment.tzinfo)


def quiet_time(quiet: str | None) -> timedelta:
    """Return how long the quiet hours of a day last."""
    if quiet is None:
        return timedelta(0)
    begin, end = (time.fromisoformat(part) for part in quiet.split("-"))
    minutes = (end.hour - begin.hour) * 60 + end.minute - begin.minute
    return timedelta(minutes=minutes % (24 * 60))
