"""The present moment, and days and times as people type them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from storage.errors import UsageError


def parse_moment(name: str, text: str, zone: ZoneInfo) -> datetime:
    """Return, in UTC, the moment that an ISO day (its midnight) or time means.

    zone: of what names none. Raises UsageError that names the argument `name`.
    """
    try:
        given = datetime.fromisoformat(text)
        return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{name} {text!r}: expected a day such as 2025-07-01, or a time such as"
            " 2025-07-01T08:00+07:00"
        ) from None


def utc_now() -> datetime:
    """Return the present moment, UTC."""
    return datetime.now(UTC)
