"""A run's counts in Scrapy's stats: a number for each name."""

from collections.abc import Mapping
from typing import Any, Protocol

from storage.model.runs import RunCounts

PREFIX = "tinquan/"  # sets our names apart from Scrapy's own


class Stats(Protocol):
    """The methods of Scrapy's StatsCollector that counting needs."""

    def inc_value(self, key: str, count: int = 1) -> None:
        """Add to a number, 0 at first."""
        ...

    def get_stats(self) -> dict[str, Any]:
        """Return every number by its name."""
        ...


class MemoryStats:
    """The counts of a run outside Scrapy, such as an import."""

    def __init__(self) -> None:
        self._stats: dict[str, Any] = {}

    def inc_value(self, key: str, count: int = 1) -> None:
        """Add to a number."""
        self._stats[key] = self._stats.get(key, 0) + count

    def get_stats(self) -> dict[str, Any]:
        """Return every number by its name."""
        return self._stats


def counts_of(stats: Mapping[str, Any]) -> RunCounts:
    """Return the counts for a run's row from its stats, without Scrapy's own."""
    ours = {name.removeprefix(PREFIX): n for name, n in stats.items() if name.startswith(PREFIX)}
    plain = {name: number for name, number in ours.items() if "/" not in name}
    return RunCounts(**plain, refused=_below("refused/", ours), signals=_below("signals/", ours))


def _below(prefix: str, numbers: Mapping[str, int]) -> dict[str, int]:
    return {
        name.removeprefix(prefix): number
        for name, number in numbers.items()
        if name.startswith(prefix) and number
    }
