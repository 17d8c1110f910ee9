"""A run's row: what is counted while it runs, and how it ended."""

import logging
import resource
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from crawler.health.run_stats import PREFIX, MemoryStats, Stats, counts_of
from crawler.health.signals import ASKED, GAVE, HealthSignal
from crawler.page.times import utc_now
from storage.archive import Archive
from storage.errors import ArchiveError, TinquanError
from storage.model.articles import RefusalReason, Stored, Verdict
from storage.model.runs import Outcome, RobotsState, Run, RunCounts

_log = logging.getLogger(__name__)
_MAX_NEW = 500  # times a section; more says nothing about its rhythm
_MAX_EVIDENCE = 3  # URLs a signal
_MAX_DEAD = 60  # listings: which of them are dead each time is worked out from these
_UNPROVEN = frozenset(
    {HealthSignal.ARTICLES, HealthSignal.LISTINGS, HealthSignal.UNCHANGED_LISTINGS}
)  # all is well
_UPDATE_SECONDS = 1.0  # a row is not written more often than this while the run goes on


class RunRecorder:
    """Keeps one run's row in the archive, from before its first request to its end.

    run: the run as it starts; its row is written at once. clock: the present moment, UTC.
    Raises ArchiveError where the row cannot be written.
    """

    def __init__(self, archive: Archive, run: Run, clock: Callable[[], datetime] = utc_now):
        self.run = run
        self._archive = archive
        self._clock = clock
        self._stats: Stats = MemoryStats()
        self._evidence: dict[str, list[str]] = {}
        self._newest_of: dict[str, datetime] = {}
        self._new_of: dict[str, list[datetime]] = {}
        self._robots: RobotsState | None = None
        self._newest: datetime | None = None
        self._verdict: tuple[Outcome, str] | None = None
        self._faults: list[str] = []
        self._closed_host = False
        self._discovered = False
        self._finished = False
        archive.runs.start(run)
        self._written_at = clock()

    @property
    def counts(self) -> RunCounts:
        """What the run did so far."""
        return counts_of(self._stats.get_stats())

    def count_in(self, stats: Stats) -> None:
        """Count in `stats` from now on, what is counted already included."""
        for name, value in self._stats.get_stats().items():
            stats.inc_value(name, value)
        self._stats = stats

    @property
    def is_stopping(self) -> bool:
        """True after `end_with`: the run is asked to end and only winds up."""
        return self._verdict is not None

    def count(self, **added: int) -> None:
        """Add to the counts by name (the fields of RunCounts, without `refused`)."""
        for name, number in added.items():
            self._stats.inc_value(f"{PREFIX}{name}", number)
        self._write_sometimes()

    def refuse(self, reason: str, number: int = 1) -> None:
        """Count refusals; besides a RefusalReason the reason may say why nothing was asked:
        "robots", "offsite", "not_recorded", "unreadable_record", "limit", or one of `LeftOut`.
        """
        self.count(**{f"refused/{reason}": number})

    def stored(
        self, stored: Stored, reason: RefusalReason | None, published_at: datetime | None
    ) -> None:
        """Count what the archive did with one page."""
        if published_at is not None:
            self._newest = max(self._newest or published_at, published_at)
        if stored.verdict is Verdict.REFUSED and reason is not None:
            self.refuse(reason.value)
        else:
            self.count(**{stored.verdict.value: 1}, copies=int(stored.copy_of is not None))

    def record_signal(self, signal: HealthSignal, url: str) -> None:
        """Count what a page or its absence says of the outlet's health."""
        self._stats.inc_value(f"{PREFIX}signals/{signal.value}")
        shown = self._evidence.setdefault(signal.value, [])
        most = _MAX_DEAD if signal is HealthSignal.NO_LINKS else _MAX_EVIDENCE
        if signal not in _UNPROVEN and len(shown) < most and url not in shown:
            shown.append(url)

    def note_request(self, section: str) -> None:
        """Note that a listing of a section is asked."""
        self.count(**{f"signals/{ASKED}{section}": 1})

    def note_links(self, section: str, links: int) -> None:
        """Note how many links a listing of a section held."""
        self.count(**{f"signals/{GAVE}{section}": links})

    def note_published(self, section: str, published_at: datetime | None) -> None:
        """Note that a section shows an article of that time; what is in the future says nothing."""
        if published_at is not None and published_at <= self._clock():
            newest = self._newest_of.get(section, published_at)
            self._newest_of[section] = max(newest, published_at)

    def note_new_article(self, section: str, published_at: datetime) -> None:
        """Note when an article of a section was published that the archive did not have."""
        times = self._new_of.setdefault(section, [])
        if len(times) < _MAX_NEW:
            times.append(min(published_at, self._clock()))

    def note_robots(self, state: RobotsState) -> None:
        """Note what stood in the way at robots.txt; the first word counts."""
        self._robots = self._robots or state

    def note_discovery(self) -> None:
        """Note that a listing answered as it should."""
        self._discovered = True

    def fault(self, what: str, *, closes_host: bool = False) -> None:
        """Note, in one line, what could not be done. closes_host: a whole host was left alone."""
        _log.warning("fault: %r", what)
        self._faults.append(" ".join(what.split()))
        self._closed_host = self._closed_host or closes_host

    def end_with(self, outcome: Outcome, error: str) -> None:
        """Set how the run is going to end; the first word counts."""
        if self._verdict is None:
            self._verdict = (outcome, " ".join(error.split()))

    def finish(self, reason: str) -> Run:
        """Write how the run ended and return its row; a second call changes nothing.

        reason: Scrapy's word for the end: "finished", "shutdown", or what closed the spider.
        """
        if self._finished:
            return self.run
        self._finished = True
        outcome, error = self._verdict or self._judge(reason)
        self.run = replace(
            self.run,
            ended_at=self._clock(),
            outcome=outcome,
            error=error,
            counts=self.counts,
            newest_published_at=self._newest,
            peak_memory_bytes=peak_memory_bytes(),
            evidence={signal: tuple(urls) for signal, urls in self._evidence.items() if urls},
            newest_of=dict(self._newest_of),
            new_of={name: tuple(sorted(times)) for name, times in self._new_of.items()},
            robots=self._robots or self._read_robots(),
        )
        try:
            self._archive.runs.finish(self.run)
        except ArchiveError as failure:
            _log.error("the run's end could not be written: %s", failure)
            lost = (Outcome.FAILED, error or str(failure))
            self.run = replace(self.run, outcome=lost[0], error=lost[1])
        return self.run

    def _read_robots(self) -> RobotsState | None:
        """Return "read" where anything was fetched: that is asked first, and lets nothing pass."""
        return "read" if self.counts.fetched and not self.run.replay else None

    def _judge(self, reason: str) -> tuple[Outcome, str | None]:
        first = self._faults[0] if self._faults else None
        if reason == "shutdown":
            return Outcome.STOPPED, "asked to stop by a signal"
        if reason != "finished":
            return Outcome.FAILED, first or f"ended early: {reason}"
        if self._closed_host:
            return Outcome.FAILED, first
        if not self._discovered:
            return Outcome.FAILED, first or "nothing could be discovered: no listing answered"
        return Outcome.DONE, first

    def _write_sometimes(self) -> None:
        now = self._clock()
        if self._finished or (now - self._written_at).total_seconds() < _UPDATE_SECONDS:
            return
        self._written_at = now
        try:
            self._archive.runs.update(self.run.id, self.counts)
        except ArchiveError as error:  # progress only; what must not be lost is in `store`
            _log.warning("the run's counts could not be written: %s", error)


def fail_run(recorder: RunRecorder, error: TinquanError) -> Run:
    """End a run that could not even begin."""
    recorder.end_with(Outcome.FAILED, str(error))
    return recorder.finish("start_error")


def peak_memory_bytes() -> int:
    """Return the most memory this process has held at once, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # kibibytes on Linux
