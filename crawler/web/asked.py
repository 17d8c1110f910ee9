"""Parsing and validation of paths and query strings: days, places, cursors and other values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, TypeVar, cast, get_args

from crawler.places import Gazetteer
from crawler.render.base import LOCAL
from storage.errors import NotFoundError, UsageError
from storage.model.places import Unit

MAX_CHARS = 2_000
"""The longest accepted value of a query string."""

_REF = re.compile(r"([0-9]{1,18})(?:@([0-9]{1,6}))?")
_POSITION = re.compile(r"(-?[0-9]{1,18})_([0-9]{1,18})")
_EARLIEST, _LATEST = date(1900, 1, 1), date(2199, 12, 31)
Cursor = tuple[datetime, int]


class MisreadError(UsageError):
    """A value in a path or query string is invalid.

    message: in Vietnamese, with what was expected; values: of its placeholders.
    """

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message.format(**values))
        self.message = message
        self.values = values


_Choice = TypeVar("_Choice", bound=str)


@dataclass(frozen=True, slots=True)
class Ref:
    """An article's short id, and the number of one of its states, if given."""

    id: str
    state: int | None


def ref_of(text: str) -> Ref:
    """Parse "16" or "16@2". Raises NotFoundError for anything else."""
    found = _REF.fullmatch(text)
    if found is None:
        raise NotFoundError(f"no article has the id {text[:40]!r}")
    return Ref(found[1], int(found[2]) if found[2] else None)


def text_in(values: Mapping[str, str], name: str) -> str:
    """Return a value, stripped; "" if it is not given. Raises MisreadError if it is too long."""
    text = values.get(name, "").strip()
    if len(text) > MAX_CHARS:
        raise MisreadError("“{name}” dài quá {n} ký tự.", name=name, n=MAX_CHARS)
    return text


def choice_in(
    values: Mapping[str, str], name: str, kind: object, default: _Choice | Literal[""]
) -> _Choice:
    """Return a value if it is one of the Literal `kind`, otherwise the default."""
    text = text_in(values, name)
    return cast("_Choice", text if text in get_args(kind) else default)


def day_in(values: Mapping[str, str], name: str) -> date | None:
    """Parse a day such as 2026-09-14 or, as Vietnamese write it, 14/9/2026.

    Return None if it is not given. Raises MisreadError for anything else.
    """
    text = text_in(values, name)
    if not text:
        return None
    parts = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", text)
    if parts:
        text = f"{parts[3]}-{parts[2]:0>2}-{parts[1]:0>2}"
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not _EARLIEST <= day <= _LATEST:
        raise MisreadError(
            "“{given}” không phải một ngày: hãy viết như 14/9/2026.", given=text[:40]
        )
    return day


def start_of(day: date) -> datetime:
    """Return the time, in UTC, at which a day begins in Việt Nam."""
    return datetime.combine(day, time(), LOCAL).astimezone(UTC)


def end_of(day: date) -> datetime:
    """Return the time, in UTC, at which a day ends in Việt Nam."""
    return start_of(day + timedelta(days=1))


def window_in(
    values: Mapping[str, str], first: str = "tu", last: str = "den"
) -> tuple[datetime | None, datetime | None]:
    """Return the start of the first day and the end of the last, in UTC; None if not given.

    Raises MisreadError if the first day is after the last.
    """
    begin, end = day_in(values, first), day_in(values, last)
    if begin and end and begin > end:
        raise MisreadError("Ngày đầu ở sau ngày cuối: hãy đổi chỗ hai ngày.")
    return start_of(begin) if begin else None, end_of(end) if end else None


def days_in(values: Mapping[str, str], today: date, usual: int, most: int) -> tuple[date, date]:
    """Return the first and last day; by default the `usual` number of days up to today.

    Raises MisreadError if they are out of order, or more than `most` days.
    """
    last = day_in(values, "den") or today
    first = day_in(values, "tu") or last - timedelta(days=usual - 1)
    if not 0 <= (last - first).days < most:
        raise MisreadError("Hai ngày phải theo thứ tự, và trải nhiều nhất {n} ngày.", n=most)
    return first, last


def cursor_in(values: Mapping[str, str]) -> Cursor | None:
    """Return the cursor after which a list continues; None for its start. Raises MisreadError."""
    text = text_in(values, "sau")
    if not text:
        return None
    found = _POSITION.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        return datetime.fromtimestamp(int(found[1]) / 1_000_000, UTC), int(found[2])
    except (ValueError, OverflowError, OSError):
        raise MisreadError("Vị trí trong danh sách không đọc được: hãy đi từ trang đầu.") from None


def cursor_text(cursor: Cursor) -> str:
    """Return a cursor as query strings have it: microseconds since the epoch, and id."""
    at, number = cursor
    return f"{(at - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)}_{number}"


@dataclass(frozen=True, slots=True)
class Named:
    """A place name from a query string. units: its matches, one per place.

    near: similar names, if nothing matches.
    """

    text: str = ""
    units: tuple[Unit, ...] = ()
    near: tuple[str, ...] = ()

    @property
    def unit(self) -> Unit | None:
        """The matching unit, if the name is unambiguous."""
        return self.units[0] if len(self.units) == 1 else None


def place_in(values: Mapping[str, str], name: str, gazetteer: Gazetteer) -> Named:
    """Return the places that match a name or id, each by its last unit. Raises MisreadError."""
    text = text_in(values, name)
    if not text:
        return Named()
    lines = {gazetteer.line(unit.id): unit for unit in gazetteer.find(text[:200])}
    near = () if lines else gazetteer.near(text[:60])
    return Named(text, tuple(lines.values()), near)
