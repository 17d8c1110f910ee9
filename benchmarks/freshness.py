"""How soon articles are archived, and the requests it takes: the schedule against fixed polling.

    python -m benchmarks.freshness

Thirty simulated days of twelve newsrooms (tests.support.newsroom) without faults. The first three
days do not count, because no rhythm is known yet. Requests are those for listings and robots.txt;
those for articles do not depend on the schedule.
"""

from datetime import timedelta

from crawler.outlets.cadence import Cadence
from tests.support.month import Month
from tests.support.newsroom import DAY, MINUTE, ROOMS, START, World

ADAPTIVE = Cadence(every_minutes=30, min_minutes=10, max_minutes=120)
FIXED = (10, 20, 30, 60)


def main() -> None:
    print(f"{'':<24}{'p50':>8}{'p95':>8}{'worst':>8}{'crawls':>9}{'requests':>10}{'of fixed':>10}")
    base = _measure("fixed 10 min", _fixed(10), None)
    _measure("adaptive", ADAPTIVE, base)
    for every in FIXED[1:]:
        _measure(f"fixed {every} min", _fixed(every), base)
    for kind in ("busiest", "quietest"):
        rooms = ROOMS[:2] if kind == "busiest" else ROOMS[-2:]
        few = _measure(f"{kind} two, fixed 10", _fixed(10), None, rooms)
        _measure(f"{kind} two, adaptive", ADAPTIVE, few, rooms)


def _fixed(every: int) -> Cadence:
    return Cadence(every_minutes=every, adaptive=False, jitter=0)


def _measure(name: str, cadence: Cadence, base: int | None, rooms: object = ROOMS) -> int:
    world = World(rooms=rooms, faults=())  # type: ignore[arg-type]
    month = Month(world, cadence, looks=False)
    month.run()
    first = START + 3 * DAY
    waits = sorted(taken - published for published, taken in world.archived if published > first)
    half, most = waits[len(waits) // 2], waits[int(0.95 * len(waits))]
    share = f"{world.requests / base:.0%}" if base else ""
    print(
        f"{name:<24}{_minutes(half)}{_minutes(most)}{_minutes(waits[-1])}"
        f"{len(month.started):>9}{world.requests:>10}{share:>10}",
        flush=True,
    )
    return world.requests


def _minutes(span: timedelta) -> str:
    return f"{span / MINUTE:>6.1f} m"


if __name__ == "__main__":
    main()
