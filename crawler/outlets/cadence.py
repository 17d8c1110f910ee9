"""How often a section is visited: what files say about it, and what follows from that. Pure.

The least interval follows from politeness: asking the listings may take no more than half of the
time between two visits. Quiet hours and cron lines are in Việt Nam's time.
"""

import re
from datetime import datetime, time, timedelta
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from crawler.outlets.cron import cron_trigger
from storage.model.json import LOCAL

FLOOR_MINUTES = 5
"""No section is visited more often, whatever its outlet."""

_QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_PROBED = 500  # fire times of a cron line, to find its smallest gap
_PROBE_FROM = datetime(2026, 1, 1, tzinfo=LOCAL)


class Table(BaseModel):
    """A table of a file of ours: unchangeable, and without keys that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Cadence(Table):
    """How often to visit. Of an outlet, a section, or all: the nearer word counts, key by key.

    every_minutes: the interval where nothing is known of the section's rhythm yet, or where
    `adaptive` is false. min_minutes, max_minutes: bounds of an adaptive interval; a third of
    every_minutes and four times it where not given.
    cron: five fields, as crontab(5) reads them; takes the place of the interval.
    jitter: share by which an interval varies.
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
        """The least time between two visits."""
        if self.cron:
            return smallest_gap(self.cron)
        return timedelta(minutes=self._min if self.adaptive else self.every_minutes)

    @property
    def longest(self) -> timedelta:
        """The most time between two visits, quiet hours and jitter aside."""
        if self.cron:
            return timedelta(days=7)
        return timedelta(minutes=self._max if self.adaptive else self.every_minutes)

    def with_(self, *nearer: "Cadence | None") -> "Cadence":
        """Return this cadence with what others say explicitly, the last word counting most.

        Raises pydantic's ValidationError where they do not fit together.
        """
        values: dict[str, Any] = self.model_dump(exclude_unset=True)
        for cadence in nearer:
            values |= cadence.model_dump(exclude_unset=True) if cadence else {}
        return Cadence.model_validate(values)


def smallest_gap(line: str) -> timedelta:
    """Return the least time between two fire times of a cron line."""
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
    """Return the least interval that politeness allows for a crawl of so many listings.

    robots.txt is asked too, and asking may take half of the time at most.
    """
    asking = timedelta(seconds=2 * (1 + listings) * delay_seconds)
    return max(timedelta(minutes=FLOOR_MINUTES), asking)


def check_floor(cadence: Cadence, floor: timedelta) -> None:
    """Raise ValueError where a cadence can go under the floor."""
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
