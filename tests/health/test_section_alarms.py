"""A section that fails while others work: told by the runs that asked it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from crawler.health.rules import findings_of
from storage.model.alarms import Cause, Finding
from storage.model.runs import Outcome, Run, RunCounts
from tests.health.test_alarms import HALF_HOUR, MONITORED, NOW, ran

QUARTER = timedelta(minutes=15)
DEAD = "https://baothu.vn/chet.html"


def of(section: str, run: Run, url: str = DEAD) -> Run:
    """Return a run of one section only, with its listing as evidence."""
    evidence: dict[str, tuple[str, ...]] = dict.fromkeys(run.evidence, (url,))
    return replace(run, id=f"{section}-{run.id}", sections=(section,), evidence=evidence)


def gave(run: Run, *sections: str) -> Run:
    """Return the run with links from its sections; those of `sections` only were asked."""
    signals = dict(run.counts.signals)
    for name in run.sections:
        signals[f"asked_of/{name}"] = 1
        signals[f"links_of/{name}"] = 20 if name in sections else 0
    return replace(run, counts=replace(run.counts, signals=signals))


def well(ago: timedelta, section: str = "thoi-su") -> Run:
    return gave(of(section, ran(ago, newest=timedelta(minutes=5), articles=1)), section)


def failing(ago: timedelta, **signals: int) -> Run:
    run = ran(ago, Outcome.FAILED, "baothu.vn: x", None, **signals)
    return of("chet", replace(run, counts=RunCounts(requested=3, signals=signals)))


def in_turn(number: int, **signals: int) -> list[Run]:
    """Return runs, newest first: one of a section that works, one of a dead section, …"""
    pairs = (
        (well(HALF_HOUR * n), failing(HALF_HOUR * n + QUARTER, **signals)) for n in range(number)
    )
    return [run for pair in pairs for run in pair]


def findings(runs: Sequence[Run]) -> list[Finding]:
    return findings_of(MONITORED, runs, NOW)


@pytest.mark.parametrize(
    ("signals", "cause"),
    [
        ({}, Cause.FAILING),
        ({"no_links": 1}, Cause.NO_LINKS),
        ({"robots": 1}, Cause.ROBOTS),
        ({"unreachable": 1}, Cause.UNREACHABLE),
        ({"timeouts": 2}, Cause.TIMEOUTS),
        ({"blocked": 1}, Cause.BLOCKED),
    ],
)
def test_a_dead_section_is_told_while_another_works(signals: dict[str, int], cause: Cause) -> None:
    (found,) = findings(in_turn(240, **signals))
    assert (found.cause, found.outlet) == (cause, "baothu")
    assert "section chet" in found.summary
    (soon,) = findings(in_turn(3, **signals))
    assert soon.cause is cause
    assert findings(in_turn(1, **signals)) == []
    ended = well(timedelta(0), "chet")
    assert findings([ended, *in_turn(240, **signals)]) == [], "it is over with its next good run"


def test_two_dead_sections_of_one_cause_are_one_finding() -> None:
    other = "https://baothu.vn/cung-chet.html"
    runs = [
        run
        for n in range(5)
        for run in (
            well(HALF_HOUR * n),
            failing(HALF_HOUR * n + QUARTER / 2, no_links=1),
            of("cung-chet", ran(HALF_HOUR * n + QUARTER, no_links=1), other),
        )
    ]
    (found,) = findings(runs)
    assert (found.cause, set(found.evidence)) == (Cause.NO_LINKS, {DEAD, other})


def test_an_outage_of_the_host_is_over_when_any_section_is_well() -> None:
    down = [failing(QUARTER * n, unreachable=1) for n in (3, 2)]
    assert [one.cause for one in findings([*reversed(down), well(4 * QUARTER)])] == [
        Cause.UNREACHABLE
    ]
    assert findings([well(timedelta(0)), *reversed(down), well(4 * QUARTER)]) == []


def test_a_section_that_is_asked_no_more_is_left_alone() -> None:
    old = [failing(timedelta(days=3) + QUARTER * n, no_links=1) for n in range(20)]
    assert findings([*[well(HALF_HOUR * n) for n in range(100)], *old]) == []


def test_a_section_crawled_every_other_day_is_still_asked() -> None:
    rare = [failing(timedelta(days=2 * n + 1), no_links=1) for n in range(3)]
    daily = [well(timedelta(hours=12 * n, minutes=1)) for n in range(20)]
    runs = sorted([*rare, *daily], key=lambda run: run.started_at, reverse=True)
    assert [one.cause for one in findings(runs)] == [Cause.NO_LINKS]


def whole(ago: timedelta, *giving: str) -> Run:
    """Return a run of the outlet's three sections, of which some gave links."""
    run = replace(ran(ago, articles=1), sections=("chet", "thoi-su", "xa-hoi"))
    return gave(run, *giving)


def test_a_section_that_never_gave_a_link_is_named_within_a_day() -> None:
    day = [whole(HALF_HOUR * n, "thoi-su", "xa-hoi") for n in range(48)]
    (found,) = findings(day)
    assert (found.cause, found.evidence) == (Cause.NO_LINKS, ("chet",))
    assert found.summary == "baothu: no link ever came from chet"
    assert [one.cause for one in findings(day[:2])] == [Cause.NO_LINKS]
    assert findings(day[:1]) == []
    once = [*day, whole(timedelta(days=2), "chet", "thoi-su", "xa-hoi")]
    assert findings(once) == [], "it has given links before: other rules judge it"


def test_runs_that_did_not_count_by_section_say_nothing_of_links() -> None:
    before = [replace(ran(HALF_HOUR * n), sections=("thoi-su", "chet")) for n in range(48)]
    assert findings(before) == []


def test_a_section_that_cannot_be_asked_is_not_silent() -> None:
    shown = {"chet": NOW - timedelta(days=9)}
    daily = [
        replace(
            of("chet", ran(timedelta(days=n))), newest_by_section={"chet": NOW - timedelta(days=n)}
        )
        for n in range(9, 30)
    ]
    cut = [replace(failing(HALF_HOUR), newest_by_section=shown)]
    assert findings([well(timedelta(0)), *cut, *daily]) == []
