"""Addresses that brought no article and are asked again: when, and for how long.

Pure, standard library only. All times are aware datetimes in UTC.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

SETTLED_AFTER = timedelta(days=1)
"""How far apart the looks lie that, where they agree, give an address up."""

ASKED_FOR = timedelta(days=30)
"""How far apart first and last look may lie where no listing names an address any more: after
a long silence, as while a schedule is down, it is looked at once more at least.
"""

_LONGEST = timedelta(days=3)
_EVERY_CRAWL = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Looks:
    """When an address without an article was first looked at, and when last."""

    first: datetime
    last: datetime

    def is_due(self, now: datetime) -> bool:
        """True where it is time to look again.

        Every crawl of the first hour looks; then the time between two looks doubles: as much has
        to pass since the last look as lay between the first and the last, but no more than three
        days.
        """
        age = self.last - self.first
        return age < _EVERY_CRAWL or now - self.last >= min(age, _LONGEST)

    @property
    def is_spent(self) -> bool:
        """True where the looks lie so far apart that only a listing can have it asked again."""
        return self.last - self.first >= ASKED_FOR
