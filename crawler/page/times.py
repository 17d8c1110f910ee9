"""The current time, and parsing of days and times that users type."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from storage.errors import UsageError

_AGO = re.compile(r"(?P<number>\d{1,4})(?P<unit>[dh])")
_MONTH = re.compile(r"(?P<y>\d{4})(?:-(?P<m>\d{2}))?")
_VIETNAMESE = re.compile(r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})")
_SHORT_FORMS = "; or yesterday, monday, 7d, 12h, 2026-09, 14/9/2026"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def parse_moment(name: str, text: str, zone: ZoneInfo) -> datetime:
    """Return an ISO 8601 day (its midnight) or time in UTC.

    zone: of a text without one. Raises UsageError, which names the argument as `name`.
    """
    return _parse_iso(name, text, zone, "")


def _parse_iso(name: str, text: str, zone: ZoneInfo, short_forms: str) -> datetime:
    """Return what `parse_moment` does; short_forms: further formats to list in the error."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{name} {text!r}: expected a day such as 2025-07-01, or a time such as"
            f" 2025-07-01T08:00+07:00{short_forms}"
        ) from None
    return _in_utc(name, text, moment if moment.tzinfo else moment.replace(tzinfo=zone), zone)


def _in_utc(name: str, text: str, moment: datetime, zone: ZoneInfo) -> datetime:
    """Return `moment` in UTC. Raises UsageError if it is out of range there or in `zone`."""
    try:
        return moment.astimezone(zone).astimezone(UTC)
    except OverflowError:
        raise UsageError(
            f"{name} {text!r}: is out of range; expected a time from 0001-01-02 to 9999-12-31"
        ) from None


def parse_when(name: str, text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Return a day or time in UTC: the formats of `parse_moment`, and short forms.

    The short forms are "today", "yesterday", a weekday (the last one, today included), "7d" and
    "12h" (before `now`), "2026-09" and "2026" (their first midnight), and "14/9/2026". zone: of
    these days. Raises UsageError, which names the argument as `name`.
    """
    word, today = text.strip().lower(), now.astimezone(zone).date()
    if ago := _AGO.fullmatch(word):
        unit = timedelta(days=1) if ago["unit"] == "d" else timedelta(hours=1)
        return now - int(ago["number"]) * unit
    day = _day(word, today)
    if day is None:
        return _parse_iso(name, text, zone, _SHORT_FORMS)
    return _in_utc(name, text, datetime.combine(day, time(), zone), zone)


def _day(word: str, today: date) -> date | None:
    """Return the (first) day of a short form; None if `word` is none."""
    if word in ("today", "yesterday"):
        return today - timedelta(days=int(word == "yesterday"))
    if word in _WEEKDAYS:
        return today - timedelta(days=(today.weekday() - _WEEKDAYS.index(word)) % 7)
    if match := _MONTH.fullmatch(word) or _VIETNAMESE.fullmatch(word):
        parts = match.groupdict()
        try:
            return date(int(parts["y"]), int(parts["m"] or 1), int(parts.get("d") or 1))
        except ValueError:
            return None
    return None


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)
