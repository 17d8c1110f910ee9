"""Machines that run the schedule: which of them are gone, and what each is at."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from crawler.render.base import time_json
from storage.archive import Archive
from storage.model.alarms import Cause, Finding
from storage.model.runs import Run
from storage.model.schedule import Machine, machine_lock

_UNSURE = timedelta(seconds=45)  # a machine that restarts, or connects again, is no lost one


def lost_machines(archive: Archive, machines: Sequence[Machine], now: datetime) -> list[Machine]:
    """Return the machines whose schedule neither runs nor was stopped.

    None in an archive in a file: that is one machine's, and its lateness is an alarm already.
    """
    if not archive.locks.is_shared:
        return []
    return [
        one
        for one in machines
        if one.stopped_at is None
        and now - one.heartbeat_at > _UNSURE
        and archive.locks.holder(machine_lock(one.name)) is None
    ]


def machine_findings(lost: Sequence[Machine]) -> list[Finding]:
    """Return a finding where machines are lost; others have taken over what they crawled."""
    if not lost:
        return []
    names = tuple(one.name for one in lost)
    since = min(one.heartbeat_at for one in lost)
    which = f"machine {names[0]} is" if len(names) == 1 else f"{len(names)} machines are"
    what = f"{which} gone: their schedules neither run nor were stopped; others crawl for them"
    if len(names) == 1:
        what = f"{which} gone: its schedule neither runs nor was stopped; others crawl for it"
    return [Finding(Cause.MACHINE_LOST, None, what, since, names)]


def open_runs(runs: Sequence[Run], machine: Machine) -> list[Run]:
    """Return the runs that are at work on a machine."""
    return [run for run in runs if run.host == machine.name]


def machine_state(machine: Machine, lost: Sequence[Machine]) -> str:
    """Return "running", "stopped" or "lost"."""
    if machine.stopped_at is not None:
        return "stopped"
    return "lost" if machine in lost else "running"


def machine_json(machine: Machine, runs: Sequence[Run], lost: Sequence[Machine]) -> dict[str, Any]:
    """Return a machine as plain data, with the outlets that it crawls at this moment."""
    return {
        "machine": machine.name,
        "state": machine_state(machine, lost),
        "since": time_json(machine.started_at),
        "heartbeat_at": time_json(machine.heartbeat_at),
        "outlets": list(machine.outlets),
        "crawls": [{"outlet": run.outlet, "run": run.id} for run in open_runs(runs, machine)],
    }
