"""Run several crawl processes at once, and know how each of them ended."""

import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rich.progress import Progress, TaskID

from crawler.config.config import Config
from crawler.jobs.process import CrawlProcess, Order, log_file
from storage.archive import Archive
from storage.errors import NotFoundError
from storage.model.runs import Outcome, Run, RunCounts

POLL_SECONDS = 0.2
GRACE_SECONDS = 30.0
"""How long after its own time limit a crawl is ended from outside."""


@dataclass
class _Running:
    process: CrawlProcess
    task: TaskID
    deadline: float
    is_late: bool = False


class Crawls:
    """Starts crawls, at most `jobs` at a time, and waits for them.

    clock: monotonic seconds.
    """

    def __init__(
        self, archive: Archive, config: Config, jobs: int, clock: Callable[[], float]
    ) -> None:
        """Keep what all rounds share."""
        self._archive = archive
        self._config = config
        self._jobs = jobs
        self._clock = clock

    def run(self, orders: Sequence[Order], progress: Progress) -> list[Run]:
        """Do the orders; return their runs in the same order. An interrupt ends all of them."""
        waiting = deque(orders)
        running: list[_Running] = []
        ended: dict[str, Run] = {}
        try:
            while waiting or running:
                while waiting and len(running) < self._jobs:
                    running.append(self._start(waiting.popleft(), progress))
                for item in [item for item in running if self._is_over(item, progress)]:
                    running.remove(item)
                    ended[item.process.order.run_id] = self._end(item, progress)
                time.sleep(POLL_SECONDS)
        finally:
            for item in running:
                item.process.terminate()
            for item in running:
                item.process.end()
            for item in running:  # only when none is left: writing a row may fail
                self._end(item, progress)
        return [ended[order.run_id] for order in orders]

    def _start(self, order: Order, progress: Progress) -> _Running:
        process = CrawlProcess(order, self._config)
        task = progress.add_task(order.outlet, counts="starting", total=None)
        deadline = self._clock() + self._config.limits.run_seconds + GRACE_SECONDS
        return _Running(process, task, deadline)

    def _is_over(self, item: _Running, progress: Progress) -> bool:
        if self._clock() > item.deadline:
            item.is_late = True
            item.process.end()
        run = self._row(item.process.order.run_id)
        if run:
            progress.update(item.task, counts=counts_text(run.counts))
        return item.process.code is not None

    def _end(self, item: _Running, progress: Progress) -> Run:
        """Return the run of a process that has ended; write its end where it could not."""
        progress.remove_task(item.task)
        item.process.close()
        order = item.process.order
        run = self._row(order.run_id)
        if run is not None and run.outcome is not None:
            return run
        now = datetime.now(UTC)
        begun = run or Run(
            id=order.run_id,
            outlet=order.outlet,
            started_at=now,
            sections=order.sections,
            replay=bool(order.replay),
            host=socket.gethostname(),
            log_file=str(log_file(order, self._config)),
            kind=order.kind,
        )
        outcome, error = self._judge(item)
        ended = replace(begun, ended_at=now, outcome=outcome, error=error)
        if run is None:
            self._archive.runs.start(ended)
        self._archive.runs.finish(ended)
        return ended

    def _judge(self, item: _Running) -> tuple[Outcome, str]:
        """Return how a process ended that wrote no end itself, and why."""
        process = item.process
        if item.is_late:
            limit = self._config.limits.run_seconds
            return Outcome.TIMED_OUT, f"not done within its time limit of {limit} s"
        if process.was_stopped:  # its first second: Scrapy does not handle signals yet
            return Outcome.STOPPED, "asked to stop before it had begun"
        return Outcome.DIED, process.last_words() or f"ended with exit code {process.code}"

    def _row(self, run_id: str) -> Run | None:
        try:
            return self._archive.runs.get(run_id)
        except NotFoundError:
            return None


def counts_text(counts: RunCounts) -> str:
    """Return a running crawl's counts as one short text."""
    refused = sum(counts.refused.values())
    same = counts.unchanged + counts.known
    return (
        f"{counts.fetched} fetched, {counts.new} new, {counts.revised} revised, "
        f"{same} unchanged, {refused} refused"
    )
