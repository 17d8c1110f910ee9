"""The schedule at work: starts what the agenda says, as processes, and tells it how they ended.

APScheduler wakes it when something is due; whatever it starts is a process of its own, so that
this one stays small and nothing that a crawl does can end or stop it. It never imports Scrapy.
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
_EVALUATION_MINUTES = 15  # between two looks at everything's health; each crawl has its own
_STEP = timedelta(seconds=30)  # wall clock and monotonic clock may part by so much
_CLOCK_SECONDS = 10.0  # between two looks at the clocks
_RETRY = timedelta(seconds=30)  # after the archive could not be asked
_AGAIN = timedelta(seconds=15)  # after another machine was found at a visit
_LIFE_SECONDS = 10  # between two heartbeats
_MANY = 1000
_LEAST_WAIT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class SchedulerDependencies:
    """What the schedule works with.

    look: evaluates the health of one outlet, or of all (None), and notifies people; called in a
    thread. maintenance: a maintenance job's command by its name.
    monotonic: the clock that is compared with the state's, in seconds.
    """

    agenda: Agenda
    state: ScheduleState
    supervisor: Supervisor
    evaluate: Callable[[str | None], None]
    maintenance: dict[str, list[str]]
    monotonic: Callable[[], float] = time.monotonic


class Scheduler:
    """Runs until it is asked to stop; then its children end, and it writes how."""

    def __init__(self, dependencies: SchedulerDependencies) -> None:
        """Keep what it works with; nothing is started before `run`."""
        self._with = dependencies
        self._agenda = dependencies.agenda
        self._supervisor = dependencies.supervisor
        self._timer = AsyncIOScheduler(timezone=UTC, job_defaults=_ALWAYS)
        self._now = dependencies.state.now
        self._children: set[asyncio.Task[None]] = set()
        self._health = ThreadPoolExecutor(1, "health")  # notifying people may take its time

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT (or `stop`). Raises TinquanError where it cannot begin."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self.stop)
        await self._supervisor.ask(self._with.state.begin, self._now())
        _log.info("%s", plan_text(self._agenda.dues(), self._now()))
        self._timer.start()
        self._evaluate_from(self._now())
        self._timer.add_job(self._live, "interval", seconds=_LIFE_SECONDS)
        self._wake(self._now())
        clocks = asyncio.create_task(self._watch_clocks())
        try:
            await self._supervisor.stopping.wait()
        finally:
            _log.info("stopping: %d processes are asked to end", len(self._children))
            clocks.cancel()
            self._timer.shutdown(wait=False)
            await asyncio.gather(*self._children, return_exceptions=True)
            await self._note_end()
            self._supervisor.close()
            self._health.shutdown(wait=False, cancel_futures=True)

    async def _note_end(self) -> None:
        try:
            await self._supervisor.ask(self._with.state.end, self._now())
        except TinquanError as error:
            _log.error("that it stops could not be noted: %s", error)

    def stop(self) -> None:
        """Let `run` come to its end."""
        self._supervisor.stop()

    def _wake(self, moment: datetime) -> None:
        """Start what is due at that moment, and not before."""
        if not self._supervisor.stopping.is_set():
            self._timer.add_job(
                self._start_due,
                "date",
                run_date=self._as_timed(moment),
                id="wake",
                replace_existing=True,
                max_instances=_MANY,  # one that comes while another ends must not be lost
            )

    def _as_timed(self, moment: datetime) -> datetime:
        """Return when the timer, which goes by this machine's clock, has to ring."""
        return datetime.now(UTC) + (moment - self._now())

    def _evaluate_from(self, moment: datetime) -> None:
        """Look at everything's health at that moment, and every few minutes after it."""
        self._timer.add_job(
            self._evaluate,
            "interval",
            minutes=_EVALUATION_MINUTES,
            args=[None],
            id="look",
            replace_existing=True,
            next_run_time=self._as_timed(moment),
        )

    async def _start_due(self) -> None:
        now = self._now()
        for task in self._agenda.take(now):
            child = asyncio.create_task(self._do(task, now))
            self._children.add(child)
            child.add_done_callback(self._children.discard)
        self._wake(max(self._agenda.next_wake(now), now + _LEAST_WAIT))

    async def _do(self, task: Task, begun: datetime) -> None:
        claimed = await self._claimed(task)
        if claimed is None:
            self._wake(self._agenda.next_wake(self._now()))
            return
        task, run = claimed, None
        try:
            if isinstance(task, Visit):
                run = await self._crawl(task)
            else:
                await self._maintain(task)
        except (TinquanError, OSError) as error:  # the archive is busy, the system out of processes
            _log.error("%s: could not be done: %s", _name(task), error)
        finally:
            self._agenda.ended(task, run, begun, self._now())
            await self._supervisor.ask(self._with.state.release, task)
            self._wake(self._now())
        if isinstance(task, Visit) and run is not None:
            await self._evaluate(task.outlet)

    async def _claimed(self, task: Task) -> Task | None:
        """Return what of a task is to be done here; None where others do it, or have done it."""
        state, now = self._with.state, self._now()
        try:
            claim = await self._supervisor.ask(state.claim, task, now)
        except TinquanError as error:
            _log.error("%s: could not be begun: %s", _name(task), error)
            self._agenda.put_off(task, now + _RETRY)
            return None
        if claim is None:
            self._agenda.put_off(task, now + _AGAIN)
            return None
        left: Task | None = task
        if isinstance(task, Visit):
            left = self._agenda.catch_up(task, claim.runs, now)
        elif self._agenda.is_done(task, claim.begun, now):
            left = None
        if left is None:
            await self._supervisor.ask(state.release, task)
        return left

    async def _crawl(self, visit: Visit) -> Run | None:
        job = await self._supervisor.ask(self._with.state.job, visit, self._now())
        if job is None:  # nothing to be looked at again
            return None
        _log.info("%s: starts (run %s)", _name(visit), job.run_id)
        run = await self._supervisor.crawl(job)
        _log.info("%s: %s", _name(visit), end_text(run))
        return run

    async def _maintain(self, job: MaintenanceJob) -> None:
        _log.info("%s: starts", job.name)
        _say_end(
            job.name, await self._supervisor.maintain(job.name, self._with.maintenance[job.name])
        )

    async def _evaluate(self, outlet: str | None) -> None:
        """Evaluate health, of an outlet or of all."""
        try:
            loop = asyncio.get_running_loop()
            with suppress(asyncio.CancelledError):  # the timer ends what it began at a stop
                await loop.run_in_executor(self._health, self._with.evaluate, outlet)
        except TinquanError as error:
            _log.error("health could not be looked at: %s", error)

    async def _live(self) -> None:
        """Write a heartbeat; where a machine is gone, notify at once."""
        try:
            is_news = await self._supervisor.ask(self._with.state.heartbeat, self._now())
        except asyncio.CancelledError:  # at a stop
            return
        except TinquanError as error:
            _log.error("no heartbeat could be written: %s", error)
            return
        if is_news:
            await self._evaluate(None)

    async def _watch_clocks(self) -> None:
        """Notice when the wall clock is set: timers that wait for a time would wait too long."""
        wall, steady = self._now(), self._with.monotonic()
        while True:
            await asyncio.sleep(_CLOCK_SECONDS)
            now, then = self._now(), self._with.monotonic()
            step = now - wall - timedelta(seconds=then - steady)
            wall, steady = now, then
            if abs(step) > _STEP:
                _log.warning("the clock was set by %.0f s", step.total_seconds())
                self._agenda.clock_stepped(step, now)
                self._evaluate_from(now)
                self._wake(now)


# The library's defaults drop what is a second late. One run for all that was missed, never none.
_ALWAYS = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}


def _name(task: Task) -> str:
    if isinstance(task, MaintenanceJob):
        return task.name
    return f"{task.outlet}: {task.kind} {', '.join(task.sections)}".rstrip()


def plan_text(dues: Mapping[tuple[str, str], datetime | None], now: datetime) -> str:
    """Return what a schedule begins with. dues: when each outlet's section is due; None: never yet.

    The first three visits are named, in Việt Nam's time.
    """
    first: dict[str, datetime] = {}
    for (outlet, _), due in dues.items():
        moment = max(due or now, now)
        first[outlet] = min(first.get(outlet, moment), moment)
    visits = sorted(first, key=lambda outlet: (first[outlet], outlet))[:3]
    told = ", ".join(f"{one} at {first[one].astimezone(LOCAL):%H:%M}" for one in visits)
    sections = counted(len(dues), "section")
    return f"{counted(len(first), 'outlet')} with {sections}; first {told or 'none'}"


def end_text(run: Run) -> str:
    """Return how a crawl ended: with its counts, or with the reason."""
    if run.error:
        return f"{run.outcome}: {run.error}"
    counts = run.counts
    refused = sum(counts.refused.values())
    return (
        f"{run.outcome}: {counts.new} new, {counts.revised} revised, {refused} refused,"
        f" of {counts.fetched} fetched"
    )


def _say_end(name: str, ended: Exit) -> None:
    if ended.code == 0 and ended.reason is None:
        _log.info("%s: done", name)
    else:
        _log.error("%s: %s", name, ended.text)


class _LocalTime(logging.Formatter):
    """Times as every command prints them: Việt Nam's, whatever the machine's zone is."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 - the library's signature
        moment = datetime.fromtimestamp(record.created, LOCAL)
        return moment.isoformat(sep=" ", timespec="seconds")


def set_up_log(level: int = logging.INFO) -> None:
    """Write the schedule's own log to standard error; systemd adds times, so none without it."""
    form = "%(message)s" if "JOURNAL_STREAM" in os.environ else "%(asctime)s %(message)s"
    logging.basicConfig(level=level)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_LocalTime(form))
    for noisy in ("alembic", "apprise", "apscheduler", "filelock"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
