"""When a watch is looked at, and when a message that was not taken is tried again. Pure."""

from datetime import datetime, time, timedelta

from storage.model.json import LOCAL

_FIRST_RETRY = timedelta(minutes=5)
_LONGEST_RETRY = timedelta(hours=12)
GIVEN_UP_AFTER = timedelta(days=7)
"""How old a digest may become before nobody tries to deliver it any more."""


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
    if now - made_at >= GIVEN_UP_AFTER:
        return None
    doubled: int = 2 ** min(attempts - 1, 12)
    return now + min(_FIRST_RETRY * doubled, _LONGEST_RETRY)
