"""Crawl runs, their outcomes and counts, and validators for conditional requests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

RunKind = Literal["crawl", "recheck", "backfill", "address"]
RobotsState = Literal["read", "forbids", "unreadable", "unreachable"]


SITEMAPS = "sitemaps"
"""The run signal that counts the sitemaps read."""


class Outcome(StrEnum):
    """How a run ended."""

    DONE = "done"
    FAILED = "failed"  # `error` says why
    STOPPED = "stopped"  # stopped cleanly after a signal
    TIMED_OUT = "timed_out"  # ended by its hard time limit
    DIED = "died"  # crashed or killed: it recorded no end


@dataclass(frozen=True, slots=True)
class RunCounts:
    """The counts of a run so far.

    copies: how many of the new articles are copies of others. signals: counts of health signals
    (crawler.health.signals).
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

    kind: "crawl" reads listings for new articles, "recheck" requests known articles again,
    "backfill" covers a window of the past, "address" fetches one URL that a user gave.
    since, until: the requested window. robots: the result of reading robots.txt; None if it was
    not requested. exit_code: of its process, negative for a signal; None if no process waited for
    it. new_by_section: by section, the known publication times of the new articles.
    newest_by_section: by section, the newest time that listings or articles gave. evidence: URLs by
    signal.
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
    """What shows on the next request whether a listing or an article's page has changed.

    etag, last_modified: as the server sent them, for conditional requests. digest: of the body,
    where bodies are compared.
    """

    url: str
    etag: str | None
    last_modified: str | None
    saved_at: datetime
    digest: str | None = None
