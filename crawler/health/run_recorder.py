"""Keeps a run's row: its counts while it runs, and its outcome."""

import logging
import resource
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from crawler.health.run_stats import PREFIX, MemoryStats, Stats, counts_of
from crawler.health.signals import LINKS, REQUESTED, HealthSignal
from crawler.page.times import utc_now
from storage.archive import Archive
from storage.errors import ArchiveError, TinquanError
from storage.model.articles import RefusalReason, Stored, Verdict
from storage.model.runs import Outcome, RobotsState, Run, RunCounts

_log = logging.getLogger(__name__)
_MAX_NEW = 500  # times a section; more are not needed for its rhythm
_MAX_EVIDENCE = 3  # URLs a signal
_MAX_NO_LINKS = 60  # URLs: an alarm compares them between runs
_WITHOUT_EVIDENCE = frozenset(
    {HealthSignal.ARTICLES, HealthSignal.LISTINGS, HealthSignal.UNCHANGED_LISTINGS}
)
_UPDATE_SECONDS = 1.0  # at least, between two writes of the row while the run goes on


class RunRecorder:
    """Keeps one run's row in the archive, from before its first request to its end.

    run: the run as it starts; its row is written at once. clock: returns the current time, UTC.
    Raises ArchiveError if the row cannot be written.
    """

    def __init__(self, archive: Archive, run: Run, clock: Callable[[], datetime] = utc_now):
        self.run = run
        self._archive = archive
        self._clock = clock
        self._stats: Stats = MemoryStats()
        self._evidence: dict[str, list[str]] = {}
        self._newest_by_section: dict[str, datetime] = {}
        self._new_by_section: dict[str, list[datetime]] = {}
        self._robots: RobotsState | None = None
        self._newest: datetime | None = None
        self._end: tuple[Outcome, str] | None = None
        self._faults: list[str] = []
        self._has_closed_host = False
        self._has_discovered = False
        self._is_finished = False
        archive.runs.start(run)
        self._written_at = clock()

    @property
    def counts(self) -> RunCounts:
        """The run's counts so far."""
        return counts_of(self._stats.get_stats())

    def count_in(self, stats: Stats) -> None:
        """Count in `stats` from now on; the counts so far are added to it."""
        for name, value in self._stats.get_stats().items():
            stats.inc_value(name, value)
        self._stats = stats

    @property
    def is_stopping(self) -> bool:
        """True after `end_with`: the run sends no further requests."""
        return self._end is not None

    def count(self, **added: int) -> None:
        """Add to the counts by name (the fields of RunCounts, without `refused`)."""
        for name, number in added.items():
            self._stats.inc_value(f"{PREFIX}{name}", number)
        self._update_row()

    def refuse(self, reason: str, number: int = 1) -> None:
        """Count refusals, or requests that were not made.

        reason: a RefusalReason, or "robots", "offsite", "not_recorded", "unreadable_record",
        "limit", or one of `LeftOut`.
        """
        self.count(**{f"refused/{reason}": number})

    def stored(
        self, stored: Stored, reason: RefusalReason | None, published_at: datetime | None
    ) -> None:
        """Count the archive's verdict on one page. reason: of a refusal."""
        if published_at is not None:
            self._newest = max(self._newest or published_at, published_at)
        if stored.verdict is Verdict.REFUSED and reason is not None:
            self.refuse(reason.value)
        else:
            self.count(**{stored.verdict.value: 1}, copies=int(stored.copy_of is not None))

    def record_signal(self, signal: HealthSignal, url: str) -> None:
        """Count a signal of the outlet's health, and keep the URL as evidence."""
        self._stats.inc_value(f"{PREFIX}signals/{signal.value}")
        urls = self._evidence.setdefault(signal.value, [])
        limit = _MAX_NO_LINKS if signal is HealthSignal.NO_LINKS else _MAX_EVIDENCE
        if signal not in _WITHOUT_EVIDENCE and len(urls) < limit and url not in urls:
            urls.append(url)

    def note_request(self, section: str) -> None:
        """Count a request for a listing of a section."""
        self.count(**{f"signals/{REQUESTED}{section}": 1})

    def note_links(self, section: str, links: int) -> None:
        """Count the links of a section's listing."""
        self.count(**{f"signals/{LINKS}{section}": links})

    def note_published(self, section: str, published_at: datetime | None) -> None:
        """Record the publication time of an article of a section, unless it is in the future."""
        if published_at is not None and published_at <= self._clock():
            newest = self._newest_by_section.get(section, published_at)
            self._newest_by_section[section] = max(newest, published_at)

    def note_new_article(self, section: str, published_at: datetime) -> None:
        """Record the publication time of a section's article that is new to the archive."""
        times = self._new_by_section.setdefault(section, [])
        if len(times) < _MAX_NEW:
            times.append(min(published_at, self._clock()))

    def note_robots(self, state: RobotsState) -> None:
        """Record the state of robots.txt; only the first call counts."""
        self._robots = self._robots or state

    def note_discovery(self) -> None:
        """Record that a listing could be read, so that the run has discovered something."""
        self._has_discovered = True

    def fault(self, what: str, *, closes_host: bool = False) -> None:
        """Record a fault in one line. closes_host: a whole host was left alone; the run fails."""
        _log.warning("fault: %r", what)
        self._faults.append(" ".join(what.split()))
        self._has_closed_host = self._has_closed_host or closes_host

    def end_with(self, outcome: Outcome, error: str) -> None:
        """Set the outcome with which the run will end; only the first call counts."""
        if self._end is None:
            self._end = (outcome, " ".join(error.split()))

    def finish(self, reason: str) -> Run:
        """Write the run's end and return its row; a second call changes nothing.

        reason: Scrapy's reason for closing the spider: "finished", "shutdown", or another.
        """
        if self._is_finished:
            return self.run
        self._is_finished = True
        outcome, error = self._end or self._classify_end(reason)
        self.run = replace(
            self.run,
            ended_at=self._clock(),
            outcome=outcome,
            error=error,
            counts=self.counts,
            newest_published_at=self._newest,
            peak_memory_bytes=peak_memory_bytes(),
            evidence={signal: tuple(urls) for signal, urls in self._evidence.items() if urls},
            newest_by_section=dict(self._newest_by_section),
            new_by_section={
                name: tuple(sorted(times)) for name, times in self._new_by_section.items()
            },
            robots=self._robots or self._default_robots(),
        )
        try:
            self._archive.runs.finish(self.run)
        except ArchiveError as failure:
            _log.error("the run's end could not be written: %s", failure)
            self.run = replace(self.run, outcome=Outcome.FAILED, error=error or str(failure))
        return self.run

    def _default_robots(self) -> RobotsState | None:
        """Return "read" if anything was fetched: nothing is before robots.txt was read."""
        return "read" if self.counts.fetched and not self.run.replay else None

    def _classify_end(self, reason: str) -> tuple[Outcome, str | None]:
        first = self._faults[0] if self._faults else None
        if reason == "shutdown":
            return Outcome.STOPPED, "asked to stop by a signal"
        if reason != "finished":
            return Outcome.FAILED, first or f"ended early: {reason}"
        if self._has_closed_host:
            return Outcome.FAILED, first
        if not self._has_discovered:
            return Outcome.FAILED, first or "nothing could be discovered: no listing answered"
        return Outcome.DONE, first

    def _update_row(self) -> None:
        now = self._clock()
        if self._is_finished or (now - self._written_at).total_seconds() < _UPDATE_SECONDS:
            return
        self._written_at = now
        try:
            self._archive.runs.update(self.run.id, self.counts)
        except ArchiveError as error:  # only progress is lost
            _log.warning("the run's counts could not be written: %s", error)


def fail_run(recorder: RunRecorder, error: TinquanError) -> Run:
    """End a run whose start failed."""
    recorder.end_with(Outcome.FAILED, str(error))
    return recorder.finish("start_error")


def peak_memory_bytes() -> int:
    """Return this process's peak resident memory, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # kibibytes on Linux
