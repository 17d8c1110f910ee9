"""Runs several crawls at once for a command that waits for them, and shows their progress."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from rich.progress import Progress, TaskID

from crawler.capture.hold import ASK_SECONDS
from crawler.config.config import Config
from crawler.jobs.crawl_job import CrawlJob
from crawler.jobs.signals import stop_on_signal
from crawler.jobs.supervisor import Supervisor
from storage.archive import Archive
from storage.errors import TinquanError
from storage.model.runs import Run, RunCounts

_SHOW_SECONDS = 0.2


def run_crawls(
    archive: Archive,
    config: Config,
    jobs: Sequence[CrawlJob],
    progress: Progress,
    at_once: int = 1,
    was_cut: Callable[[], bool] | None = None,
) -> list[Run]:
    """Run the jobs, at most `at_once` at a time; return their runs in the same order.

    was_cut: True once the locks on their hosts are lost; running crawls are then ended, as
    "stopped". Ctrl-C, SIGTERM, or an error of one job ends all of them before it is raised.
    Raises CrawlError, ArchiveError and OSError.
    """

    async def run_all() -> list[Run]:
        supervisor = Supervisor(archive, config, forks=len(jobs) > 1)
        pool = _Pool(supervisor, archive, progress, at_once)
        watch = asyncio.create_task(_watch_locks(was_cut, supervisor)) if was_cut else None
        with stop_on_signal(supervisor.stop):
            try:
                ended = await asyncio.gather(*map(pool.run, jobs), return_exceptions=True)
            finally:
                if watch is not None:
                    watch.cancel()
                supervisor.close()
            for error in ended:
                if isinstance(error, BaseException):
                    raise error
        return [run for run in ended if isinstance(run, Run)]

    return asyncio.run(run_all())


async def _watch_locks(was_cut: Callable[[], bool], supervisor: Supervisor) -> None:
    """Stop the running crawls when the locks on their hosts are lost."""
    while not await asyncio.to_thread(was_cut):
        await asyncio.sleep(ASK_SECONDS)
    supervisor.stop()


class _Pool:
    def __init__(
        self, supervisor: Supervisor, archive: Archive, progress: Progress, at_once: int
    ) -> None:
        self._supervisor = supervisor
        self._archive = archive
        self._progress = progress
        self._slots = asyncio.Semaphore(at_once)

    async def run(self, job: CrawlJob) -> Run | None:
        """Run a job when a slot is free; None if the pool is stopped before that."""
        async with self._slots:
            if self._supervisor.stopping.is_set():
                return None
            task = self._progress.add_task(job.outlet, counts="starting", total=None)
            display = asyncio.create_task(self._show_counts(job.run_id, task))
            try:
                return await self._supervisor.crawl(job)
            except BaseException:
                self._supervisor.stop()
                raise
            finally:
                display.cancel()
                self._progress.remove_task(task)

    async def _show_counts(self, run_id: str, task: TaskID) -> None:
        """Show the counts of the run's row, and keep them up to date."""
        while True:
            await asyncio.sleep(_SHOW_SECONDS)
            with suppress(TinquanError):  # there is no row yet, or the archive is busy
                run = await self._supervisor.run_in_thread(self._archive.runs.get, run_id)
                self._progress.update(task, counts=counts_text(run.counts))


def counts_text(counts: RunCounts) -> str:
    """Return a running crawl's counts as one line of text."""
    refused = sum(counts.refused.values())
    same = counts.unchanged + counts.known
    return (
        f"{counts.fetched} fetched, {counts.new} new, {counts.revised} revised, "
        f"{same} unchanged, {refused} refused"
    )
