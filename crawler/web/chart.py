"""Counts by month as bars of an SVG. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 720, 100
"""Size of the chart, in the SVG's units; the page scales it to its own width."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One month ("2026-09"): its count, and the position and height of its bar."""

    month: str
    count: int
    x: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars at intervals of `step`. most: the count of the tallest one."""

    bars: tuple[Bar, ...]
    most: int
    step: int
    width: int
    height: int = HEIGHT


def month_chart(counts: Mapping[str, int], first: date, last: date) -> Chart:
    """Return a bar for every month from the first day's to the last day's."""
    months = list(_months(first, last))
    step = max(3, WIDTH // len(months))
    most = max(counts.values(), default=0)
    bars = []
    for index, month in enumerate(months):
        count = counts.get(month, 0)
        height = max(2, round(count / most * HEIGHT)) if count else 0
        bars.append(Bar(month, count, index * step, HEIGHT - height, height))
    return Chart(tuple(bars), most, step, step * len(months))


def months_back(day: date, months: int) -> date:
    """Return the first day of the month that is `months` before the month of `day`."""
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def _months(first: date, last: date) -> Iterator[str]:
    index, end = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    for month in range(index, max(index, end) + 1):
        yield f"{month // 12}-{month % 12 + 1:02}"
