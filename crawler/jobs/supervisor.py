"""The supervisor: starts, bounds, ends and records every process that tinquan starts.

One-off commands, the schedule's crawls and its maintenance jobs all go through it, so that limits
and rows are the same for all of them.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from crawler.config.config import Config
from crawler.config.machine import machine_name
from crawler.jobs.child import Bounds, EndedBy, Exit, run_child
from crawler.jobs.crawl_job import CrawlJob, child_environment, crawl_argv, log_file, make_log
from crawler.jobs.start import Forks, WarmParent
from storage.archive import Archive
from storage.errors import NotFoundError
from storage.model.runs import Outcome, Run
from storage.model.schedule import MaintenanceRun

T = TypeVar("T")
PRELOADED = "crawler.fetch.preload"
"""The module that the warm parent of crawls imports; by name, as nothing here may load Scrapy."""
OVERTIME_SECONDS = 30.0
"""How long after its own time limit a crawl is ended from outside."""
_MAINTENANCE_FACTOR = 4  # of a crawl's time limit: a backup may read everything
_MACHINE = machine_name()


def crawl_bounds(config: Config) -> Bounds:
    """Return the limits of a crawl's process."""
    limits = config.limits
    return Bounds(limits.run_seconds, limits.memory_bytes, overtime_seconds=OVERTIME_SECONDS)


class Supervisor:
    """Runs jobs as processes of one event loop, and writes their ends into the archive.

    bounds: of a crawl; those of the configuration if None. forks: whether crawls are forked from a
    warm parent, which pays off from the second crawl on. `close` it when no job is running.
    """

    def __init__(
        self,
        archive: Archive,
        config: Config,
        bounds: Bounds | None = None,
        *,
        forks: bool = True,
    ) -> None:
        """Start no process yet."""
        self._archive = archive
        self._config = config
        self._bounds = bounds or crawl_bounds(config)
        # One thread: archive calls keep their order, and do not block reading children's output.
        self._thread = ThreadPoolExecutor(1, "archive")
        self._warm = WarmParent([PRELOADED]) if forks else None
        self.stopping = asyncio.Event()

    def stop(self) -> None:
        """End the running processes; each job returns as soon as its process has ended."""
        self.stopping.set()

    def close(self) -> None:
        """Release the thread, and end the warm parent."""
        self._thread.shutdown()
        if self._warm is not None:
            self._warm.close()

    async def run_in_thread(self, function: Callable[..., T], *arguments: object) -> T:
        """Call a function that uses the archive in the thread for that."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(function, *arguments))

    async def crawl(self, job: CrawlJob) -> Run:
        """Run a crawl and return its ended run. Raises CrawlError, ArchiveError and OSError."""
        started_at = datetime.now(UTC)
        await self.run_in_thread(make_log, job, self._config)
        forks = self._warm.forks() if self._warm is not None else None
        ended = await self._run(crawl_argv(job, self._config), self._bounds, forks)
        close = partial(close_run, self._archive, self._config, job)
        return await self.run_in_thread(close, ended, started_at, datetime.now(UTC))

    async def maintain(self, name: str, argv: Sequence[str]) -> Exit:
        """Run a maintenance job, and record its start and end. Raises ArchiveError and OSError."""
        started_at = datetime.now(UTC)
        record = self._archive.schedule.record_maintenance
        row = MaintenanceRun(name, started_at, started_at, host=_MACHINE, pid=os.getpid())
        await self.run_in_thread(record, row)
        seconds = _MAINTENANCE_FACTOR * self._bounds.seconds
        ended = await self._run(argv, replace(self._bounds, seconds=seconds))
        error = None if ended.code == 0 else ended.text
        row = MaintenanceRun(
            name, started_at, datetime.now(UTC), exit_code=ended.code, error=error, host=_MACHINE
        )
        await self.run_in_thread(record, row)
        return ended

    async def _run(self, argv: Sequence[str], bounds: Bounds, forks: Forks | None = None) -> Exit:
        environment = child_environment(self._config)
        return await run_child(argv, environment, bounds, self.stopping, forks)


def close_run(
    archive: Archive,
    config: Config,
    job: CrawlJob,
    ended: Exit,
    started_at: datetime,
    now: datetime,
) -> Run:
    """Write into a crawl's row how its process ended; add the row if the process wrote none."""
    try:
        run = archive.runs.get(job.run_id)
    except NotFoundError:
        run = _new_run(job, config, started_at)
        archive.runs.start(run)
    if run.outcome is None:
        run = replace(run, ended_at=now, outcome=_outcome(ended), error=ended.text)
    peak = max(run.peak_memory_bytes or 0, ended.peak_bytes)
    run = replace(run, exit_code=ended.code, peak_memory_bytes=peak)
    archive.runs.finish(run)
    return run


def _new_run(job: CrawlJob, config: Config, started_at: datetime) -> Run:
    return Run(
        id=job.run_id,
        outlet=job.outlet,
        started_at=started_at,
        sections=job.sections if job.kind == "crawl" else (),
        replay=bool(job.replay),
        host=_MACHINE,
        log_file=str(log_file(job, config)),
        kind=job.kind,
        since=job.since,
        until=job.until,
    )


def _outcome(ended: Exit) -> Outcome:
    """Return the outcome of a crawl that has written none itself."""
    by = {EndedBy.TIME: Outcome.TIMED_OUT, EndedBy.STOP: Outcome.STOPPED}
    return by.get(ended.by, Outcome.DIED)
