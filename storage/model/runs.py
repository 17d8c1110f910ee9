"""The nouns of the work itself: runs, how they end, and listings' validators."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

RunKind = Literal["crawl", "recheck", "backfill", "address"]
RobotsState = Literal["read", "forbids", "unreadable", "unreachable"]


SITEMAPS = "sitemaps"
"""Among a run's signals: how many sitemaps it read."""


class Outcome(StrEnum):
    """How a run ended."""

    DONE = "done"
    FAILED = "failed"  # something could not be done; `error` says what
    STOPPED = "stopped"  # asked to stop (signal) and stopped cleanly
    TIMED_OUT = "timed_out"  # its hard time limit ended it
    DIED = "died"  # no end was ever recorded: a crash or a kill


@dataclass(frozen=True, slots=True)
class RunCounts:
    """What a run did so far.

    copies: how many of the new articles are copies of others. signals: what the run saw of the
    outlet's health (crawler.health.signals).
    """

    requested: int = 0
    fetched: int = 0
    links: int = 0
    new: int = 0
    copies: int = 0
    revised: int = 0
    unchanged: int = 0
    known: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    failed: int = 0
    received_bytes: int = 0
    signals: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One crawl of one outlet. `outcome` is None while it runs.

    kind: "crawl" asks listings what is new, "recheck" for known articles again, "backfill" for a
    window of the past, "address" for one page that somebody named. since, until:
    the window asked for. robots: what became of robots.txt; None where it was not asked for.
    exit_code: of its process, negative for a signal; None where nobody waited for it.
    new_by_section: by section, when the articles that were new were published, as far as known.
    newest_by_section: by section, the newest time that listings or articles gave.
    evidence: URLs by signal.
    """

    id: str
    outlet: str
    started_at: datetime
    sections: tuple[str, ...] = ()
    replay: bool = False
    pid: int | None = None
    host: str | None = None
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    error: str | None = None
    counts: RunCounts = field(default_factory=RunCounts)
    newest_published_at: datetime | None = None
    peak_memory_bytes: int | None = None
    log_file: str | None = None
    kind: RunKind = "crawl"
    since: datetime | None = None
    until: datetime | None = None
    robots: RobotsState | None = None
    exit_code: int | None = None
    new_by_section: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)
    evidence: dict[str, tuple[str, ...]] = field(default_factory=dict)
    newest_by_section: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Validator:
    """What tells the next time whether a listing, or an article's page, has changed.

    etag, last_modified: what the server gave to ask conditionally. digest: of what came, where
    that is to be compared.
    """

    url: str
    etag: str | None
    last_modified: str | None
    saved_at: datetime
    digest: str | None = None
