"""When a watch is due, and when a failed delivery is retried. Pure."""

from datetime import datetime, time, timedelta

from storage.model.json import LOCAL

_FIRST_RETRY = timedelta(minutes=5)
_LONGEST_RETRY = timedelta(hours=12)
GIVEN_UP_AFTER = timedelta(days=7)
"""The age at which a digest's deliveries are given up."""


_MIN_ATTEMPTS = 8  # before a delivery is given up: a machine may have been off for days
_SKEW = timedelta(minutes=5)  # by which machines' clocks may differ


def is_due(when: str, last: datetime, now: datetime) -> bool:
    """Return whether a watch is due, also if its last look is in the future: a wrong clock."""
    return last > now + _SKEW or next_look(when, last) <= now


def is_time(due_at: datetime | None, now: datetime) -> bool:
    """Return whether an attempt is due, also if further off than any backoff: a wrong clock."""
    return due_at is not None and not now < due_at <= now + _LONGEST_RETRY


def next_look(when: str, last: datetime) -> datetime:
    """Return when a watch is due after its last look. when: as in the configuration."""
    if when == "at once":
        return last
    local = last.astimezone(LOCAL)
    if when == "hourly":
        return local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    moment = time.fromisoformat(when.removeprefix("daily "))
    today = datetime.combine(local.date(), moment, LOCAL)
    return today if today > last else today + timedelta(days=1)


def next_attempt(made_at: datetime, attempts: int, now: datetime) -> datetime | None:
    """Return when to retry, by exponential backoff; None to give up.

    attempts: how many have failed.
    """
    if now - made_at >= GIVEN_UP_AFTER and attempts >= _MIN_ATTEMPTS:
        return None
    doubled: int = 2 ** min(attempts - 1, 12)
    return now + min(_FIRST_RETRY * doubled, _LONGEST_RETRY)
