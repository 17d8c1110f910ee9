"""Addresses that brought no article and are asked again: when, and for how long.

Pure, standard library only. All times are aware datetimes in UTC.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

SETTLED_AFTER = timedelta(days=1)
"""How far apart the looks lie that, where they agree, give an address up."""

ASKED_FOR = timedelta(days=30)
"""How long after the first look an address is asked again that no listing names any more."""

_EVERY_CRAWL = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Looks:
    """When an address without an article was first looked at, and when last."""

    first: datetime
    last: datetime

    def is_due(self, now: datetime) -> bool:
        """True where it is time to look again.

        Every crawl of the first hour looks; then the time between two looks doubles: as much has
        to pass since the last look as lay between the first and the last.
        """
        age = self.last - self.first
        return age < _EVERY_CRAWL or now - self.last >= age
