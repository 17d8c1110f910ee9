"""Evaluates health: reads the runs, finds what is wrong, and opens and closes alarms."""

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
    """Evaluate outlets, machines, disk and store; open and close alarms, and return the open ones.

    monitored: the outlets that are scheduled. folder: of the captures. store: the URL of the
    object store that they are pushed to.
    """
    findings = all_findings(archive, monitored, folder, now, store)
    evaluated = [None, *(outlet.outlet for outlet in monitored)]
    return archive.alarms.sync(findings, evaluated, now)


def evaluate_outlet(archive: Archive, monitored: MonitoredOutlet, now: datetime) -> list[Alarm]:
    """Evaluate one outlet, after a crawl of it; return all alarms that are open then."""
    runs = archive.runs.find(monitored.outlet, since=now - LOOK_BACK)
    return archive.alarms.sync(findings_of(monitored, runs, now), [monitored.outlet], now)


def all_findings(
    archive: Archive,
    monitored: Sequence[MonitoredOutlet],
    folder: Path,
    now: datetime,
    store: str = "",
) -> list[Finding]:
    """Return everything that is wrong now; arguments as for `evaluate_all`. It writes nothing."""
    findings: list[Finding] = []
    started: dict[str, datetime] = {}
    since = now
    for outlet in monitored:
        runs = archive.runs.find(outlet.outlet, since=now - LOOK_BACK)
        runs = [run for run in runs if run.kind == "crawl" and not run.replay]
        if runs:
            started[outlet.outlet] = runs[0].started_at
            since = min(since, runs[-1].started_at)
        findings += findings_of(outlet, runs, now)
    machines = archive.machines.find()
    if schedule_stopped_at(machines) is None:  # a deliberate stop is no fault; `status` shows it
        findings += late_findings(monitored, started, now, since=since)
    findings += machine_findings(lost_machines(archive, machines, now))
    if store:
        findings += backlog_findings(store, archive.captures.push_backlog(), now)
    return findings + _disk(folder, now)


def _disk(folder: Path, now: datetime) -> list[Finding]:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    usage = shutil.disk_usage(existing)
    return disk_findings(str(folder), usage.free, usage.total, now)
