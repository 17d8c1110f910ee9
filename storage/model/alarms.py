"""What is wrong with an outlet, or with the whole: findings of one look, and alarms that last."""

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
    FAILING = "failing"  # crawls crash or fail for another reason than the ones above
    DISK = "disk"
    MACHINE_LOST = "machine_lost"
    NOT_PUSHED = "not_pushed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong now. `outlet` is None where it concerns the whole.

    since: since when it has been so, as far as is known. evidence: URLs or names, a few.
    """

    cause: Cause
    outlet: str | None
    summary: str
    since: datetime
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alarm:
    """A finding that was seen at `opened_at` for the first time; open until `closed_at`.

    delivered: by channel ("log", "press"), whether its opening ("open") or end ("closed") has
    been delivered there.
    """

    id: int
    finding: Finding
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    delivered: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """True until what it says is no longer found."""
        return self.closed_at is None

    @property
    def state(self) -> str:
        """The state to deliver: "open" or "closed"."""
        return "open" if self.is_open else "closed"
