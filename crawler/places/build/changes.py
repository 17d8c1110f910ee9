"""Read what differs between the dated unit lists before the first whole one, and undo it.

One JSON line a unit and date: {"from", "level", "code", "before", "after"}, where before and after
are [full name, code of the unit above] or null. Pure, standard library only.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from crawler.places.build.lists import Listed, loose, split_name
from storage.errors import ConfigError

FIRST_DAY = date(2021, 11, 1)
"""The day of the list before the first change."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a code stood for until `day`, and from then on; None where it was not in use."""

    day: date
    before: Listed | None
    after: Listed | None


def parse_changes(text: str, name: str) -> list[Change]:
    """Return the changes of a file, without the errors of its lists; `name` is the file's.

    A unit that is gone in some lists only was never away (five island districts), and one that is
    gone where its like has a new code was given another code.
    Raises ConfigError where a line is no change.
    """
    found = [_change(line, f"{name}: line {number}") for number, line in _lines(text)]
    back = {_same(change.after) for change in found if change.before is None}
    away = {_same(change.before) for change in found if change.after is None} & back
    return [
        change
        for change in found
        if not (change.after is None and _same(change.before) in away)
        and not (change.before is None and _same(change.after) in away)
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


def _listed(code: str, said: list[str] | None) -> Listed | None:
    if said is None:
        return None
    full_name, parent = said
    return Listed(code, *split_name(full_name), parent)


def _same(unit: Listed | None) -> tuple[str, str, str | None] | None:
    return (unit.type, loose(unit.name), unit.parent) if unit else None


def earlier_lists(
    changes: list[Change], whole: Mapping[str, Listed]
) -> list[tuple[date, dict[str, Listed]]]:
    """Return the lists up to `whole`, oldest first, each with its first day; `whole` is the last.

    Raises ConfigError where a change leads to what the list after it does not have.
    """
    found = []
    listed = dict(whole)
    for day in sorted({change.day for change in changes}, reverse=True):
        found.append((day, listed))
        listed = _undone([change for change in changes if change.day == day], listed)
    return [(FIRST_DAY, listed), *reversed(found)]


def _undone(changes: list[Change], listed: Mapping[str, Listed]) -> dict[str, Listed]:
    """Return the list before `changes`, parents before children."""
    earlier = dict(listed)
    for change in changes:
        now = change.after or change.before
        if now is None or _same(listed.get(now.code)) != _same(change.after):
            raise ConfigError(f"changes of {change.day}: {now} does not fit the list after them")
        if change.before is None:
            del earlier[now.code]
        else:
            earlier[now.code] = change.before
    return dict(sorted(earlier.items(), key=lambda item: (len(item[0]), item[0])))
