"""One look at the health of everything: read the runs, find what is wrong, keep it as alarms."""

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from crawler.health.backlog import backlog_findings
from crawler.health.machines import lost_machines, machine_findings
from crawler.health.rules import (
    LOOK_BACK,
    MonitoredOutlet,
    disk_findings,
    findings_of,
    late_findings,
)
from storage.archive import Archive
from storage.model.alarms import Alarm, Finding
from storage.model.schedule import schedule_stopped_at


def evaluate_all(
    archive: Archive,
    monitored: Sequence[MonitoredOutlet],
    folder: Path,
    now: datetime,
    store: str = "",
) -> list[Alarm]:
    """Look at the outlets and the disk, open and close alarms; return the open ones.

    watched: the outlets that are scheduled. folder: where captures lie. store: the URL of the
    object store that they are pushed to.
    """
    found = all_findings(archive, monitored, folder, now, store)
    evaluated = [None, *(one.outlet for one in monitored)]
    return archive.alarms.sync(found, evaluated, now)


def evaluate_outlet(archive: Archive, monitored: MonitoredOutlet, now: datetime) -> list[Alarm]:
    """Look at one outlet, after a crawl of it; return all alarms that are open then."""
    runs = archive.runs.find(monitored.outlet, since=now - LOOK_BACK)
    return archive.alarms.sync(findings_of(monitored, runs, now), [monitored.outlet], now)


def all_findings(
    archive: Archive,
    monitored: Sequence[MonitoredOutlet],
    folder: Path,
    now: datetime,
    store: str = "",
) -> list[Finding]:
    """Return what is wrong now; nothing is written."""
    found: list[Finding] = []
    started: dict[str, datetime] = {}
    since = now
    for one in monitored:
        runs = archive.runs.find(one.outlet, since=now - LOOK_BACK)
        runs = [run for run in runs if run.kind == "crawl" and not run.replay]
        if runs:
            started[one.outlet] = runs[0].started_at
            since = min(since, runs[-1].started_at)
        found += findings_of(one, runs, now)
    machines = archive.machines.find()
    if schedule_stopped_at(machines) is None:  # who stopped it knows, and `status` says so
        found += late_findings(monitored, started, now, since=since)
    found += machine_findings(lost_machines(archive, machines, now))
    if store:
        found += backlog_findings(store, archive.captures.push_backlog(), now)
    return found + _disk(folder, now)


def _disk(folder: Path, now: datetime) -> list[Finding]:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    usage = shutil.disk_usage(existing)
    return disk_findings(str(folder), usage.free, usage.total, now)
