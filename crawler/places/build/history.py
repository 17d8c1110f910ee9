"""Changes before the first unit list, from a hand-written table.

Units of that time have no official code, as no source gives it. Pure; the header of the table
explains its columns.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from crawler.places.build.changes import FIRST_DAY
from crawler.places.build.lists import identity, split_name
from storage.errors import ConfigError
from storage.model.places import Share, Succession, Unit

COLUMNS = ["old", "new", "day", "formed", "share", "resolution"]


@dataclass(frozen=True, slots=True)
class Event:
    """On `day` the unit `old`, or a part of it, became `new`; both as "type name, province"."""

    old: str
    new: str
    day: date | None
    formed: bool
    share: Share
    resolution: str


def parse_history(text: str, name: str) -> list[Event]:
    """Return the events of the table; `name` is the file's. Raises ConfigError for a bad row."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    rows = list(csv.reader(lines))
    if not rows or rows[0] != COLUMNS:
        raise ConfigError(f"{name}: expected columns {','.join(COLUMNS)}")
    return [_event(row, name) for row in rows[1:]]


def _event(row: list[str], name: str) -> Event:
    try:
        old, new, day, formed, share, resolution = row
        split_name(old), split_name(new)
        kind: Share = {"whole": "whole", "part": "part"}[share]  # type: ignore[assignment]
        first = date.fromisoformat(day) if day else None
        event = Event(old, new, first, {"yes": True, "no": False}[formed], kind, resolution)
    except (ValueError, KeyError) as error:
        raise ConfigError(f"{name}: expected a change, not {','.join(row)!r} ({error})") from error
    if not resolution or (first or FIRST_DAY) > FIRST_DAY:
        raise ConfigError(f"{name}: {old}: expected a resolution, and a day up to {FIRST_DAY}")
    return event


def with_history(
    units: Mapping[str, Unit], events: Iterable[Event], name: str
) -> tuple[dict[str, Unit], list[Succession]]:
    """Return `units` (the lists' rows by id, oldest first) with those of the table added, and the
    successions of the latter; `name` is the table's file.

    Raises ConfigError if the table names a unit that neither it nor the lists have.
    """
    found = dict(units)
    listed: dict[str, Unit] = {}
    for unit in units.values():
        if unit.level != "ward":
            listed.setdefault(_table_name(unit, found), unit)
    events = list(events)
    olds: dict[str, Unit] = {}
    for event in events:
        if event.old not in olds:
            unit = _ended(event, events, olds, listed, name)
            olds[event.old] = found[unit.id] = unit
    successions = []
    for event in events:
        new = _get(event.new, olds, listed, name)
        if event.formed and new.valid_from is None:
            found[new.id] = replace(found[new.id], valid_from=event.day)
        old = olds[event.old].id
        successions.append(Succession(old, new.id, event.share, event.resolution))
    return found, successions


def _table_name(unit: Unit, units: Mapping[str, Unit]) -> str:
    """Return the name of the unit in the table."""
    return f"{unit.full_name}, {units[unit.parent].name}" if unit.parent else unit.full_name


def _get(key: str, olds: Mapping[str, Unit], listed: Mapping[str, Unit], name: str) -> Unit:
    unit = olds.get(key) or listed.get(key)
    if unit is None:
        raise ConfigError(f"{name}: neither it nor a unit list has {key!r}")
    return unit


def _ended(
    event: Event,
    events: Iterable[Event],
    olds: Mapping[str, Unit],
    listed: Mapping[str, Unit],
    name: str,
) -> Unit:
    """Return the row of the unit that ended with `event`."""
    full_name, _, province = event.old.partition(", ")
    kind, short = split_name(full_name)
    keys = (f"{type_} {province}" for type_ in ("tỉnh", "thành phố"))
    above = next((unit for key in keys if (unit := olds.get(key) or listed.get(key))), None)
    if above is None and (province or kind not in ("tỉnh", "thành phố")):
        raise ConfigError(f"{name}: {event.old}: no province has that name")
    formed = [other.day for other in events if other.new == event.old and other.formed]
    last = (event.day or FIRST_DAY) - timedelta(days=1)
    return Unit(
        identity(kind, short, None, f"{last:%Y-%m}"),
        None,
        kind,
        short,
        above.id if above else None,
        formed[0] if formed else None,
        event.day,
        event.resolution,
        None if event.day else FIRST_DAY,
    )
