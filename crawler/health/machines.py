"""The machines that run the schedule: their state, their crawls, and those that are lost."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from crawler.render.base import time_json
from storage.archive import Archive
from storage.model.alarms import Cause, Finding
from storage.model.runs import Run
from storage.model.schedule import Machine, machine_lock

_GRACE = timedelta(seconds=45)  # for a machine that restarts or reconnects


def lost_machines(archive: Archive, machines: Sequence[Machine], now: datetime) -> list[Machine]:
    """Return the machines whose schedule neither runs nor was stopped.

    There are none for an archive in a file: it belongs to one machine, whose lateness is an alarm
    of its own.
    """
    if not archive.locks.is_shared:
        return []
    return [
        machine
        for machine in machines
        if machine.stopped_at is None
        and now - machine.heartbeat_at > _GRACE
        and archive.locks.holder(machine_lock(machine.name)) is None
    ]


def machine_findings(lost: Sequence[Machine]) -> list[Finding]:
    """Return a finding if machines are lost; others have taken over their crawls."""
    if not lost:
        return []
    names = tuple(machine.name for machine in lost)
    since = min(machine.heartbeat_at for machine in lost)
    if len(names) == 1:
        summary = (
            f"machine {names[0]} is gone: its schedule neither runs nor was stopped;"
            " others crawl for it"
        )
    else:
        summary = (
            f"{len(names)} machines are gone: their schedules neither run nor were stopped;"
            " others crawl for them"
        )
    return [Finding(Cause.MACHINE_LOST, None, summary, since, names)]


def open_runs(runs: Sequence[Run], machine: Machine) -> list[Run]:
    """Return the runs on a machine. runs: the open ones."""
    return [run for run in runs if run.host == machine.name]


def machine_state(machine: Machine, lost: Sequence[Machine]) -> str:
    """Return "running", "stopped" or "lost"."""
    if machine.stopped_at is not None:
        return "stopped"
    return "lost" if machine in lost else "running"


def machine_json(machine: Machine, runs: Sequence[Run], lost: Sequence[Machine]) -> dict[str, Any]:
    """Return a machine as JSON data, with its running crawls."""
    return {
        "machine": machine.name,
        "state": machine_state(machine, lost),
        "since": time_json(machine.started_at),
        "heartbeat_at": time_json(machine.heartbeat_at),
        "outlets": list(machine.outlets),
        "crawls": [{"outlet": run.outlet, "run": run.id} for run in open_runs(runs, machine)],
    }
