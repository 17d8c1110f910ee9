"""Every form of date on Vietnamese news pages → aware UTC datetime, and which one to trust.

Pure. The forms and traps were read on real pages and feeds: ISO with `+0700`, `+07:00`, `+07` or
a blank before the zone; no zone at all (then it is the outlet's own); `1/28/2026 6:52:01 AM`
(US order); `07-03-2026 - 00:01 AM`; `Thứ tư, 22/10/2025, 19:25 (GMT+7)`; `09:00 | 10/03/2021`;
2-digit years; RFC 822 with `GMT+7`; seconds or milliseconds since 1970; a false `+08:00`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from crawler.page.clock import CLOCK, find_time, find_zone
from crawler.page.printed import DAY_IN_WORDS, MONTH_FIRST, month_number, with_today
from storage.model.json import LOCAL

# Clocks of servers and crawlers differ; beyond this a date lies in the future.
TOLERANCE = timedelta(minutes=15)
# An article's own address often carries the time of its creation; it is never published before.
_CREATION_SLACK = timedelta(days=1)
_MAX_TEXT = 300  # characters; a longer text is no date
_ENOUGH = 6  # candidates that can be true; more of them only repeat each other
_FIRST_YEAR = 1997  # the first Vietnamese news sites

_ISO = re.compile(r"(?<!\d)(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)")
_NUMERIC = re.compile(
    r"(?<![\d/.-])(?P<a>\d{1,2})\s?(?P<sep>[-/.])\s?(?P<b>\d{1,2})\s?(?P=sep)\s?"
    r"(?P<y>\d{4}|\d{2})(?![\d/])"
)
_ENGLISH = re.compile(
    r"(?<!\d)(?P<d>\d{1,2})[ -](?P<m>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ -,]+"
    r"(?P<y>\d{4}|\d{2})(?!\d)",
    re.IGNORECASE,
)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
# Creation stamps in article ids: YYYYMMDDHHmmss… (tuoitre, dantri, baotintuc).
_STAMP = re.compile(r"(?<!\d)(20\d{2})(\d{2})(\d{2})([01]\d|2[0-3])([0-5]\d)([0-5]\d)\d{0,3}(?!\d)")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date that was read.

    at: UTC. has_time: a time of day was given (else local midnight). zone: what the text gave.
    """

    at: datetime
    has_time: bool
    zone: tzinfo | None


@dataclass(frozen=True, slots=True)
class DateCandidate:
    """A text that may hold a date, and the rule that found it ("jsonld", "meta", "text", …)."""

    raw: str
    rule: str


@dataclass(frozen=True, slots=True)
class DateChoice:
    """What was chosen. `at` is None where nothing was; `future` is the first date in the future.

    raw, rule: the text it was read from, and by which rule; ":zone" and ":day" are added to a
    rule where a false zone was put right, or where only a day is known.
    """

    at: datetime | None = None
    raw: str | None = None
    rule: str | None = None
    future: DateCandidate | None = None


def parse_date(text: str, *, zone: tzinfo = LOCAL) -> datetime | None:
    """Return the moment that a text names, as aware UTC, or None.

    zone: what a text without a zone means. A text without a time of day means local midnight.
    """
    stamp = read_stamp(text, zone=zone)
    return stamp.at if stamp else None


def parse_as_given(text: str, *, zone: tzinfo = LOCAL) -> datetime | None:
    """Return the moment that a text names as `parse_date` does, in the zone that the text gives."""
    stamp = read_stamp(text, zone=zone)
    return stamp.at.astimezone(stamp.zone or zone) if stamp else None


def not_after(moment: datetime, latest: datetime, zone: tzinfo) -> datetime | None:
    """Return a moment of the past in UTC, None for one after `latest`.

    One that is after it by the zone it gives, but not in the outlet's own, gave a false zone:
    many templates print local time with a Z.
    """
    if moment <= latest:
        return moment.astimezone(UTC)
    local = moment.replace(tzinfo=zone).astimezone(UTC)
    return local if local <= latest else None


def read_stamp(text: str, *, zone: tzinfo = LOCAL) -> Stamp | None:
    """Return the moment a text names and what was given of it, or None where it names none."""
    text = text.strip()
    if not text or len(text) > _MAX_TEXT:
        return None
    if stamp := _read_iso(text):
        return stamp
    if _EPOCH.fullmatch(text):
        return _checked(datetime.fromtimestamp(int(text[:10]), UTC), has_time=True, zone=None)
    found = _find_day(text)
    if found is None:
        return None
    day, start, end = found
    rest = text[:start] + " | " + text[end:]
    offset, rest = find_zone(text, rest, start, end)
    clock = find_time(rest)
    hour, minute, second = clock or (0, 0, 0)
    try:
        # 24:00 is the midnight at which the next day begins.
        begin = datetime(day.year, day.month, day.day) + timedelta(days=hour // 24)  # noqa: DTZ001
        local = begin.replace(hour=hour % 24, minute=minute, second=second, tzinfo=offset or zone)
    except (ValueError, OverflowError):
        return None
    return _checked(local, has_time=clock is not None, zone=offset)


def _read_iso(text: str) -> Stamp | None:
    """Return what the standard form with time and zone says: most pages' heads hold it."""
    if text[10:11] != "T":
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return _checked(moment.replace(microsecond=0), has_time=True, zone=moment.tzinfo)


def _checked(moment: datetime, *, has_time: bool, zone: tzinfo | None) -> Stamp | None:
    if not _FIRST_YEAR <= moment.year <= 2100:
        return None
    return Stamp(moment.astimezone(UTC), has_time, zone)


def _find_day(text: str) -> tuple[date, int, int] | None:
    """Return the first valid day in a text and where it stands."""
    for pattern in (_ISO, _NUMERIC, _ENGLISH, MONTH_FIRST, DAY_IN_WORDS):
        for match in pattern.finditer(text):
            try:
                return _day(match, text), match.start(), match.end()
            except ValueError:
                continue
    return None


def _day(match: re.Match[str], text: str) -> date:
    part = match.groupdict()
    year = int(part["y"]) + (2000 if len(part["y"]) == 2 else 0)
    if "a" in part:
        first, second = int(part["a"]), int(part["b"])
        american = second > 12 or (first <= 12 and _is_american(match, text))
        return date(year, first, second) if american else date(year, second, first)
    return date(year, month_number(part["m"].lower()), int(part["d"]))


def _is_american(match: re.Match[str], text: str) -> bool:
    """True for .NET's en-US form `9/3/2026 6:44:00 PM`: slashes, no leading zero, seconds, AM/PM.

    Vietnamese templates that add AM or PM print leading zeros and no seconds.
    """
    if match["sep"] != "/" or match["a"].startswith("0") or match["b"].startswith("0"):
        return False
    clock = CLOCK.search(text, match.end())
    return bool(clock and clock["s"] and (clock["half"] or "").upper() in ("AM", "PM"))


def url_stamp(url: str, *, zone: tzinfo = LOCAL) -> datetime | None:
    """Return the time of creation in an article's address (aware UTC), where its id holds one."""
    match = _STAMP.search(url)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(group) for group in match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None


def choose_date(
    candidates: Iterable[DateCandidate],
    *,
    fetched_at: datetime,
    zone: tzinfo = LOCAL,
    created_at: datetime | None = None,
) -> DateChoice:
    """Return the first candidate that can be true, in the order of trust given.

    A date more than 15 minutes after `fetched_at` cannot be, unless its wall clock in the outlet's
    zone is not: then it is read so. Nor can one be that is more than a day before the article was
    created (`created_at`, from its address). A day without a time waits for a later
    candidate of the same day with one. An offset that is not the outlet's zone gives way where
    another candidate shows the same wall clock in the outlet's zone.
    """
    possible: list[tuple[Stamp, DateCandidate]] = []
    future = None
    for candidate in candidates:
        stamp = read_stamp(with_today(candidate.raw, fetched_at, zone), zone=zone)
        if stamp is None or (created_at and stamp.at < created_at - _CREATION_SLACK):
            continue
        if stamp.at > fetched_at + TOLERANCE:
            future = future or candidate
            if local := _local(stamp, fetched_at + TOLERANCE, zone):
                possible.append((local, replace(candidate, rule=f"{candidate.rule}:zone")))
        elif not possible and _is_exact(stamp, zone):
            return DateChoice(stamp.at, candidate.raw, candidate.rule, future)
        else:
            possible.append((stamp, candidate))
        if len(possible) == _ENOUGH:
            break
    if not possible:
        return DateChoice(future=future)
    return _resolve(possible, zone, future)


def _local(stamp: Stamp, latest: datetime, zone: tzinfo) -> Stamp | None:
    """Return a stamp of the future as the outlet's own wall clock, if that is past."""
    if stamp.zone is None:
        return None
    moment = not_after(stamp.at.astimezone(stamp.zone), latest, zone)
    return Stamp(moment, stamp.has_time, zone) if moment else None


def _is_exact(stamp: Stamp, zone: tzinfo) -> bool:
    """True where no other candidate could better a stamp: seconds, and the outlet's own zone."""
    if not stamp.has_time or stamp.at.second == 0 or stamp.zone is None:
        return False
    return stamp.at.astimezone(zone).utcoffset() == stamp.at.astimezone(stamp.zone).utcoffset()


def _is_half_day_off(first: Stamp, other: Stamp, zone: tzinfo) -> bool:
    """True where a twelve-hour clock lost its PM: another place shows the same minute of 24."""
    if not (first.has_time and other.has_time) or first.at.astimezone(zone).hour >= 12:
        return False
    return timedelta(0) <= other.at - first.at - timedelta(hours=12) < timedelta(minutes=1)


def _resolve(
    possible: list[tuple[Stamp, DateCandidate]], zone: tzinfo, future: DateCandidate | None
) -> DateChoice:
    first, candidate = possible[0]
    if not first.has_time:
        day = first.at.astimezone(zone).date()
        printed = candidate.rule.startswith("page")  # often the day of the visit, in a page's head
        for stamp, other in possible[1:]:
            if stamp.has_time and (printed or stamp.at.astimezone(zone).date() == day):
                return DateChoice(stamp.at, other.raw, other.rule, future)
        return DateChoice(first.at, candidate.raw, f"{candidate.rule}:day", future)
    if first.zone is not None:
        local = first.at.astimezone(first.zone).replace(tzinfo=zone).astimezone(UTC)
        for stamp, _ in possible[1:]:
            agrees = stamp.has_time and abs(stamp.at - local) < timedelta(minutes=1)
            if agrees and local != first.at:
                return DateChoice(local, candidate.raw, f"{candidate.rule}:zone", future)
    for stamp, other in possible[1:]:
        if _is_half_day_off(first, stamp, zone):
            return DateChoice(stamp.at, other.raw, other.rule, future)
        if first.at.second == 0 and timedelta(0) < stamp.at - first.at < timedelta(minutes=1):
            return DateChoice(
                stamp.at, other.raw, other.rule, future
            )  # the first was cut to minutes
    return DateChoice(first.at, candidate.raw, candidate.rule, future)
