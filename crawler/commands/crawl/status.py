"""`tinquan status` and `alarms`: is everything well, and if not, what to do."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.text import Text

from crawler.commands import options
from crawler.commands.common import (
    out,
    outlets_of,
    print_table,
    reading_of,
    say,
    slugs_of,
)
from crawler.commands.listing import Portion, print_object, print_rows
from crawler.health.backlog import backlog_json, backlog_text
from crawler.health.evaluate import all_findings
from crawler.health.machines import lost_machines, machine_json, machine_state, open_runs
from crawler.health.status import OutletStatus, is_failure, status_json, status_of
from crawler.health.texts import alarm_json, cause_text, paragraphs
from crawler.render.base import counted, time_json, time_text
from crawler.render.table import EMPTY, Column, Table, table_of
from crawler.schedule.plan import crawled_outlets, new_agenda, next_runs, wanted_outlets
from crawler.watch.render import delivery_json, delivery_text
from storage.model.alarms import Alarm, Finding
from storage.model.runs import Outcome, Run
from storage.model.schedule import Machine, schedule_stopped_at

_STATUS_CSV = (
    "outlet last_outcome last_success newest_article articles_24h usual_24h next_run alarms"
)
_ALARM_CSV = "id state cause outlet summary to_do since opened_at updated_at closed_at evidence"
OutletOption = Annotated[str | None, typer.Option("--outlet", help="Only this outlet.")]


def status(
    *,
    setup: options.Setup,
    output: options.Output,
) -> None:
    """Show how every outlet is doing. Exit code 0: all is well; 1: there are alarms."""
    form = output.form()
    settings = setup.load()
    known = outlets_of(settings)
    now = datetime.now(UTC)
    with reading_of(settings) as opened:
        wanted = wanted_outlets(settings, known)
        monitored = crawled_outlets(opened, wanted, known)
        store = settings.object_store
        findings = all_findings(opened, monitored, settings.captures, now, store)
        backlog = opened.captures.push_backlog() if store else None
        alarms = as_alarms(findings, opened.alarms.find(), now)
        due = next_runs(opened, new_agenda(settings, wanted), now)
        found = status_of(opened, [one.outlet for one in monitored], alarms, due, now)
        runs = opened.runs.find(limit=1)
        machines = opened.machines.find()
        stopped_at = schedule_stopped_at(machines)
        lost = lost_machines(opened, machines, now)
        at_work = opened.runs.at_work()
        unsent = opened.watches.open_deliveries()
    if form:
        print_object(
            form,
            {
                "healthy": not alarms,
                "schedule_stopped_at": time_json(stopped_at),
                "machines": [machine_json(one, at_work, lost) for one in machines],
                "outlets": [status_json(one) for one in found],
                "alarms": [alarm_json(alarm) for alarm in alarms],
                "not_delivered": [delivery_json(one) for one in unsent],
                "object_store": backlog_json(store, backlog) if backlog else None,
            },
            "outlets",
            _STATUS_CSV,
        )
    else:
        _print_status(found, alarms)
        if not found:
            out.print(_nothing_crawled(replayed=bool(runs)))
        if len(machines) > 1:
            print_table(_machine_table(machines, at_work, lost, now))
        if stopped_at:
            start = "nothing is crawled until `tinquan schedule` starts again"
            out.print(f"the schedule was stopped on {time_text(stopped_at)}: {start}")
        if backlog and (waiting := backlog_text(store, backlog)):
            why = f"; the last push failed: {backlog.error}" if backlog.error else ""
            out.print(escape(waiting + why), soft_wrap=True)
        for one in unsent:
            say(f"watch {one.digest.watch}: {delivery_text(one)}")
    if alarms:
        raise typer.Exit(1)


def as_alarms(findings: list[Finding], kept: list[Alarm], now: datetime) -> list[Alarm]:
    """Return findings as alarms: those that are kept already with their numbers and times."""
    numbers = {(alarm.finding.cause, alarm.finding.outlet): alarm for alarm in kept}
    found = []
    for finding in findings:
        alarm = numbers.get((finding.cause, finding.outlet))
        opened_at = alarm.opened_at if alarm else now
        found.append(Alarm(alarm.id if alarm else 0, finding, opened_at, now))
    return found


def _print_status(found: list[OutletStatus], alarms: list[Alarm]) -> None:
    columns: tuple[Column[OutletStatus], ...] = (
        Column("outlet", lambda one: one.outlet),
        Column("last crawl", lambda one: _end_text(one.last_outcome)),
        Column("last success", lambda one: one.last_success, rank=4, time=True),
        Column("newest article", lambda one: one.newest_article, rank=1, time=True),
        Column("24 h", lambda one: one.articles_24h, number=True, rank=2),
        Column("usual", lambda one: f"{one.usual:.1f}", number=True, rank=2),
        Column("next run", lambda one: one.next_run, rank=3, time=True),
        Column("alarms", _causes_text, below=True),
    )
    print_table(table_of(counted(len(found), "outlet"), columns, found))
    for alarm in alarms:
        _print_alarm(alarm)
    if found and not alarms:
        out.print(_no_alarm([one.outlet for one in found if is_failure(one.last_outcome)]))


def _causes_text(one: OutletStatus) -> str:
    return ", ".join(cause_text(alarm.finding.cause) for alarm in one.alarms)


def _machine_table(
    machines: list[Machine], at_work: list[Run], lost: list[Machine], now: datetime
) -> Table:
    columns: tuple[Column[Machine], ...] = (
        Column("machine", lambda one: one.name),
        Column("state", lambda one: machine_state(one, lost)),
        Column("since", lambda one: one.started_at, rank=2),
        Column("seen", lambda one: _seen_text(one, now), rank=1),
        Column("crawls", lambda one: _crawls_text(one, at_work), below=True),
    )
    return table_of(counted(len(machines), "machine"), columns, machines)


def _seen_text(machine: Machine, now: datetime) -> str:
    return f"{max(0, int((now - machine.heartbeat_at).total_seconds()))} s ago"


def _crawls_text(machine: Machine, at_work: list[Run]) -> str:
    return ", ".join(run.outlet for run in open_runs(at_work, machine))


def _nothing_crawled(*, replayed: bool) -> str:
    filled = "; what this archive holds was replayed or imported" if replayed else ""
    return f"no outlet has been crawled yet{filled}: tinquan crawl, or tinquan schedule"


def _end_text(end: Outcome | None) -> Text:
    return Text(end.value if end else EMPTY, style="red" if end and is_failure(end) else "")


def _no_alarm(failed: list[str]) -> str:
    if not failed:
        return "all is well"
    return f"no alarm, but the last crawl failed: {', '.join(failed)}; `tinquan runs` says why"


def _print_alarm(alarm: Alarm) -> None:
    first, *rest = paragraphs(alarm)
    style = "bold red" if alarm.is_open else "bold"
    name = f"{cause_text(alarm.finding.cause)}: " if alarm.id == 0 else ""
    number = f"{alarm.id}  " if alarm.id else ""
    out.print(f"\n{number}{name}{escape(first)}", style=style, soft_wrap=True)
    for paragraph in rest:
        say(paragraph)


def alarms(
    *,
    outlet: OutletOption = None,
    closed: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    limit: options.Limit = 50,
    offset: options.Offset = 0,
    setup: options.Setup,
    output: options.Output,
) -> None:
    """List alarms that the schedule has opened, newest first, with what to do about each."""
    form = output.form()
    settings = setup.load()
    with reading_of(settings) as opened:
        slugs_of([outlet] if outlet else [], settings, opened)
        every = opened.alarms.find(outlet, only_open=not closed)  # they are few
    found = every[offset : offset + limit]
    if form:
        print_rows(form, map(alarm_json, found), _ALARM_CSV)
    else:
        if not every:
            out.print("no alarms" if closed else "no alarm is open")
        for alarm in found:
            _print_alarm(alarm)
    Portion(len(found), len(every), offset).print_rest()
