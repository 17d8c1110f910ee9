"""Check whether the schedule's process grows with the crawls that it starts.

    python -m benchmarks.schedule_memory [CHILDREN]

Starts CHILDREN (200) child processes as the schedule does, each of which prints 200 kB, and prints
this process's memory in between.
"""

import asyncio
import os
import sys

import psutil

from crawler.commands.crawl import schedule
from crawler.jobs.child import Bounds, run_child

_CODE = "print(('x' * 99 + '\\n') * 2000)"
_BOUNDS = Bounds(seconds=30, memory_bytes=400 * 2**20, grace_seconds=1.0)


async def main(children: int) -> None:
    print(f"with all that {schedule.__name__} imports")
    process = psutil.Process()
    stopping = asyncio.Event()
    for number in range(1, children + 1):
        await run_child([sys.executable, "-c", _CODE], os.environ, _BOUNDS, stopping)
        if number in {1, 10} or number % 50 == 0:
            print(f"{number:>5} children: {process.memory_info().rss / 2**20:.1f} MiB")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
