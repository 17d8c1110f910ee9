"""Cron lines as crontab(5) reads them, in Việt Nam's time. Pure.

APScheduler's own parser differs: its weeks begin on Monday, and day and weekday must both match.
In crontab, a line with both matches either, unless one begins with a star.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from storage.model.json import LOCAL

if TYPE_CHECKING:
    from apscheduler.triggers.base import BaseTrigger

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def cron_trigger(line: str) -> "BaseTrigger":
    """Return a cron line's trigger. Raises ValueError with what is wrong with the line."""
    # Imported here: every command reads the configuration, and few configurations have cron lines.
    from apscheduler.triggers.combining import OrTrigger  # noqa: PLC0415

    fields = line.lower().split()
    if len(fields) != 5:
        raise ValueError(f"expected five fields (minute hour day month weekday), not {len(fields)}")
    minute, hour, day, month, weekday = fields
    try:
        weekdays = ",".join(_DAYS[number] for number in sorted(_weekdays(weekday)))
        if day.startswith("*") or weekday.startswith("*"):
            return _trigger(minute, hour, day, month, weekdays)
        return OrTrigger(
            [
                _trigger(minute, hour, day, month, "*"),
                _trigger(minute, hour, "*", month, weekdays),
            ]
        )
    except ValueError as error:
        raise ValueError(f"is no cron line: {error}") from None


def _trigger(minute: str, hour: str, day: str, month: str, weekday: str) -> "BaseTrigger":
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415

    return CronTrigger.from_crontab(f"{minute} {hour} {day} {month} {weekday}", LOCAL)


def _weekdays(field: str) -> set[int]:
    """Return the weekdays of a field, 0 for Sunday. Raises ValueError."""
    return {number % 7 for part in field.split(",") for number in _range(part)}


def _range(part: str) -> Iterator[int]:
    """Yield the numbers of "3", "mon", "1-5", "fri-sun", "*/2" or "1-7/3"."""
    days, _, step = part.partition("/")
    if (step or "1").strip("0123456789") or not int(step or "1"):
        raise ValueError(f"weekday {part!r}: expected a step such as */2")
    if days == "*":
        first, last = 0, 6
    else:
        low, dash, high = days.partition("-")
        first = _number(low, part)
        last = _number(high, part) if dash else 6 if step else first
        if last < first and high == "sun":
            last = 7
    if last < first:
        raise ValueError(f"weekday {part!r}: ends before it begins; weeks begin on Sunday, 0")
    yield from range(first, last + 1, int(step or "1"))


def _number(text: str, part: str) -> int:
    if text in _DAYS:
        return _DAYS.index(text)
    if len(text) == 1 and text in "01234567":
        return int(text)
    raise ValueError(f"weekday {part!r}: expected 0 (Sunday) to 7 (Sunday), or sun to sat")
