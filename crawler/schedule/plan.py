"""The outlets and jobs to schedule, and to monitor, from configuration and outlet files."""

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

_WATCH = _PUSH = "*/5 * * * *"  # watches that notify at once do so within five minutes
_MAX_HEARTBEAT_AGE = timedelta(minutes=20)  # of a schedule that is running


def wanted_outlets(
    config: Config,
    known: Mapping[str, Outlet],
    named: Iterable[str] = (),
    tags: Iterable[str] = (),
) -> list[Wanted]:
    """Return the outlets to schedule: those named and those with one of the tags, else all.

    Retired and paused ones are left out unless they are named. Raises UsageError (ConfigError,
    UnknownOutletError) that names file and key, or lists the known tags.
    """
    schedule, file = config.schedule, str(config.file or "no configuration file")
    check_schedule(schedule, known, file)
    chosen = {slug: find_outlet(dict(known), slug) for slug in named}
    wanted = []
    for outlet in [*chosen.values(), *_unnamed(schedule, known, set(chosen), set(tags))]:
        sections = cadences(outlet, schedule, file)
        recheck = timedelta(minutes=schedule.recheck_minutes) if schedule.recheck_limit else None
        wanted.append(Wanted(outlet.slug, outlet.host, sections, recheck))
    if not any(outlet.cadences for outlet in wanted):
        raise UsageError("no outlet is to be crawled: tinquan outlets list shows those there are")
    return wanted


def _unnamed(
    schedule: Schedule, known: Mapping[str, Outlet], named: set[str], tags: set[str]
) -> list[Outlet]:
    """Return the other outlets with any of the tags; all of them without names and tags."""
    tags_by_slug = {slug: tags_of(outlet, schedule) for slug, outlet in known.items()}
    known_tags = frozenset[str]().union(*tags_by_slug.values())
    if unknown := sorted(tags - known_tags):
        expected = ", ".join(sorted(known_tags)) or "none"
        raise UsageError(f"no outlet has the tag {unknown[0]!r}; there are: {expected}")
    if named and not tags:
        return []
    return [
        outlet
        for slug, outlet in known.items()
        if slug not in named
        and (not tags or tags_by_slug[slug] & tags)
        and _is_active(outlet, schedule)
    ]


def _is_active(outlet: Outlet, schedule: Schedule) -> bool:
    is_paused = schedule.outlets.get(outlet.slug, OutletSchedule()).pause
    return outlet.status != "retired" and not is_paused


def new_agenda(config: Config, wanted: Iterable[Wanted]) -> Agenda:
    """Return an agenda without history."""
    lines = {"prune": config.schedule.prune, "backup": config.schedule.backup}
    lines |= {"watch": _WATCH} if config.watches else {}
    lines |= {PUSH: _PUSH} if config.object_store else {}
    maintenance = {name: line for name, line in lines.items() if line}
    return Agenda(wanted, maintenance, config.schedule.jobs)


def next_runs(archive: Archive, agenda: Agenda, now: datetime) -> dict[str, datetime]:
    """Return when each outlet is due for a crawl; {} if no schedule is running."""
    running = (
        machine.stopped_at is None and now - machine.heartbeat_at <= _MAX_HEARTBEAT_AGE
        for machine in archive.machines.find()
    )
    if not any(running):
        return {}
    recall(archive, agenda, {}, now)
    next_due: dict[str, datetime] = {}
    for (outlet, _), due in agenda.dues().items():
        next_due[outlet] = min(next_due.get(outlet, due or now), due or now)
    return next_due


def monitored_by(wanted: Iterable[Wanted], known: Mapping[str, Outlet]) -> list[MonitoredOutlet]:
    """Return scheduled outlets for the alarms, with the longest pause of their busiest section."""
    return [
        MonitoredOutlet(
            outlet.outlet,
            known[outlet.outlet].family,
            min(map(_longest_pause, outlet.cadences.values())),
        )
        for outlet in wanted
        if outlet.cadences
    ]


def crawled_outlets(
    archive: Archive, wanted: Iterable[Wanted], known: Mapping[str, Outlet]
) -> list[MonitoredOutlet]:
    """Return the scheduled outlets that have been crawled before, for the alarms."""
    crawled = archive.runs.crawled_outlets()
    return [outlet for outlet in monitored_by(wanted, known) if outlet.outlet in crawled]


def _longest_pause(cadence: Cadence) -> timedelta:
    return cadence.longest * (1 + cadence.jitter) + quiet_time(cadence.quiet)
