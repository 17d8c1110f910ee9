"""The present moment, and days and times as people type them."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from storage.errors import UsageError

_AGO = re.compile(r"(?P<number>\d{1,4})(?P<unit>[dh])")
_MONTH = re.compile(r"(?P<y>\d{4})(?:-(?P<m>\d{2}))?")
_VIETNAMESE = re.compile(r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})")
_SHORTER = "; or yesterday, monday, 7d, 12h, 2026-09, 14/9/2026"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def parse_moment(name: str, text: str, zone: ZoneInfo) -> datetime:
    """Return, in UTC, the moment that an ISO day (its midnight) or time means.

    zone: of what names none. Raises UsageError that names the argument `name`.
    """
    return _moment(name, text, zone, "")


def _moment(name: str, text: str, zone: ZoneInfo, shorter: str) -> datetime:
    """Return what `parse_moment` does; shorter: what else its error says may be typed."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{name} {text!r}: expected a day such as 2025-07-01, or a time such as"
            f" 2025-07-01T08:00+07:00{shorter}"
        ) from None
    return _in_utc(name, text, given if given.tzinfo else given.replace(tzinfo=zone), zone)


def _in_utc(name: str, text: str, given: datetime, zone: ZoneInfo) -> datetime:
    """Return a moment that has a day in UTC, and in the zone that it is shown in."""
    try:
        return given.astimezone(zone).astimezone(UTC)
    except OverflowError:
        raise UsageError(
            f"{name} {text!r}: is out of range; expected a time from 0001-01-02 to 9999-12-31"
        ) from None


def parse_when(name: str, text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Return, in UTC, the moment that a person means: `parse_moment`, and what is shorter.

    "today", "yesterday", a weekday (the last one, today included), "7d" and "12h" (so long before
    `now`), "2026-09" and "2026" (their first midnight), "14/9/2026". zone: whose days these are.
    Raises UsageError that names the argument `name`.
    """
    word, today = text.strip().lower(), now.astimezone(zone).date()
    if ago := _AGO.fullmatch(word):
        unit = timedelta(days=1) if ago["unit"] == "d" else timedelta(hours=1)
        return now - int(ago["number"]) * unit
    day = _day(word, today)
    if day is None:
        return _moment(name, text, zone, _SHORTER)
    return _in_utc(name, text, datetime.combine(day, time(), zone), zone)


def _day(word: str, today: date) -> date | None:
    """Return the first day that a word names; None where it is none of these forms."""
    if word in ("today", "yesterday"):
        return today - timedelta(days=int(word == "yesterday"))
    if word in _WEEKDAYS:
        return today - timedelta(days=(today.weekday() - _WEEKDAYS.index(word)) % 7)
    if found := _MONTH.fullmatch(word) or _VIETNAMESE.fullmatch(word):
        parts = found.groupdict()
        try:
            return date(int(parts["y"]), int(parts["m"] or 1), int(parts.get("d") or 1))
        except ValueError:
            return None
    return None


def utc_now() -> datetime:
    """Return the present moment, UTC."""
    return datetime.now(UTC)
