"""When a watch is looked at, and when a message that was not taken is tried again. Pure."""

from datetime import datetime, time, timedelta

from storage.model.json import LOCAL

_FIRST_RETRY = timedelta(minutes=5)
_LONGEST_RETRY = timedelta(hours=12)
GIVEN_UP_AFTER = timedelta(days=7)
"""How old a digest may become before nobody tries to deliver it any more."""


_LEAST_ATTEMPTS = 8  # however old: a machine that was off has not tried
_SKEW = timedelta(minutes=5)  # by which clocks of machines may differ


def is_due(when: str, last: datetime, now: datetime) -> bool:
    """Return whether a watch is due. A last look that lies ahead is a clock's that went wrong."""
    return last > now + _SKEW or next_look(when, last) <= now


def is_time(due_at: datetime | None, now: datetime) -> bool:
    """Return whether an attempt is due. One that is further off than any is is a wrong clock's."""
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
    """Return when to try again after so many attempts; None where it is given up."""
    if now - made_at >= GIVEN_UP_AFTER and attempts >= _LEAST_ATTEMPTS:
        return None
    doubled: int = 2 ** min(attempts - 1, 12)
    return now + min(_FIRST_RETRY * doubled, _LONGEST_RETRY)
