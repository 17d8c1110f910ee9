"""Times as people type them after --since and --until."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crawler.page.times import parse_moment, parse_when
from storage.errors import UsageError

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 9, 16, 18, 30, tzinfo=UTC)  # 01:30 on Thursday, 17 September in Hà Nội


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HANOI)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("today", "2026-09-17"),
        ("yesterday", "2026-09-16"),
        ("Yesterday ", "2026-09-16"),
        ("thursday", "2026-09-17"),
        ("monday", "2026-09-14"),
        ("friday", "2026-09-11"),
        ("7d", "2026-09-10T01:30"),
        ("12h", "2026-09-16T13:30"),
        ("0d", "2026-09-17T01:30"),
        ("2026-09", "2026-09-01"),
        ("2026", "2026-01-01"),
        ("14/9/2026", "2026-09-14"),
        ("2026-09-14", "2026-09-14"),
        ("2026-09-14T08:00", "2026-09-14T08:00"),
    ],
)
def test_what_people_type_is_a_moment_in_their_zone(text: str, expected: str) -> None:
    assert parse_when("--since", text, HANOI, NOW) == local(expected)


@pytest.mark.parametrize("text", ["", "7x", "2026-13", "31/2/2026", "someday", "99999d", "9/14"])
def test_what_is_no_time_is_said_with_the_option(text: str) -> None:
    with pytest.raises(UsageError, match=r"--since .*expected a day such as 2025-07-01"):
        parse_when("--since", text, HANOI, NOW)


def test_the_short_forms_are_named_where_they_are_read() -> None:
    with pytest.raises(UsageError, match="yesterday, monday, 7d, 12h, 2026-09, 14/9/2026"):
        parse_when("--since", "someday", HANOI, NOW)
    with pytest.raises(UsageError, match=r"\+07:00$"):
        parse_moment("--from", "7d", HANOI)


@pytest.mark.parametrize(
    "text", ["0001-01-01", "0001", "1/1/0001", "9999-12-31T23:00-07:00", "9999-12-31T20:00Z"]
)
def test_what_is_out_of_range_is_said(text: str) -> None:
    with pytest.raises(UsageError, match=rf"--since '{text}': is out of range"):
        parse_when("--since", text, HANOI, NOW)
