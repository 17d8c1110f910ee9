"""The schedule at work: starts what the agenda says, as processes, and tells it how they ended.

APScheduler wakes it when something is due; whatever it starts is a process of its own, so that
this one stays small and nothing that a crawl does can end or stop it. It never imports Scrapy.
"""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from crawler.jobs.process import crawl_environment
from crawler.schedule.agenda import Agenda, Chore, Task, Visit
from crawler.schedule.child import Bounds, Ended, run_child
from crawler.schedule.state import Rows
from storage.errors import TinquanError
from storage.model.runs import Run

T = TypeVar("T")
_log = logging.getLogger(__name__)
_LOOK_MINUTES = 5  # between two looks at the health of everything
_STEP = timedelta(seconds=30)  # wall clock and monotonic clock may part by so much
_CLOCK_SECONDS = 10.0  # between two looks at the clocks
_RETRY = timedelta(seconds=30)  # after the archive could not be asked
_LEAST_WAIT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Means:
    """What the schedule works with.

    look: evaluates the health of one outlet, or of all (None), and tells people; called in a
    thread. bounds: of a crawl. chores: a standing job's command by its name.
    now, monotonic: the clocks, the first in UTC, the second in seconds.
    """

    agenda: Agenda
    rows: Rows
    bounds: Bounds
    look: Callable[[str | None], None]
    chores: dict[str, list[str]]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic


class Scheduler:
    """Runs until it is asked to stop; then its children end, and it writes how."""

    def __init__(self, means: Means) -> None:
        """Keep the means; nothing is started before `run`."""
        self._means = means
        self._agenda = means.agenda
        self._stopping = asyncio.Event()
        self._timer = AsyncIOScheduler(timezone=UTC, job_defaults=_ALWAYS)
        self._children: set[asyncio.Task[None]] = set()
        # One thread: what is asked of the archive keeps its order, and blocks no child's output.
        self._thread = ThreadPoolExecutor(1, "archive")
        self._health = ThreadPoolExecutor(1, "health")  # telling people may take its time

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT (or `stop`). Raises TinquanError where it cannot begin."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        await self._ask(self._means.rows.begin, self._means.now())
        self._timer.start()
        self._look_from(self._means.now())
        self._wake(self._means.now())
        clocks = asyncio.create_task(self._watch_clocks())
        try:
            await self._stopping.wait()
        finally:
            _log.info("stopping: %d processes are asked to end", len(self._children))
            clocks.cancel()
            self._timer.shutdown(wait=False)
            await asyncio.gather(*self._children, return_exceptions=True)
            await self._ask(self._means.rows.end, self._means.now())
            self._thread.shutdown()
            self._health.shutdown(wait=False, cancel_futures=True)

    def stop(self) -> None:
        """Let `run` come to its end."""
        self._stopping.set()

    def _wake(self, moment: datetime) -> None:
        """Start what is due at that moment, and not before."""
        if not self._stopping.is_set():
            self._timer.add_job(
                self._start_due, "date", run_date=moment, id="wake", replace_existing=True
            )

    def _look_from(self, moment: datetime) -> None:
        """Look at everything's health at that moment, and every few minutes after it."""
        self._timer.add_job(
            self._look,
            "interval",
            minutes=_LOOK_MINUTES,
            args=[None],
            id="look",
            replace_existing=True,
            next_run_time=moment,
        )

    async def _start_due(self) -> None:
        now = self._means.now()
        for task in self._agenda.take(now):
            child = asyncio.create_task(self._do(task, now))
            self._children.add(child)
            child.add_done_callback(self._children.discard)
        self._wake(max(self._agenda.next_wake(now), now + _LEAST_WAIT))

    async def _do(self, task: Task, begun: datetime) -> None:
        run: Run | None = None
        try:
            if isinstance(task, Visit):
                run = await self._crawl(task, begun)
            else:
                await self._chore(task)
        except (TinquanError, OSError) as error:  # the archive is busy, the system out of processes
            _log.error("%s: could not be done: %s", _name(task), error)
        finally:
            self._agenda.ended(task, run, begun, self._means.now())
            self._wake(self._means.now())
        if isinstance(task, Visit) and run is not None:
            await self._look(task.outlet)

    async def _crawl(self, visit: Visit, begun: datetime) -> Run | None:
        order = await self._ask(self._means.rows.order, visit, self._means.now())
        if order is None:  # nothing to be looked at again
            return None
        words = self._means.rows.words(order)
        _log.info("%s: starts (run %s)", _name(visit), order.run_id)
        environment = crawl_environment(self._means.rows.config)
        ended = await run_child(words, environment, self._means.bounds, self._stopping)
        run = await self._ask(self._means.rows.close, order, ended, begun, self._means.now())
        _log.info("%s: %s%s", _name(visit), run.outcome, f": {run.error}" if run.error else "")
        return run

    async def _chore(self, chore: Chore) -> None:
        rows, words = self._means.rows, self._means.chores[chore.name]
        await self._ask(rows.begin_chore, chore.name, self._means.now())
        _log.info("%s: starts", chore.name)
        environment = crawl_environment(rows.config)
        # Backups may take long: nothing waits for them, and they may read the whole archive.
        bounds = replace(self._means.bounds, seconds=4 * self._means.bounds.seconds)
        ended = await run_child(words, environment, bounds, self._stopping)
        await self._ask(rows.end_chore, chore.name, ended, self._means.now())
        _say_end(chore.name, ended)

    async def _look(self, outlet: str | None) -> None:
        """Evaluate health; when it is all of it, also leave a sign of life."""
        try:
            if outlet is None:
                await self._ask(self._means.rows.sign_of_life, self._means.now())
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._health, self._means.look, outlet)
        except TinquanError as error:
            _log.error("health could not be looked at: %s", error)

    async def _watch_clocks(self) -> None:
        """Notice when the wall clock is set: timers that wait for a time would wait too long."""
        wall, steady = self._means.now(), self._means.monotonic()
        while True:
            await asyncio.sleep(_CLOCK_SECONDS)
            now, then = self._means.now(), self._means.monotonic()
            step = now - wall - timedelta(seconds=then - steady)
            wall, steady = now, then
            if abs(step) > _STEP:
                _log.warning("the clock was set by %.0f s", step.total_seconds())
                self._agenda.clock_stepped(step, now)
                self._look_from(now)
                self._wake(now)

    async def _ask(self, function: Callable[..., T], *arguments: object) -> T:
        """Call what asks the archive in the thread for that."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(function, *arguments))


# The library's defaults drop what is a second late. One run for all that was missed, never none.
_ALWAYS = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}


def _name(task: Task) -> str:
    if isinstance(task, Chore):
        return task.name
    return f"{task.outlet}: {task.kind} {', '.join(task.sections)}".rstrip()


def _say_end(name: str, ended: Ended) -> None:
    if ended.code == 0 and ended.reason is None:
        _log.info("%s: done", name)
    else:
        _log.error("%s: %s", name, ended.text)


def set_up_log(level: int = logging.INFO) -> None:
    """Write the schedule's own log to standard error; systemd adds times, so none without it."""
    form = "%(message)s" if "JOURNAL_STREAM" in os.environ else "%(asctime)s %(message)s"
    logging.basicConfig(level=level, format=form, datefmt="%Y-%m-%dT%H:%M:%S%z")
    for noisy in ("alembic", "apscheduler", "filelock"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
