"""Detects a broken template of an outlet. Pure.

A template is broken if too many of the articles read last lack a field that the outlet's articles
had in the month before. The share that lacked it before gives the probability of as many missing
ones as now (a binomial test); below one in fifty thousand it is no coincidence. So three missing
bodies in a row raise an alarm at once, and a field that half of the pages never had needs dozens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import comb

from crawler.health.signals import FIELD_SIGNALS, HealthSignal
from storage.model.runs import Run

_MAX_PROBABILITY = 2e-5
_MIN_READ = 3
_MIN_SHARE = 0.25  # of pages without the field; a smaller share is not the template's fault
_MAX_READ = 60  # articles tested together; a longer break shows in the newest ones
_MIN_BEFORE = 20  # articles to compare with
_ASSUMED = {
    HealthSignal.NO_AUTHORS: 0.9,
    HealthSignal.WHOLE_PAGE: 0.9,
}  # the share without the field, if there are fewer articles to compare with
_ASSUMED_ELSE = 0.1
_FLOOR = 0.02
# A month of missing titles does not make missing titles right.
_CEILING = {
    HealthSignal.NO_ARTICLE: 0.3,
    HealthSignal.NO_BODY: 0.2,
    HealthSignal.NO_TITLE: 0.1,
    HealthSignal.NO_TIME: 0.3,
    HealthSignal.FOREIGN_FAMILY: 0.3,
}
_TEXT = {
    HealthSignal.NO_ARTICLE: "another page in place of the article",
    HealthSignal.NO_BODY: "no text",
    HealthSignal.NO_TITLE: "no title",
    HealthSignal.NO_TIME: "no publication time",
    HealthSignal.NO_AUTHORS: "no authors",
    HealthSignal.FOREIGN_FAMILY: "another family's marks than the outlet's file names",
    HealthSignal.WHOLE_PAGE: "no text in the family's container",
}


@dataclass(frozen=True, slots=True)
class BrokenField:
    """One field that articles lack now and had before. usual: the share without it before."""

    signal: HealthSignal
    missing: int
    read: int
    usual: float
    since: datetime
    evidence: tuple[str, ...]

    @property
    def text(self) -> str:
        """The missing field and its numbers, in words."""
        before = f"before: {self.usual:.0%}"
        return f"{_TEXT[self.signal]} in {self.missing} of {self.read} articles ({before})"


def broken_fields(runs: Sequence[Run]) -> list[BrokenField]:
    """Return the broken fields. runs: those of some weeks, newest first."""
    reading = [run for run in runs if _count(run, HealthSignal.ARTICLES)]
    return [broken for signal in FIELD_SIGNALS if (broken := _broken(signal, reading))]


def _count(run: Run, signal: HealthSignal) -> int:
    return run.counts.signals.get(signal, 0)


def _broken(signal: HealthSignal, reading: Sequence[Run]) -> BrokenField | None:
    read = missing = 0
    for number, run in enumerate(reading, start=1):
        read += _count(run, HealthSignal.ARTICLES)
        missing += _count(run, signal)
        if read < _MIN_READ:
            continue
        if missing < _MIN_SHARE * read or read > _MAX_READ + _count(run, HealthSignal.ARTICLES):
            return None  # the newest pages have the field
        usual = _usual(signal, reading[number:])
        if _tail(missing, read, usual) < _MAX_PROBABILITY:
            affected = [recent for recent in reading[:number] if _count(recent, signal)]
            urls = (url for each in affected for url in each.evidence.get(signal.value, ()))
            evidence = tuple(dict.fromkeys(urls))[:5]
            return BrokenField(signal, missing, read, usual, affected[-1].started_at, evidence)
    return None


def _usual(signal: HealthSignal, before: Sequence[Run]) -> float:
    """Return the share of articles that lacked the field before."""
    read = sum(_count(run, HealthSignal.ARTICLES) for run in before)
    if read < _MIN_BEFORE:
        return _ASSUMED.get(signal, _ASSUMED_ELSE)
    share = sum(_count(run, signal) for run in before) / read
    return min(max(share, _FLOOR), _CEILING.get(signal, 1.0))


def _tail(missing: int, read: int, usual: float) -> float:
    """Return the probability that as many or more of `read` articles lack the field."""
    if usual >= 1:
        return 1.0
    return sum(
        comb(read, k) * usual**k * (1 - usual) ** (read - k) for k in range(missing, read + 1)
    )
