"""Findings of one health check, and alarms, which last until their finding is gone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Cause(StrEnum):
    """Why an alarm is open; docs/alarms.md says what to do about each."""

    NEVER_RAN = "never_ran"
    SCHEDULER_LATE = "scheduler_late"
    UNREACHABLE = "unreachable"
    TIMEOUTS = "timeouts"
    ROBOTS = "robots"
    BLOCKED = "blocked"
    NO_LINKS = "no_links"
    TEMPLATE = "template"
    FEED_SILENT = "feed_silent"
    FAILING = "failing"  # crawls crash or fail for a reason other than those above
    DISK = "disk"
    MACHINE_LOST = "machine_lost"
    NOT_PUSHED = "not_pushed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem that exists now. `outlet` is None where it concerns the installation.

    since: when it began, as far as is known. evidence: a few URLs or names.
    """

    cause: Cause
    outlet: str | None
    summary: str
    since: datetime
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alarm:
    """A finding that was first seen at `opened_at`; open until `closed_at`.

    delivered: by channel ("log", "press"), the last state delivered there, "open" or "closed".
    """

    id: int
    finding: Finding
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    delivered: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """True until its finding is gone."""
        return self.closed_at is None

    @property
    def state(self) -> str:
        """The state to deliver: "open" or "closed"."""
        return "open" if self.is_open else "closed"
