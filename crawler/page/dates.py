"""Parsing of dates on Vietnamese news pages into aware UTC datetimes, and the choice among them.

Pure. The formats were found on real pages and in feeds: ISO with `+0700`, `+07:00`, `+07` or a
blank before the zone; no zone (which means the outlet's own); `1/28/2026 6:52:01 AM` (US order);
`07-03-2026 - 00:01 AM`; `Thứ tư, 22/10/2025, 19:25 (GMT+7)`; `09:00 | 10/03/2021`; 2-digit years;
RFC 822 with `GMT+7`; seconds or milliseconds since 1970; a false `+08:00`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from crawler.page.clock import CLOCK, find_time, find_zone
from crawler.page.printed import DAY_IN_WORDS, MONTH_FIRST, month_number, with_today
from storage.model.json import LOCAL

# Clocks of servers and crawlers differ; a date later than this is in the future.
TOLERANCE = timedelta(minutes=15)
# An article's URL often has the time of its creation; an article is never published before that.
_CREATION_SLACK = timedelta(days=1)
_MAX_TEXT = 300  # characters; a longer text is not a date
_MAX_PLAUSIBLE = 6  # candidates; further ones only repeat them
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
    """A parsed date.

    at: UTC. has_time: the text has a time of day (else local midnight). zone: that of the text.
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
    """The chosen date. `at` is None if there is none; `future` is the first date in the future.

    raw, rule: the text that was parsed, and the rule that found it; ":zone" is appended to the rule
    if a false zone was corrected, ":day" if only the day is known.
    """

    at: datetime | None = None
    raw: str | None = None
    rule: str | None = None
    future: DateCandidate | None = None


def parse_date(text: str, *, zone: tzinfo = LOCAL) -> datetime | None:
    """Return the date and time in a text as an aware UTC datetime, or None.

    zone: of a text that gives none. A text without a time of day means local midnight.
    """
    stamp = read_stamp(text, zone=zone)
    return stamp.at if stamp else None


def parse_as_given(text: str, *, zone: tzinfo = LOCAL) -> datetime | None:
    """Return the date and time in a text like `parse_date`, but in the zone that the text gives."""
    stamp = read_stamp(text, zone=zone)
    return stamp.at.astimezone(stamp.zone or zone) if stamp else None


def not_after(moment: datetime, latest: datetime, zone: tzinfo) -> datetime | None:
    """Return `moment` in UTC, or None if it is after `latest`.

    If it is not after `latest` when its wall clock is read in the outlet's `zone`, its own zone is
    false, and it is read so: many templates print local time with a Z.
    """
    if moment <= latest:
        return moment.astimezone(UTC)
    local = moment.replace(tzinfo=zone).astimezone(UTC)
    return local if local <= latest else None


def read_stamp(text: str, *, zone: tzinfo = LOCAL) -> Stamp | None:
    """Return the date in a text, and which of its parts the text gives; None if there is none."""
    text = text.strip()
    if not text or len(text) > _MAX_TEXT:
        return None
    if stamp := _read_iso(text):
        return stamp
    if _EPOCH.fullmatch(text):
        return _plausible(datetime.fromtimestamp(int(text[:10]), UTC), has_time=True, zone=None)
    found = _find_day(text)
    if found is None:
        return None
    day, start, end = found
    rest = text[:start] + " | " + text[end:]
    offset, rest = find_zone(text, rest, start, end)
    clock = find_time(rest)
    hour, minute, second = clock or (0, 0, 0)
    try:
        # 24:00 is midnight at the end of the day.
        begin = datetime(day.year, day.month, day.day) + timedelta(days=hour // 24)  # noqa: DTZ001
        local = begin.replace(hour=hour % 24, minute=minute, second=second, tzinfo=offset or zone)
    except (ValueError, OverflowError):
        return None
    return _plausible(local, has_time=clock is not None, zone=offset)


def _read_iso(text: str) -> Stamp | None:
    """Return a date in ISO 8601 with time and zone, the format in the head of most pages."""
    if text[10:11] != "T":
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return _plausible(moment.replace(microsecond=0), has_time=True, zone=moment.tzinfo)


def _plausible(moment: datetime, *, has_time: bool, zone: tzinfo | None) -> Stamp | None:
    if not _FIRST_YEAR <= moment.year <= 2100:
        return None
    return Stamp(moment.astimezone(UTC), has_time, zone)


def _find_day(text: str) -> tuple[date, int, int] | None:
    """Return the first valid day in a text, and its start and end."""
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
    """Return the creation time in an article's URL (aware UTC), or None if its id has none."""
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
    """Return the first plausible candidate; candidates come in order of trust.

    A date more than 15 minutes after `fetched_at` is not plausible, unless its wall clock, read in
    the outlet's zone, is earlier: then it is read so. Neither is a date more than a day before the
    article was created (`created_at`, from its URL). A day without a time is replaced by a later
    candidate of the same day with one. A zone other than the outlet's is ignored if another
    candidate has the same wall clock in the outlet's zone.
    """
    plausible: list[tuple[Stamp, DateCandidate]] = []
    future = None
    for candidate in candidates:
        stamp = read_stamp(with_today(candidate.raw, fetched_at, zone), zone=zone)
        if stamp is None or (created_at and stamp.at < created_at - _CREATION_SLACK):
            continue
        if stamp.at > fetched_at + TOLERANCE:
            future = future or candidate
            if local := _local(stamp, fetched_at + TOLERANCE, zone):
                plausible.append((local, replace(candidate, rule=f"{candidate.rule}:zone")))
        elif not plausible and _is_exact(stamp, zone):
            return DateChoice(stamp.at, candidate.raw, candidate.rule, future)
        else:
            plausible.append((stamp, candidate))
        if len(plausible) == _MAX_PLAUSIBLE:
            break
    if not plausible:
        return DateChoice(future=future)
    return _resolve(plausible, zone, future)


def _local(stamp: Stamp, latest: datetime, zone: tzinfo) -> Stamp | None:
    """Return a date in the future with its wall clock in the outlet's zone, if that is past."""
    if stamp.zone is None:
        return None
    moment = not_after(stamp.at.astimezone(stamp.zone), latest, zone)
    return Stamp(moment, stamp.has_time, zone) if moment else None


def _is_exact(stamp: Stamp, zone: tzinfo) -> bool:
    """True if no other candidate can be more exact: it has seconds and the outlet's zone."""
    if not stamp.has_time or stamp.at.second == 0 or stamp.zone is None:
        return False
    return stamp.at.astimezone(zone).utcoffset() == stamp.at.astimezone(stamp.zone).utcoffset()


def _is_half_day_off(first: Stamp, other: Stamp, zone: tzinfo) -> bool:
    """True if `first` lacks its PM: `other` is the same minute, twelve hours later."""
    if not (first.has_time and other.has_time) or first.at.astimezone(zone).hour >= 12:
        return False
    return timedelta(0) <= other.at - first.at - timedelta(hours=12) < timedelta(minutes=1)


def _resolve(
    plausible: list[tuple[Stamp, DateCandidate]], zone: tzinfo, future: DateCandidate | None
) -> DateChoice:
    first, candidate = plausible[0]
    if not first.has_time:
        day = first.at.astimezone(zone).date()
        is_printed = candidate.rule.startswith("page")  # often the day of the visit, at the top
        for stamp, other in plausible[1:]:
            if stamp.has_time and (is_printed or stamp.at.astimezone(zone).date() == day):
                return DateChoice(stamp.at, other.raw, other.rule, future)
        return DateChoice(first.at, candidate.raw, f"{candidate.rule}:day", future)
    if first.zone is not None:
        local = first.at.astimezone(first.zone).replace(tzinfo=zone).astimezone(UTC)
        for stamp, _ in plausible[1:]:
            agrees = stamp.has_time and abs(stamp.at - local) < timedelta(minutes=1)
            if agrees and local != first.at:
                return DateChoice(local, candidate.raw, f"{candidate.rule}:zone", future)
    for stamp, other in plausible[1:]:
        lacks_seconds = first.at.second == 0
        is_same_minute = timedelta(0) < stamp.at - first.at < timedelta(minutes=1)
        if _is_half_day_off(first, stamp, zone) or (lacks_seconds and is_same_minute):
            return DateChoice(stamp.at, other.raw, other.rule, future)
    return DateChoice(first.at, candidate.raw, candidate.rule, future)
