"""Parsing of the changes before the first complete unit list, and reconstruction of earlier lists.

One JSON line per unit and date: {"from", "level", "code", "before", "after"}, where before and
after are [full name, code of the parent] or null. Pure, standard library only.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from crawler.places.build.lists import Listed, loose, split_name
from storage.errors import ConfigError

FIRST_DAY = date(2021, 11, 1)
"""The first day of the earliest list."""


@dataclass(frozen=True, slots=True)
class Change:
    """The unit of a code before `day`, and from then on; None if the code was not in use."""

    day: date
    before: Listed | None
    after: Listed | None


def parse_changes(text: str, name: str) -> list[Change]:
    """Return the changes in a file, without errors of the lists; `name` is the file's.

    A unit that disappears and reappears was only missing from some lists (five island districts),
    or got another code; both changes are dropped.
    Raises ConfigError if a line is not a change.
    """
    changes = [_change(line, f"{name}: line {number}") for number, line in _lines(text)]
    added = {_key(change.after) for change in changes if change.before is None}
    moved = {_key(change.before) for change in changes if change.after is None} & added
    return [
        change
        for change in changes
        if not (change.after is None and _key(change.before) in moved)
        and not (change.before is None and _key(change.after) in moved)
    ]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip())


def _change(line: str, where: str) -> Change:
    try:
        row = json.loads(line)
        day = date.fromisoformat(row["from"])
        before, after = (_listed(row["code"], row[key]) for key in ("before", "after"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{where}: expected a change of a unit as JSON ({error!r})") from error
    return Change(day, before, after)


def _listed(code: str, value: list[str] | None) -> Listed | None:
    if value is None:
        return None
    full_name, parent = value
    return Listed(code, *split_name(full_name), parent)


def _key(unit: Listed | None) -> tuple[str, str, str | None] | None:
    return (unit.type, loose(unit.name), unit.parent) if unit else None


def earlier_lists(
    changes: list[Change], whole: Mapping[str, Listed]
) -> list[tuple[date, dict[str, Listed]]]:
    """Return the lists up to `whole`, the last one, oldest first, each with its first day.

    Raises ConfigError if the result of a change is not in the list after it.
    """
    lists = []
    listed = dict(whole)
    for day in sorted({change.day for change in changes}, reverse=True):
        lists.append((day, listed))
        listed = _undo([change for change in changes if change.day == day], listed)
    return [(FIRST_DAY, listed), *reversed(lists)]


def _undo(changes: list[Change], listed: Mapping[str, Listed]) -> dict[str, Listed]:
    """Return the list before `changes`, parents before children."""
    earlier = dict(listed)
    for change in changes:
        now = change.after or change.before
        if now is None or _key(listed.get(now.code)) != _key(change.after):
            raise ConfigError(f"changes of {change.day}: {now} does not fit the list after them")
        if change.before is None:
            del earlier[now.code]
        else:
            earlier[now.code] = change.before
    return dict(sorted(earlier.items(), key=lambda item: (len(item[0]), item[0])))
