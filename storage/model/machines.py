"""The machines that run the schedule of one archive.

Pure, standard library only. All times are aware datetimes in UTC, by the archive's clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine whose schedule has joined an archive.

    started_at: of its schedule. seen_at: its last sign of life. stopped_at: None while it runs,
    and where it was killed. outlets: those that it crawls, by slug.
    """

    name: str
    started_at: datetime
    seen_at: datetime
    stopped_at: datetime | None = None
    pid: int | None = None
    outlets: tuple[str, ...] = ()


def schedule_stopped_at(machines: Sequence[Machine]) -> datetime | None:
    """Return when the schedule was stopped; None where one runs, was killed, or none ever ran."""
    ends = [one.stopped_at for one in machines]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None
