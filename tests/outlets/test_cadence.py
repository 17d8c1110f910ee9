"""How often a section is visited: configured cadence, politeness, quiet hours, rhythms."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crawler.outlets.cadence import (
    Cadence,
    after_quiet,
    check_floor,
    floor_of,
    quiet_time,
    smallest_gap,
)
from crawler.outlets.cron import cron_trigger
from crawler.schedule.rhythm import MEMORY, interval, next_visit, rhythm_of
from storage.model.json import LOCAL

NOON = datetime(2026, 9, 16, 12, 0, tzinfo=LOCAL).astimezone(UTC)  # a Wednesday
moments = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone itself
    max_value=datetime(2027, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
HOURS = st.tuples(st.integers(0, 23), st.sampled_from([0, 30]))


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 9, day, hour, minute, tzinfo=LOCAL)


def daily(now: datetime, hours: range, each: int = 2, days: int = 21) -> list[datetime]:
    """Return publication times: the same number in each of these local hours, every day."""
    midnight = now.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
    return sorted(
        moment.astimezone(UTC)
        for day in range(days)
        for hour in hours
        for number in range(each)
        if (moment := midnight - timedelta(days=day) + timedelta(hours=hour, minutes=20 * number))
        < now
    )


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"every_minutes": 4}, "every_minutes"),
        ({"cron": "61 * * * *"}, "is no cron line"),
        ({"cron": "* * *"}, "expected five fields"),
        ({"cron": "0 0 30 2 *"}, "never comes"),
        ({"cron": "0 0 * * 5-1"}, "ends before it begins; weeks begin on Sunday"),
        ({"cron": "0 0 * * 8"}, "expected 0 \\(Sunday\\) to 7"),
        ({"cron": "0 0 * * */0"}, "expected a step"),
        ({"cron": "0 0 * * mo"}, "weekday 'mo'"),
        ({"quiet": "23-5"}, 'expected hours such as "23:00-05:00"'),
        ({"quiet": "05:00-05:00"}, "begins when it ends"),
        ({"min_minutes": 60, "max_minutes": 30}, "min_minutes 60 is more than max_minutes 30"),
        ({"every": 30}, "every"),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Cadence.model_validate(values)


def test_weekdays_are_cron_s_own() -> None:
    sunday = cron_trigger("0 6 * * 0").get_next_fire_time(None, NOON)
    assert sunday == local(20, 6)
    assert cron_trigger("0 6 * * 7").get_next_fire_time(None, NOON) == sunday
    assert cron_trigger("0 6 * * 1-5").get_next_fire_time(None, local(18, 7)) == local(21, 6)


def days_of(line: str, count: int) -> list[int]:
    """Return the days of September 2026 (the 1st is a Tuesday) on which a line fires."""
    trigger, found = cron_trigger(line), []
    moment = local(1, 0)
    while (due := trigger.get_next_fire_time(None, moment)) and due < local(1, 0) + timedelta(30):
        found.append(due.day)
        moment = due + timedelta(seconds=1)
    return found[:count]


@pytest.mark.parametrize(
    ("line", "days"),
    [
        ("0 6 13 * 5", [4, 11, 13, 18, 25]),  # the 13th, and each Friday
        ("0 6 1,15 * sun", [1, 6, 13, 15, 20, 27]),
        ("0 6 1-3 * 6-7", [1, 2, 3, 5, 6, 12, 13, 19, 20, 26, 27]),
        ("0 6 * * */2", [1, 3, 5, 6, 8, 10, 12, 13]),  # Sunday, Tuesday, Thursday, Saturday
        ("0 6 */10 * 1", [21]),  # a star's step: both must fit, as in crontab
        ("0 6 13 * *", [13]),
        ("0 6 * * 0-6", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("0 6 * * 1-7", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("0 6 * * 0-5", [1, 2, 3, 4, 6, 7, 8]),
        ("0 6 * * MON-FRI/2", [2, 4, 7, 9, 11, 14]),
        ("0 6 * * fri-sun", [4, 5, 6, 11, 12, 13]),
        ("0 6 * * 1,0,7", [6, 7, 13, 14]),
    ],
)
def test_a_line_means_what_crontab_says(line: str, days: list[int]) -> None:
    assert days_of(line, len(days)) == days
    if len(days) < 7:
        assert days_of(line, 99)[: len(days)] == days


def test_the_smallest_gap_of_either_is_known() -> None:
    assert smallest_gap("0 6 13 * 5") == timedelta(days=1)  # a Friday after a 13th


def test_the_nearer_word_counts_key_by_key() -> None:
    outlet = Cadence(every_minutes=60, quiet="23:00-05:00")
    merged = Cadence(jitter=0.2).with_(outlet, None, Cadence(every_minutes=15))
    assert (merged.every_minutes, merged.quiet, merged.jitter) == (15, "23:00-05:00", 0.2)
    with pytest.raises(ValidationError, match="give both"):
        Cadence(min_minutes=50).with_(Cadence(max_minutes=40))


def test_politeness_has_a_floor() -> None:
    assert floor_of(6, 2.0) == timedelta(minutes=5)
    floor = floor_of(99, 6.0)
    assert floor == timedelta(minutes=20)
    check_floor(Cadence(every_minutes=60), floor)
    with pytest.raises(ValueError, match=r"min_minutes: 10 minutes .* floor of 20 minutes"):
        check_floor(Cadence(every_minutes=60, min_minutes=10), floor)
    with pytest.raises(ValueError, match="every_minutes: 15 minutes"):
        check_floor(Cadence(every_minutes=15, adaptive=False), floor)
    with pytest.raises(ValueError, match="cron: 10 minutes"):
        check_floor(Cadence(cron="0,10 6-22 * * *"), floor)
    assert smallest_gap("0,10 6 * * *") == timedelta(minutes=10)


@given(moments, HOURS, HOURS)
def test_nothing_is_due_in_quiet_hours(
    moment: datetime, begin: tuple[int, int], end: tuple[int, int]
) -> None:
    if begin == end:
        return
    quiet = f"{begin[0]:02}:{begin[1]:02}-{end[0]:02}:{end[1]:02}"
    moved = after_quiet(moment, quiet)
    assert after_quiet(moved, quiet) == moved
    assert timedelta(0) <= moved - moment <= quiet_time(quiet)
    assert moved == moment or moved.astimezone(LOCAL).time().isoformat("minutes") == quiet[6:]


def test_quiet_hours_end_the_next_morning() -> None:
    assert after_quiet(local(16, 23, 30), "23:00-05:00") == local(17, 5)
    assert after_quiet(local(17, 4, 59), "23:00-05:00") == local(17, 5)
    assert after_quiet(local(17, 5), "23:00-05:00") == local(17, 5)


def test_a_rhythm_tells_day_from_night() -> None:
    rhythm = rhythm_of(daily(NOON, range(6, 22)), NOON)
    assert rhythm is not None
    assert rhythm.at(local(16, 10)) > 1.5
    assert rhythm.at(local(16, 2)) < 0.4
    assert rhythm_of(daily(NOON, range(6, 8), days=1), NOON) is None, "too little is known"
    assert rhythm_of([], NOON) is None


def test_working_days_and_weekends_differ() -> None:
    working = [moment for moment in daily(NOON, range(6, 22)) if moment.weekday() < 5]
    rhythm = rhythm_of(working, NOON)
    assert rhythm is not None
    assert rhythm.at(local(19, 10)) < 0.5 * rhythm.at(local(18, 10)), "the 19th is a Saturday"


def test_the_newest_weeks_count_most() -> None:
    old = [m - timedelta(days=14) for m in daily(NOON, range(6, 22), each=3, days=10)]
    rhythm = rhythm_of(old, NOON)
    busy = rhythm_of(daily(NOON, range(6, 22), each=3, days=24), NOON)
    assert rhythm is not None
    assert busy is not None
    assert rhythm.at(local(16, 10)) < 0.6 * busy.at(local(16, 10))


@given(
    st.lists(st.timedeltas(timedelta(0), MEMORY), max_size=60),
    moments,
    st.integers(5, 120),
    st.integers(1, 10),
    st.integers(0, 20),
)
def test_a_visit_is_due_within_its_bounds(
    ages: list[timedelta], last: datetime, shortest: int, times: int, failures: int
) -> None:
    cadence = Cadence(
        every_minutes=shortest, min_minutes=shortest, max_minutes=shortest * times, jitter=0.2
    )
    rhythm = rhythm_of(sorted(last - age for age in ages), last)
    due = next_visit(last, cadence, rhythm, failures, "thu")
    assert cadence.shortest <= due - last <= cadence.longest * 1.2 + timedelta(seconds=1)
    assert due == next_visit(last, cadence, rhythm, failures, "thu"), "a restart changes nothing"


@given(st.integers(1, 8), st.integers(1, 8), st.integers(0, 23))
def test_who_publishes_more_is_visited_no_less(one: int, more: int, hour: int) -> None:
    now = NOON + timedelta(hours=hour)
    quiet, busy = (rhythm_of(daily(now, range(24), n), now) for n in (one, one + more))
    cadence = Cadence(min_minutes=5, max_minutes=600, jitter=0)
    assert interval(cadence, busy, now) <= interval(cadence, quiet, now)
    assert next_visit(now, cadence, busy, 0, "") <= next_visit(now, cadence, quiet, 0, "")


def test_a_long_night_s_interval_ends_with_the_morning() -> None:
    rhythm = rhythm_of(daily(NOON, range(6, 22), each=6), NOON)
    cadence = Cadence(min_minutes=5, max_minutes=600, jitter=0)
    night = local(17, 2)
    assert interval(cadence, rhythm, night) > timedelta(minutes=30)
    late = local(17, 4, 50)
    due = next_visit(late, cadence, rhythm, 0, "")
    assert local(17, 5) < due < late + interval(cadence, rhythm, late)


def test_failures_put_visits_off() -> None:
    cadence = Cadence(every_minutes=30, adaptive=False, jitter=0)
    steady = [next_visit(NOON, cadence, None, n, "") - NOON for n in (0, 2, 3, 9)]
    assert steady == [timedelta(minutes=30)] * 4, "an interval that is given is kept"
    cadence = Cadence(every_minutes=30, jitter=0)
    waits = [next_visit(NOON, cadence, None, n, "") - NOON for n in (0, 2, 3, 4, 9)]
    assert [int(wait / timedelta(minutes=1)) for wait in waits] == [30, 30, 60, 120, 120]


def test_a_cron_line_takes_the_interval_s_place() -> None:
    cadence = Cadence(cron="0 6,18 * * *", quiet="05:00-07:00")
    assert next_visit(local(16, 12), cadence, None, 5, "") == local(16, 18)
    assert next_visit(local(16, 18), cadence, None, 0, "") == local(17, 7)
    assert cadence.longest == timedelta(days=7)
