"""The cost of a schedule shared by several machines, and its fairness to outlets.

    python -m benchmarks.shared_schedule URL [MINUTES [OUTLETS [MACHINES]]]

URL: of an empty PostgreSQL database. Writes 28 days of runs of 400 outlets, then lets three
processes run the schedule for 12 minutes, with every outlet due every 5 minutes. A crawl is a row
in the archive and six seconds of sleep, so that only the scheduling is measured. Prints rows, each
machine's start and CPU time, visits, the longest wait in intervals, and overlaps.
"""

import asyncio
import multiprocessing
import os
import sys
import time
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import cast

import psutil
import sqlalchemy as sa

from crawler.config.config import Config
from crawler.config.schedule import Schedule
from crawler.jobs.crawl_job import CrawlJob
from crawler.jobs.supervisor import Supervisor
from crawler.outlets.cadence import Cadence
from crawler.schedule.agenda import Agenda, Wanted
from crawler.schedule.membership import Membership
from crawler.schedule.service import Scheduler, SchedulerDependencies
from crawler.schedule.state import ScheduleState
from storage.archive import Archive, open_archive
from storage.model.runs import Outcome, Run
from storage.model.schedule import LockSession, run_lock

EVERY = timedelta(minutes=5)
CRAWL_SECONDS = 6.0
DAYS, A_DAY = 28, 48
_ROWS = """
INSERT INTO runs (id, outlet, started_at, sections, replay, ended_at, outcome, kind, new_by_section,
    exit_code, requested, fetched, links, new, revised, unchanged, known, failed, refused,
    received_bytes)
SELECT o.slug || '-' || n, o.slug, at, '["tin"]', false, at + interval '6 s', 'done', 'crawl',
    json_build_object('tin', json_build_array(
        to_char(at - interval '3 min', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'),
        to_char(at - interval '9 min', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'),
        to_char(at - interval '17 min', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')))::text,
    0, 5, 5, 20, 3, 0, 0, 17, 0, '{}', 100000
FROM outlets o, generate_series(1, :count) n,
    LATERAL (SELECT now() - n * interval '30 min' + random() * interval '5 min' AS at) t
"""


class StandIn(Supervisor):
    """Sleeps instead of crawling."""

    async def crawl(self, job: CrawlJob) -> Run:
        run = Run(
            job.run_id, job.outlet, self.clock(), sections=job.sections, host=str(os.getpid())
        )
        await self.run_in_thread(self.archive.runs.start, run)
        await asyncio.sleep(CRAWL_SECONDS)
        done = replace(run, ended_at=self.clock(), outcome=Outcome.DONE, exit_code=0)
        await self.run_in_thread(self.archive.runs.finish, done)
        self.locks.release(run_lock(run.id))
        return done

    def with_archive(self, archive: Archive) -> "StandIn":
        self.archive, self.clock = archive, archive.locks.clock()
        self.locks = cast("LockSession", archive.locks.session("crawls"))
        return self


def machine(url: str, slugs: list[str], name: str, seconds: float, jobs: int) -> None:
    os.environ["TINQUAN_MACHINE"] = name
    config = Config(archive=url, schedule=Schedule(jobs=jobs, recheck_limit=0))
    minutes = int(EVERY / timedelta(minutes=1))
    cadence = Cadence(every_minutes=minutes, adaptive=False, jitter=0.1)
    agenda = Agenda([Wanted(slug, f"{slug}.vn", {"tin": cadence}) for slug in slugs], {}, jobs)
    with open_archive(url) as archive:
        membership = Membership(archive, config)
        state = ScheduleState(archive, config, agenda, membership, tuple(slugs))
        began, cpu = time.perf_counter(), time.process_time()
        state.begin(state.now())
        print(
            f"{name}: start {time.perf_counter() - began:.1f} s"
            f" ({time.process_time() - cpu:.1f} s CPU)",
            flush=True,
        )
        setattr(state, "begin", lambda _now: None)  # noqa: B010 - it has begun
        supervisor = StandIn(archive, config).with_archive(archive)

        async def main() -> None:
            scheduler = Scheduler(
                SchedulerDependencies(agenda, state, supervisor, lambda _outlet: None, {})
            )
            asyncio.get_running_loop().call_later(seconds, scheduler.stop)
            await scheduler.run()

        cpu = time.process_time()
        asyncio.run(main())
        used = time.process_time() - cpu
        peak = psutil.Process().memory_info().rss / 2**20
        print(f"{name}: {used / seconds:.2%} of a core, {peak:.0f} MiB", flush=True)


def fill(url: str, slugs: list[str]) -> None:
    with open_archive(url) as archive, archive.database.writing() as conn:
        conn.execute(sa.text("INSERT INTO outlets VALUES (:slug)"), [{"slug": s} for s in slugs])
        conn.execute(sa.text(_ROWS), {"count": DAYS * A_DAY})
    with open_archive(url) as archive:
        archive.maintenance.tidy()


def report(url: str, began: datetime) -> None:
    visits = defaultdict(list)
    with open_archive(url) as archive:
        ended = archive.locks.clock()()
        for run in archive.runs.find(since=began):
            visits[run.outlet].append(run)
        machines = {run.host for runs in visits.values() for run in runs}
    overlaps = 0
    waits: list[timedelta] = []
    for runs in visits.values():
        runs.sort(key=lambda run: run.started_at)
        for run, following in pairwise(runs):
            overlaps += run.ended_at is None or following.started_at < run.ended_at
            waits.append(following.started_at - run.started_at)
        waits.append(ended - runs[-1].started_at)
    total = sum(map(len, visits.values()))
    longest = max(waits) / EVERY
    print(f"{total} visits of {len(visits)} outlets by {len(machines)} machines")
    print(f"longest wait {longest:.2f} intervals; {overlaps} overlaps")


def main(url: str, minutes: float = 12, outlets: int = 400, machines: int = 3) -> None:
    slugs = [f"bao{number:03}" for number in range(outlets)]
    began = time.perf_counter()
    fill(url, slugs)
    print(f"{len(slugs) * DAYS * A_DAY:,} runs written in {time.perf_counter() - began:.0f} s")
    with open_archive(url) as archive:
        since = archive.locks.clock()()
    jobs = max(2, round(2 * len(slugs) * CRAWL_SECONDS / EVERY.total_seconds() / machines))
    context = multiprocessing.get_context("spawn")
    started = [
        context.Process(target=machine, args=(url, slugs, f"m{n}", minutes * 60, jobs))
        for n in range(machines)
    ]
    for process in started:
        process.start()
    for process in started:
        process.join()
    report(url, since)


if __name__ == "__main__":
    match sys.argv[1:]:
        case [url]:
            main(url)
        case [url, minutes, *counts]:
            main(url, float(minutes), *map(int, counts))
        case _:
            sys.exit(__doc__)
