"""From configuration and outlet files to what the schedule wants, and what the alarms expect."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from crawler.config.config import Config
from crawler.config.schedule import (
    OutletSchedule,
    Schedule,
    cadences,
    check_schedule,
    tags_of,
)
from crawler.health.rules import MonitoredOutlet
from crawler.outlets.cadence import Cadence, quiet_time
from crawler.outlets.model import Outlet, find_outlet
from crawler.schedule.agenda import PUSH, Agenda, Wanted
from crawler.schedule.recall import recall
from storage.archive import Archive
from storage.errors import UsageError

_WATCH = _PUSH = "*/5 * * * *"  # what is told at once is told within five minutes
_LIVES = timedelta(minutes=20)  # a schedule with an older heartbeat is not at work


def wanted_outlets(
    config: Config,
    known: Mapping[str, Outlet],
    named: Iterable[str] = (),
    tags: Iterable[str] = (),
) -> list[Wanted]:
    """Return the outlets that are scheduled: those named and those that have a tag, else all.

    Retired and paused ones are left out unless they are named. Raises UsageError (ConfigError,
    UnknownOutletError) that names file and key, or the tags there are.
    """
    schedule, file = config.schedule, str(config.file or "no configuration file")
    check_schedule(schedule, known, file)
    chosen = {slug: find_outlet(dict(known), slug) for slug in named}
    wanted = []
    for outlet in [*chosen.values(), *_others(schedule, known, set(chosen), set(tags))]:
        found = cadences(outlet, schedule, file)
        again = timedelta(minutes=schedule.recheck_minutes) if schedule.recheck_limit else None
        wanted.append(Wanted(outlet.slug, outlet.host, found, again))
    if not any(one.cadences for one in wanted):
        raise UsageError("no outlet is to be crawled: tinquan outlets list shows those there are")
    return wanted


def _others(
    schedule: Schedule, known: Mapping[str, Outlet], named: set[str], tags: set[str]
) -> list[Outlet]:
    """Return the outlets that have any of the tags, all where nothing was asked for."""
    given = {slug: tags_of(outlet, schedule) for slug, outlet in known.items()}
    there = frozenset[str]().union(*given.values())
    if unknown := sorted(tags - there):
        expected = ", ".join(sorted(there)) or "none"
        raise UsageError(f"no outlet has the tag {unknown[0]!r}; there are: {expected}")
    if named and not tags:
        return []
    return [
        outlet
        for slug, outlet in known.items()
        if slug not in named and (not tags or given[slug] & tags) and _is_on(outlet, schedule)
    ]


def _is_on(outlet: Outlet, schedule: Schedule) -> bool:
    paused = schedule.outlets.get(outlet.slug, OutletSchedule()).pause
    return outlet.status != "retired" and not paused


def new_agenda(config: Config, wanted: Iterable[Wanted]) -> Agenda:
    """Return an agenda that remembers nothing yet."""
    lines = {"prune": config.schedule.prune, "backup": config.schedule.backup}
    lines |= {"watch": _WATCH} if config.watches else {}
    lines |= {PUSH: _PUSH} if config.object_store else {}
    maintenance = {name: line for name, line in lines.items() if line}
    return Agenda(wanted, maintenance, config.schedule.jobs)


def next_runs(archive: Archive, agenda: Agenda, now: datetime) -> dict[str, datetime]:
    """Return when each outlet is due for a crawl; nothing where no schedule gives heartbeats."""
    machines = archive.machines.find()
    if not any(one.stopped_at is None and now - one.heartbeat_at <= _LIVES for one in machines):
        return {}
    recall(archive, agenda, {}, now)
    found: dict[str, datetime] = {}
    for (outlet, _), due in agenda.dues().items():
        found[outlet] = min(found.get(outlet, due or now), due or now)
    return found


def monitored_by(wanted: Iterable[Wanted], known: Mapping[str, Outlet]) -> list[MonitoredOutlet]:
    """Return the outlets as the alarms see them: with the longest pause that is wanted."""
    return [
        MonitoredOutlet(
            one.outlet, known[one.outlet].family, min(map(_pause, one.cadences.values()))
        )
        for one in wanted
        if one.cadences
    ]


def crawled_outlets(
    archive: Archive, wanted: Iterable[Wanted], known: Mapping[str, Outlet]
) -> list[MonitoredOutlet]:
    """Return those outlets that are wanted and have been crawled."""
    crawled = archive.runs.crawled_outlets()
    return [one for one in monitored_by(wanted, known) if one.outlet in crawled]


def _pause(cadence: Cadence) -> timedelta:
    return cadence.longest * (1 + cadence.jitter) + quiet_time(cadence.quiet)
