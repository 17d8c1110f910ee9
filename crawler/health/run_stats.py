"""A run's counts as Scrapy's statistics keep them: one number a name."""

from collections.abc import Mapping
from typing import Any, Protocol

from storage.model.runs import RunCounts

PREFIX = "tinquan/"  # before the names of ours, among Scrapy's own


class Stats(Protocol):
    """The part of Scrapy's StatsCollector that counts."""

    def inc_value(self, key: str, count: int = 1) -> None:
        """Add to a number, which begins at 0."""
        ...

    def get_stats(self) -> dict[str, Any]:
        """Return every number by its name."""
        ...


class MemoryStats:
    """Counts of a run that is no crawl of Scrapy's, such as an import."""

    def __init__(self) -> None:
        self._stats: dict[str, Any] = {}

    def inc_value(self, key: str, count: int = 1) -> None:
        """Add to a number."""
        self._stats[key] = self._stats.get(key, 0) + count

    def get_stats(self) -> dict[str, Any]:
        """Return every number by its name."""
        return self._stats


def counts_of(stats: Mapping[str, Any]) -> RunCounts:
    """Return the counts of a run's row out of its statistics; Scrapy's own are left out."""
    ours = {name.removeprefix(PREFIX): n for name, n in stats.items() if name.startswith(PREFIX)}
    plain = {name: number for name, number in ours.items() if "/" not in name}
    return RunCounts(**plain, refused=_below("refused/", ours), signals=_below("signals/", ours))


def _below(prefix: str, numbers: Mapping[str, int]) -> dict[str, int]:
    return {
        name.removeprefix(prefix): number
        for name, number in numbers.items()
        if name.startswith(prefix) and number
    }
