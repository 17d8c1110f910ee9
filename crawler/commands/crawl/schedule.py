"""`tinquan schedule`: crawl in the background, unattended."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from crawler.channels.message import Sender
from crawler.commands import options
from crawler.commands.common import archive_of, outlets_of
from crawler.config.config import Config, require_contact
from crawler.health.evaluate import evaluate_all, evaluate_outlet
from crawler.health.metrics import Snapshot, serve_metrics
from crawler.health.notify import channels_of, notify_all
from crawler.health.status import status_of
from crawler.jobs.supervisor import Supervisor
from crawler.outlets.model import Outlet
from crawler.places import load_gazetteer
from crawler.places.tag_articles import check_provinces, load_into
from crawler.schedule.agenda import Wanted
from crawler.schedule.membership import Membership
from crawler.schedule.plan import monitored_by, new_agenda, next_runs, wanted_outlets
from crawler.schedule.service import Scheduler, SchedulerDependencies, set_up_log
from crawler.schedule.state import ScheduleState, maintenance_argv
from crawler.watch.watches import compile_all
from storage.archive import Archive
from storage.errors import UsageError

_log = logging.getLogger(__name__)
_ALARMS = "alarms"


def schedule(
    *,
    outlet: Annotated[
        list[str] | None, typer.Argument(help="Outlets; by default all that are not retired.")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="Outlets that have this tag; may be given repeatedly.")
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Serve Prometheus metrics on this port.")
    ] = None,
    setup: options.Setup,
) -> None:
    """Crawl all outlets in the background, each when it is due, until SIGTERM or Ctrl-C."""
    settings = setup.load()
    require_contact(settings.contact, settings.file)
    known = outlets_of(settings)
    wanted = wanted_outlets(settings, known, outlet or (), tag or ())
    gazetteer = load_gazetteer(settings.gazetteer)
    check_provinces([known[entry.outlet] for entry in wanted], gazetteer)
    compile_all(settings.watches, gazetteer, known, str(settings.file))  # fail now on a wrong watch
    set_up_log()
    channels = channels_of(settings.alarms)
    with archive_of(settings, create=True) as opened:
        load_into(opened, settings.gazetteer)  # once, not in every crawl
        _log.info("%s", _place_text(settings, metrics_port))
        membership = Membership(opened, settings)
        try:
            with _metrics(metrics_port, opened, settings, wanted):
                evaluate = _evaluation(opened, settings, wanted, known, channels, membership)
                asyncio.run(_run(opened, settings, wanted, evaluate, membership))
        finally:
            membership.leave()


def _place_text(settings: Config, metrics_port: int | None) -> str:
    metrics = f"; metrics at http://127.0.0.1:{metrics_port}/metrics" if metrics_port else ""
    crawls = settings.schedule.jobs
    return f"archive {settings.archive_name}; {crawls} crawls at a time{metrics}"


@contextmanager
def _metrics(
    port: int | None, archive: Archive, settings: Config, wanted: list[Wanted]
) -> Iterator[None]:
    """Serve metrics on a loopback port, if one is given. Raises UsageError if it is in use."""
    if port is None:
        yield
        return

    def snapshot() -> Snapshot:
        now = datetime.now(UTC)
        alarms = archive.alarms.find()
        due = next_runs(archive, new_agenda(settings, wanted), now)
        return status_of(archive, [entry.outlet for entry in wanted], alarms, due, now), alarms

    try:
        stop = serve_metrics(snapshot, port)
    except OSError as error:
        raise UsageError(f"--metrics-port {port}: {error.strerror}: name a free port") from None
    try:
        yield
    finally:
        stop()


async def _run(
    archive: Archive,
    settings: Config,
    wanted: list[Wanted],
    evaluate: Callable[[str | None], None],
    membership: Membership,
) -> None:
    """Run the scheduler until a signal stops it."""
    agenda = new_agenda(settings, wanted)
    outlets = tuple(entry.outlet for entry in wanted)
    dependencies = SchedulerDependencies(
        agenda,
        ScheduleState(archive, settings, agenda, membership, outlets),
        Supervisor(archive, settings),
        evaluate,
        maintenance_argv(settings),
    )
    await Scheduler(dependencies).run()


def _evaluation(
    archive: Archive,
    settings: Config,
    wanted: list[Wanted],
    known: dict[str, Outlet],
    channels: Mapping[str, Sender],
    membership: Membership,
) -> Callable[[str | None], None]:
    """Return a function that evaluates the health of one outlet, or of all, and notifies.

    Of several machines, a leader evaluates all outlets and notifies for as long as it runs, also
    for the outlets that only other machines crawl.
    """
    own = {monitored.outlet: monitored for monitored in monitored_by(wanted, known)}
    configured = monitored_by(wanted_outlets(settings, known), known)
    all_outlets = {monitored.outlet: monitored for monitored in configured} | own

    def evaluate(outlet: str | None) -> None:
        now = datetime.now(UTC)
        leads = membership.take(_ALARMS)
        if outlet is not None:
            evaluate_outlet(archive, own[outlet], now)
        elif leads:
            crawled = {slug for machine in archive.machines.find() for slug in machine.outlets}
            chosen = [all_outlets[slug] for slug in all_outlets if slug in own or slug in crawled]
            evaluate_all(archive, chosen, settings.captures, now, settings.object_store)
        if leads:
            notify_all(archive, channels)

    return evaluate
