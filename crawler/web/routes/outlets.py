"""`/bao`: the outlets; `/bao/SLUG`: an outlet's crawls, refusals, coverage and alarms."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response

from crawler.health.machines import lost_machines, machine_state, open_runs
from crawler.web.names import CAUSES, MACHINE_STATES, OUTCOMES, REASONS
from crawler.web.page import Page
from storage.errors import NotFoundError
from storage.model.alarms import Alarm
from storage.model.articles import RefusalReason
from storage.model.runs import Run
from storage.model.schedule import Machine

_DAY = timedelta(days=1)
_REFUSED, _COVERED = 30, 14  # days back
_RUNS = 10


@dataclass(frozen=True, slots=True)
class OutletRow:
    """One outlet in the list: newest article, articles of a week, last crawl, open alarms."""

    slug: str
    newest: datetime | None
    week: int
    run: Run | None
    alarms: tuple[Alarm, ...]


@dataclass(frozen=True, slots=True)
class MachineRow:
    """A machine that runs the schedule. state: as `machine_state`. runs: what it crawls."""

    machine: Machine
    state: str
    runs: tuple[Run, ...]


def outlets(page: Page) -> Response:
    """Answer `/bao`."""
    archive, now = page.reader.archive, page.now
    newest = archive.articles.newest_by_outlet(now)
    week = archive.articles.count_by_outlet(now - 7 * _DAY, now)
    runs, alarms = archive.runs.latest_by_outlet(), archive.alarms.find(limit=200)
    rows = [
        OutletRow(
            slug,
            newest[slug],
            week.get(slug, 0),
            runs.get(slug),
            tuple(alarm for alarm in alarms if alarm.finding.outlet == slug),
        )
        for slug in newest
    ]
    rows.sort(key=lambda row: page.reader.outlet_name(row.slug).casefold())
    return page.render(
        "outlets.html",
        rows=rows,
        whole=[alarm for alarm in alarms if alarm.finding.outlet is None],
        causes=CAUSES,
        outcomes=OUTCOMES,
        machines=_machines(page),
        states=MACHINE_STATES,
    )


def _machines(page: Page) -> list[MachineRow]:
    """Return the machines, if several share the archive."""
    archive = page.reader.archive
    machines = archive.machines.find()
    if len(machines) < 2:
        return []
    lost, at_work = lost_machines(archive, machines, page.now), archive.runs.at_work()
    return [
        MachineRow(machine, machine_state(machine, lost), tuple(open_runs(at_work, machine)))
        for machine in machines
    ]


def outlet(page: Page) -> Response:
    """Answer `/bao/SLUG`. Raises NotFoundError."""
    archive, now, slug = page.reader.archive, page.now, page.path["slug"]
    runs = archive.runs.find(slug, limit=_RUNS)
    if not runs and slug not in page.reader.outlets:
        raise NotFoundError("no such outlet")
    refused = archive.articles.refusal_counts(slug, now - _REFUSED * _DAY)
    today = page.language.today(now)
    since, until = today - _COVERED * _DAY, today + _DAY
    return page.render(
        "outlet.html",
        slug=slug,
        file=page.reader.outlets.get(slug),
        newest=archive.articles.newest_by_outlet(now).get(slug),
        runs=runs,
        alarms=archive.alarms.find(slug, limit=20),
        # Takedowns are not public.
        refused=[
            (REASONS[reason], count)
            for reason, count in refused.items()
            if reason is not RefusalReason.REDACTED
        ],
        promised=archive.links.promises(slug, since, until, "day"),
        causes=CAUSES,
        outcomes=OUTCOMES,
    )
