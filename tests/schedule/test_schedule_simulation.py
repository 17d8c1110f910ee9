"""Thirty days of the schedule in an injected clock: nothing missed, nothing doubled, every fault
told by its cause.

The agenda and the alarms are the real ones; newsrooms, crawls and the clock are invented
(tests.support.newsroom, tests.support.month), from a seed.
"""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from crawler.outlets.cadence import Cadence
from storage.model.alarms import Cause
from storage.model.runs import Outcome
from tests.support.month import Month, Started
from tests.support.newsroom import DAY, DAYS, FAULTS, HOUR, MINUTE, START, Fault, World, at

pytestmark = pytest.mark.slow
CADENCE = Cadence(every_minutes=30, min_minutes=10, max_minutes=120)
CRASHES = ((at(8, 15.207), 2 * HOUR), (at(15, 3), 12 * MINUTE), (at(24, 11), 7 * HOUR))
LATE = Fault(None, Cause.SCHEDULER_LATE, at(24, 11), at(24, 19))
SET_AT = at(18, 10)
TAKES = 10 * MINUTE  # for a free place, after crawls that take longest


@pytest.fixture(scope="module")
def month() -> Month:
    """Return a month with every kind of fault, three crashes, and a clock that is set back."""
    month = Month(World(), CADENCE, crashes=CRASHES, ahead=HOUR, set_at=SET_AT)
    month.run()
    return month


def by_section(month: Month) -> dict[tuple[str, str], list[datetime]]:
    found: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for started in month.started:
        for section in started.visit.sections:
            found[started.visit.outlet, section].append(started.at)
    return found


def down_between(one: datetime, other: datetime) -> timedelta:
    """Return how long the schedule was gone between two times."""
    gone = timedelta(0)
    for begin, length in CRASHES:
        gone += max(timedelta(0), min(other, begin + length) - max(one, begin))
    return gone


def test_no_section_is_missed(month: Month) -> None:
    most = CADENCE.longest * (1 + CADENCE.jitter) + TAKES
    sections = by_section(month)
    assert len(sections) == 19
    for starts in sections.values():
        gaps = zip([START, *starts], [*starts, START + DAYS * DAY], strict=True)
        assert all(after - before - down_between(before, after) <= most for before, after in gaps)


def test_no_section_is_visited_twice_where_once_was_due(month: Month) -> None:
    for starts in by_section(month).values():
        gaps = [after - before for before, after in pairwise(starts)]
        assert min(gaps) >= CADENCE.shortest, "after a crash or a clock step either"


def test_every_crawl_starts_when_it_is_due(month: Month) -> None:
    ahead = CADENCE.longest * (1 + CADENCE.jitter) / 4  # sections taken along
    for started in month.started:
        dues = [due - month.wall(started.at) for due in started.due.values() if due is not None]
        late = [started.at - due - down_between(due, started.at) for due in dues]
        stepped = SET_AT <= started.at < SET_AT + CADENCE.longest
        assert all(-ahead <= one <= TAKES for one in late) or stepped, started
        assert not late or max(late) >= timedelta(0) or stepped, "nothing was due"


def test_after_each_crash_every_section_is_made_up_for_once(month: Month) -> None:
    for crash, gone in CRASHES:
        back = crash + gone
        soon = Counter(
            (started.visit.outlet, section)
            for started in month.started
            if back <= started.at < back + CADENCE.shortest
            for section in started.visit.sections
        )
        assert max(soon.values()) == 1
        if gone > CADENCE.longest * 2:
            assert len(soon) == 19, "seven hours' worth of crawls is one crawl each"


def test_never_more_crawls_at_once_than_allowed_and_one_a_host(month: Month) -> None:
    assert month.most_at_once == 4  # `Month` itself sees to the hosts, at every start


def test_what_was_under_way_at_a_crash_has_its_row_closed(month: Month) -> None:
    rows = [run for of in month.rows.values() for run in of]
    assert len(rows) == len(month.started) == len({run.id for run in rows})
    assert all(run.outcome is not None for run in rows if run.started_at < at(30, 0))
    assert Counter(run.outcome for run in rows)[Outcome.DIED] >= 1


def test_the_clock_that_is_set_back_costs_nobody_an_hour(month: Month) -> None:
    soon = [s for s in month.started if SET_AT <= s.at < SET_AT + HOUR]
    assert {started.visit.outlet for started in soon} >= {"bao-mot", "bao-hai", "bao-bon"}


def first_alarm(month: Month, fault: Fault) -> timedelta | None:
    return min(
        (
            opened.at - fault.begins
            for opened in month.opened
            if (opened.outlet, opened.cause) == (fault.outlet, fault.cause)
            and fault.begins <= opened.at <= fault.ends + HOUR
        ),
        default=None,
    )


def test_every_fault_is_told_by_its_cause_within_a_day(month: Month) -> None:
    waits = [first_alarm(month, fault) for fault in (*FAULTS, LATE)]
    told = [wait for wait in waits if wait is not None]
    assert len(told) == len(FAULTS) + 1
    assert max(told) <= DAY
    assert sorted(told)[len(told) // 2] <= 2 * timedelta(minutes=CADENCE.every_minutes)


def test_hardly_any_alarm_is_false(month: Month) -> None:
    faults = [*FAULTS, LATE]
    false = Counter(
        opened.outlet
        for opened in month.opened
        if not any(
            (fault.outlet, fault.cause) == (opened.outlet, opened.cause)
            and fault.begins <= opened.at <= fault.ends + HOUR
            for fault in faults
        )
    )
    assert max(false.values(), default=0) <= 1, false


def test_articles_arrive_soon_for_half_of_the_requests(month: Month) -> None:
    well = [
        taken - published
        for published, taken in month.world.archived
        if published > START + 3 * DAY and not any(_near(published, fault) for fault in FAULTS)
    ]
    well.sort()
    assert well[len(well) // 2] <= 10 * MINUTE
    assert well[int(0.95 * len(well))] <= 30 * MINUTE
    listings = sum(2 * len(room.sections) + 1 for room in month.world.rooms)
    fixed = DAYS * 24 * 6 * listings
    assert month.world.requests <= fixed / 2


def _near(moment: datetime, fault: Fault) -> bool:
    return fault.begins - HOUR <= moment <= fault.ends


def test_the_same_seed_gives_the_same_month() -> None:
    def starts() -> list[Started]:
        month = Month(World(faults=()), CADENCE, looks=False)
        month._live(START, START + 2 * DAY)
        return month.started

    assert starts() == starts()
