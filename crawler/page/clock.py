"""Parsing of time zones and times of day in texts. Pure."""

import re
from datetime import UTC, timedelta, timezone, tzinfo

_ZONE = re.compile(
    r"\(?\b(?:GMT|UTC)\s*(?P<named>[+-]\s?\d{1,2}(?::?\d{2})?)?\)?"
    r"|(?<=\d)\s*(?P<offset>[+-]\d{2}(?::?\d{2})?)(?!\d)|(?<=\d)\s?(?P<utc>Z|UT)\b"
    r"|\b(?P<american>[ECMP][SD]T)\b",
    re.IGNORECASE,
)
CLOCK = re.compile(
    r"(?<![\d:])(?P<h>\d{1,2})\s?(?::|h|giờ)\s?(?P<min>\d{2})(?!\d)"
    r"(?::(?P<s>\d{2})(?:[.,]\d+)?)?\s?(?P<half>AM|PM|SA|CH|sáng|trưa|chiều|tối|đêm)?\b",
    re.IGNORECASE,
)
_AMERICAN = {"E": -5, "C": -6, "M": -7, "P": -8}  # standard time in hours, zones of RFC 822
_HALVES = {"sáng": "AM", "trưa": "NOON", "chiều": "PM", "tối": "PM", "đêm": "NIGHT"}
_CLOCK_END = re.compile(r":\d{2}(?:[.,]\d+)?\s?\Z|T\d{2}:\d{2}\s?\Z")


def find_zone(text: str, rest: str, start: int, end: int) -> tuple[tzinfo | None, str]:
    """Return the time zone in `text`, and `rest` without it.

    rest: the text without its day, which is at [start, end) of `text`. `GMT+7` means seven hours
    east, as printed (dateutil reads the sign the other way round).
    """
    for match in _ZONE.finditer(text, 0):
        if match.start() < end and match.end() > start:
            continue  # a hyphen of the day itself
        if match["offset"] and not _CLOCK_END.search(text, 0, match.start()):
            continue  # a hyphen between day and time
        offset = match["named"] or match["offset"]
        remaining = rest.replace(match.group(), " ", 1)
        if match["american"]:
            name = match["american"].upper()
            return timezone(timedelta(hours=_AMERICAN[name[0]] + (name[1] == "D"))), remaining
        if offset is None:
            return UTC, remaining
        digits = re.sub(r"\D", "", offset)
        hours, minutes = int(digits[:2]), int(digits[2:] or 0)
        if hours <= 14 and minutes < 60:
            delta = timedelta(hours=hours, minutes=minutes)
            return timezone(-delta if offset.startswith("-") else delta), remaining
    return None, rest


def find_time(text: str) -> tuple[int, int, int] | None:
    """Return the first valid hour, minute and second in a text; 24:00:00 is valid."""
    for match in CLOCK.finditer(text):
        hour, minute, second = int(match["h"]), int(match["min"]), int(match["s"] or 0)
        hour = _of_24(hour, match["half"] or "")
        if (hour < 24 and minute < 60 and second < 60) or (hour, minute, second) == (24, 0, 0):
            return hour, minute, second
    return None


def _of_24(hour: int, half: str) -> int:
    """Return an hour of a 12-hour clock, in a half of the day ("PM", "CH", "chiều"), as of 24."""
    half = _HALVES.get(half.lower(), half.upper())
    if hour < 12 and (half in ("PM", "CH") or (half == "NOON" and hour < 9)):
        return hour + 12
    if half == "NIGHT" and 8 <= hour < 12:
        return hour + 12
    if hour == 12 and half in ("AM", "SA", "NIGHT"):
        return 0
    return hour
