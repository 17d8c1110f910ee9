"""The schedule's service: starts the agenda's due tasks as processes, and records how they ended.

APScheduler wakes it when a task is due. Each task is a process of its own, so that this one stays
small and no crawl can end or block it. It never imports Scrapy.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from crawler.jobs.child import Exit
from crawler.jobs.signals import STOP_SIGNALS
from crawler.jobs.supervisor import Supervisor
from crawler.render.base import counted
from crawler.schedule.agenda import Agenda, MaintenanceJob, Task, Visit
from crawler.schedule.state import ScheduleState
from storage.errors import TinquanError
from storage.model.json import LOCAL
from storage.model.runs import Run

_log = logging.getLogger(__name__)
_EVALUATION_MINUTES = 15  # between evaluations of all outlets; each crawl evaluates its own
_MAX_CLOCK_DRIFT = timedelta(seconds=30)  # of the wall clock from the monotonic clock
_CLOCK_SECONDS = 10.0  # between two checks of the clocks
_ERROR_RETRY = timedelta(seconds=30)  # after an error of the archive
_BUSY_RETRY = timedelta(seconds=15)  # after another machine was found to run the task
_HEARTBEAT_SECONDS = 10
_MAX_INSTANCES = 1000
_MIN_WAIT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class SchedulerDependencies:
    """The objects that the scheduler uses.

    evaluate: evaluates the health of one outlet, or of all (None), and sends notifications; called
    in a thread. maintenance: the command line of each maintenance job, by its name.
    monotonic: the clock that the state's is compared with, in seconds.
    """

    agenda: Agenda
    state: ScheduleState
    supervisor: Supervisor
    evaluate: Callable[[str | None], None]
    maintenance: dict[str, list[str]]
    monotonic: Callable[[], float] = time.monotonic


class Scheduler:
    """Runs until it is stopped; it then ends its child processes and records how they ended."""

    def __init__(self, dependencies: SchedulerDependencies) -> None:
        """Start nothing before `run`."""
        self._agenda = dependencies.agenda
        self._state = dependencies.state
        self._supervisor = dependencies.supervisor
        self._evaluate_health = dependencies.evaluate
        self._maintenance = dependencies.maintenance
        self._monotonic = dependencies.monotonic
        self._timer = AsyncIOScheduler(timezone=UTC, job_defaults=_JOB_DEFAULTS)
        self._now = dependencies.state.now
        self._children: set[asyncio.Task[None]] = set()
        self._health = ThreadPoolExecutor(1, "health")  # sending notifications may take long

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT (or `stop`). Raises TinquanError if it cannot start."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self.stop)
        await self._supervisor.run_in_thread(self._state.begin, self._now())
        _log.info("%s", plan_text(self._agenda.dues(), self._now()))
        self._timer.start()
        self._evaluate_from(self._now())
        self._timer.add_job(self._heartbeat, "interval", seconds=_HEARTBEAT_SECONDS)
        self._wake_at(self._now())
        clocks = asyncio.create_task(self._watch_clocks())
        try:
            await self._supervisor.stopping.wait()
        finally:
            _log.info(
                "stopping: waiting for %s", counted(len(self._children), "process", "processes")
            )
            clocks.cancel()
            self._timer.shutdown(wait=False)
            await asyncio.gather(*self._children, return_exceptions=True)
            await self._record_end()
            self._supervisor.close()
            self._health.shutdown(wait=False, cancel_futures=True)

    async def _record_end(self) -> None:
        try:
            await self._supervisor.run_in_thread(self._state.end, self._now())
        except TinquanError as error:
            _log.error("the stop could not be recorded: %s", error)

    def stop(self) -> None:
        """End the running processes, and with them `run`."""
        self._supervisor.stop()

    def _wake_at(self, moment: datetime) -> None:
        """Set the timer to start due tasks at a moment; it replaces the earlier setting."""
        if not self._supervisor.stopping.is_set():
            self._timer.add_job(
                self._start_due,
                "date",
                run_date=self._local_time(moment),
                id="wake",
                replace_existing=True,
                max_instances=_MAX_INSTANCES,  # a wake-up during another one must not be dropped
            )

    def _local_time(self, moment: datetime) -> datetime:
        """Convert a time of the shared clock to this machine's clock, which the timer uses."""
        return datetime.now(UTC) + (moment - self._now())

    def _evaluate_from(self, moment: datetime) -> None:
        """Evaluate all outlets' health at a moment, and every few minutes after it."""
        self._timer.add_job(
            self._evaluate,
            "interval",
            minutes=_EVALUATION_MINUTES,
            args=[None],
            id="evaluate",
            replace_existing=True,
            next_run_time=self._local_time(moment),
        )

    async def _start_due(self) -> None:
        now = self._now()
        for task in self._agenda.take(now):
            child = asyncio.create_task(self._run_task(task, now))
            self._children.add(child)
            child.add_done_callback(self._children.discard)
        self._wake_at(max(self._agenda.next_wake(now), now + _MIN_WAIT))

    async def _run_task(self, task: Task, started_at: datetime) -> None:
        claimed = await self._claim(task)
        if claimed is None:
            self._wake_at(self._agenda.next_wake(self._now()))
            return
        task, run = claimed, None
        try:
            if isinstance(task, Visit):
                run = await self._crawl(task)
            else:
                await self._maintain(task)
        except (TinquanError, OSError) as error:  # the archive is busy, the system out of processes
            _log.error("%s: could not be run: %s", _name(task), error)
        finally:
            self._agenda.ended(task, run, started_at, self._now())
            await self._supervisor.run_in_thread(self._state.release, task)
            self._wake_at(self._now())
        if isinstance(task, Visit) and run is not None:
            await self._evaluate(task.outlet)

    async def _claim(self, task: Task) -> Task | None:
        """Return the part of a task to run here; None if another machine runs or has run it."""
        state, now = self._state, self._now()
        try:
            claim = await self._supervisor.run_in_thread(state.claim, task, now)
        except TinquanError as error:
            _log.error("%s: could not be started: %s", _name(task), error)
            self._agenda.postpone(task, now + _ERROR_RETRY)
            return None
        if claim is None:
            self._agenda.postpone(task, now + _BUSY_RETRY)
            return None
        remaining: Task | None = task
        if isinstance(task, Visit):
            remaining = self._agenda.catch_up(task, claim.runs, now)
        elif self._agenda.is_done(task, claim.last_started_at, now):
            remaining = None
        if remaining is None:
            await self._supervisor.run_in_thread(state.release, task)
        return remaining

    async def _crawl(self, visit: Visit) -> Run | None:
        job = await self._supervisor.run_in_thread(self._state.job, visit, self._now())
        if job is None:  # no article is due for a recheck
            return None
        _log.info("%s: starts (run %s)", _name(visit), job.run_id)
        run = await self._supervisor.crawl(job)
        _log.info("%s: %s", _name(visit), end_text(run))
        return run

    async def _maintain(self, job: MaintenanceJob) -> None:
        _log.info("%s: starts", job.name)
        _log_end(job.name, await self._supervisor.maintain(job.name, self._maintenance[job.name]))

    async def _evaluate(self, outlet: str | None) -> None:
        """Evaluate the health of an outlet, or of all (None)."""
        try:
            loop = asyncio.get_running_loop()
            with suppress(asyncio.CancelledError):  # the timer cancels its jobs at a stop
                await loop.run_in_executor(self._health, self._evaluate_health, outlet)
        except TinquanError as error:
            _log.error("health could not be evaluated: %s", error)

    async def _heartbeat(self) -> None:
        """Write a heartbeat; evaluate health at once if another machine is gone."""
        try:
            has_lost = await self._supervisor.run_in_thread(self._state.heartbeat, self._now())
        except asyncio.CancelledError:  # at a stop
            return
        except TinquanError as error:
            _log.error("no heartbeat could be written: %s", error)
            return
        if has_lost:
            await self._evaluate(None)

    async def _watch_clocks(self) -> None:
        """Reschedule when the wall clock is set: a timer set before may wait far too long."""
        last_wall, last_monotonic = self._now(), self._monotonic()
        while True:
            await asyncio.sleep(_CLOCK_SECONDS)
            now, monotonic = self._now(), self._monotonic()
            step = now - last_wall - timedelta(seconds=monotonic - last_monotonic)
            last_wall, last_monotonic = now, monotonic
            if abs(step) > _MAX_CLOCK_DRIFT:
                _log.warning("the clock was set by %.0f s", step.total_seconds())
                self._agenda.clock_stepped(step, now)
                self._evaluate_from(now)
                self._wake_at(now)


# APScheduler's defaults drop a job that is a second late. Missed ones are run once, never dropped.
_JOB_DEFAULTS = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}


def _name(task: Task) -> str:
    if isinstance(task, MaintenanceJob):
        return task.name
    return f"{task.outlet}: {task.kind} {', '.join(task.sections)}".rstrip()


def plan_text(dues: Mapping[tuple[str, str], datetime | None], now: datetime) -> str:
    """Return a schedule's first log line: its size and first three visits, in Việt Nam's time.

    dues: when each outlet's section is due; None for at once.
    """
    first: dict[str, datetime] = {}
    for (outlet, _), due in dues.items():
        moment = max(due or now, now)
        first[outlet] = min(first.get(outlet, moment), moment)
    visits = sorted(first, key=lambda outlet: (first[outlet], outlet))[:3]
    listed = ", ".join(f"{slug} at {first[slug].astimezone(LOCAL):%H:%M}" for slug in visits)
    sections = counted(len(dues), "section")
    return f"{counted(len(first), 'outlet')} with {sections}; first {listed or 'none'}"


def end_text(run: Run) -> str:
    """Return a crawl's outcome, with its counts or the error."""
    if run.error:
        return f"{run.outcome}: {run.error}"
    counts = run.counts
    refused = sum(counts.refused.values())
    return (
        f"{run.outcome}: {counts.new} new, {counts.revised} revised, {refused} refused,"
        f" of {counts.fetched} fetched"
    )


def _log_end(name: str, ended: Exit) -> None:
    if ended.code == 0 and ended.reason is None:
        _log.info("%s: done", name)
    else:
        _log.error("%s: %s", name, ended.text)


class _LocalTime(logging.Formatter):
    """Formats times as every command does: in Việt Nam's zone, whatever the machine's is."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 - the library's signature
        moment = datetime.fromtimestamp(record.created, LOCAL)
        return moment.isoformat(sep=" ", timespec="seconds")


def set_up_log(level: int = logging.INFO) -> None:
    """Write the schedule's own log to standard error; systemd adds times, so none are written."""
    form = "%(message)s" if "JOURNAL_STREAM" in os.environ else "%(asctime)s %(message)s"
    logging.basicConfig(level=level)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_LocalTime(form))
    for noisy in ("alembic", "apprise", "apscheduler", "filelock"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
