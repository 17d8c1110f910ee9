"""From runs to causes: what each rule tells, when, and what it leaves alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawler.health.rules import MonitoredOutlet, disk_findings, findings_of, late_findings
from crawler.health.signals import HealthSignal, signals_of
from storage.model.alarms import Cause, Finding
from storage.model.articles import RefusalReason
from storage.model.runs import Outcome, Run, RunCounts
from tests.support.samples import article, refusal

NOW = datetime(2026, 9, 14, 12, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
MONITORED = MonitoredOutlet("baothu", "epi", HALF_HOUR)
URL = "https://baothu.vn/thoi-su.html"


def ran(
    ago: timedelta,
    outcome: Outcome = Outcome.DONE,
    error: str | None = None,
    newest: timedelta | None = None,
    **signals: int,
) -> Run:
    """Return a run that began `ago` before NOW. newest: age of the newest article shown then."""
    begun = NOW - ago
    return Run(
        id=f"r{ago}",
        outlet="baothu",
        started_at=begun,
        ended_at=begun + timedelta(minutes=1),
        outcome=outcome,
        error=error,
        counts=RunCounts(requested=10, fetched=10, signals={"listings": 1, **signals}),
        evidence=dict.fromkeys(signals, (URL,)),
        newest_by_section={} if newest is None else {"thoi-su": begun - newest},
    )


def one(signal: str, count: int) -> Any:
    """Return the words of `ran` for one sign."""
    return {signal: count}


def cut(ago: timedelta, signal: str, error: str) -> Run:
    """Return a run that never came to read a listing."""
    run = ran(ago, Outcome.FAILED, error, **one(signal, 1))
    return replace(run, counts=RunCounts(requested=1, signals={signal: 1}))


def healthy(
    days: float = 30, every: timedelta = HALF_HOUR, from_: timedelta = HALF_HOUR
) -> list[Run]:
    """Return runs of a healthy outlet, newest first: an article each, new each time."""
    number = int(timedelta(days=days) / every)
    return [
        ran(from_ + every * step, newest=timedelta(minutes=5), articles=1) for step in range(number)
    ]


def causes(
    runs: Sequence[Run], monitored: MonitoredOutlet = MONITORED, now: datetime = NOW
) -> list[Cause]:
    return [finding.cause for finding in findings_of(monitored, runs, now)]


def only(runs: Sequence[Run], now: datetime = NOW) -> Finding:
    (finding,) = findings_of(MONITORED, runs, now)
    return finding


def test_a_healthy_month_raises_nothing() -> None:
    assert causes(healthy()) == []
    assert causes([]) == []


@pytest.mark.parametrize(
    ("signal", "cause"),
    [
        ("unreachable", Cause.UNREACHABLE),
        ("timeouts", Cause.TIMEOUTS),
        ("robots", Cause.ROBOTS),
        ("blocked", Cause.BLOCKED),
    ],
)
def test_two_crawls_cut_off_in_a_row_are_told_with_their_cause(signal: str, cause: Cause) -> None:
    first, second = cut(2 * HALF_HOUR, signal, "why"), cut(HALF_HOUR, signal, "why not")
    before = healthy(from_=3 * HALF_HOUR)
    assert causes([first, *before], now=NOW - HALF_HOUR) == []
    found = only([second, first, *before])
    assert (found.cause, found.outlet, found.since) == (cause, "baothu", first.started_at)
    assert "2 crawls in a row" in found.summary
    assert found.summary.endswith("the last one said: why not")
    assert found.evidence == (URL,)
    assert causes([ran(timedelta(0)), second, first, *before]) == []


@pytest.mark.parametrize(
    ("signals", "cause"),
    [
        (("timeouts", "unreachable", "unreachable"), Cause.TIMEOUTS),
        (("unreachable", "timeouts"), Cause.UNREACHABLE),
        (("unreachable", "timeouts", "unreachable", "timeouts"), Cause.UNREACHABLE),
    ],
)
def test_one_outage_is_one_alarm_however_it_looks(signals: tuple[str, ...], cause: Cause) -> None:
    outage = [cut(HALF_HOUR * (9 - n), one, "why") for n, one in enumerate(signals)]
    for end in range(2, len(outage) + 1):
        found = only([*reversed(outage[:end]), *healthy(from_=10 * HALF_HOUR)])
        assert (found.cause, found.since) == (cause, outage[0].started_at)
    blocked = cut(timedelta(0), "blocked", "403")
    assert causes([blocked, *reversed(outage)]) == [cause]
    assert causes([blocked, blocked, *reversed(outage)]) == [Cause.BLOCKED]  # that is another


def test_an_outlet_crawled_twice_a_day_is_told_after_one_crawl() -> None:
    rare = MonitoredOutlet("baothu", "epi", timedelta(hours=12))
    assert causes([cut(HALF_HOUR, "unreachable", "x"), *healthy(from_=HALF_HOUR * 2)], rare) == [
        Cause.UNREACHABLE
    ]


def test_a_share_of_blocked_requests_is_a_block() -> None:
    some = [ran(HALF_HOUR * n, blocked=2) for n in (1, 2)]
    much = [ran(HALF_HOUR * n, blocked=3) for n in (1, 2)]
    assert causes(some) == []
    assert causes(much) == [Cause.BLOCKED]


def test_runs_that_ran_out_of_time_are_time_outs() -> None:
    assert causes([ran(HALF_HOUR * n, Outcome.TIMED_OUT) for n in (1, 2)]) == [Cause.TIMEOUTS]


def test_listings_without_links_are_named() -> None:
    runs = [ran(HALF_HOUR * n, no_links=1) for n in (1, 2)]
    assert only([*runs, *healthy()]).cause is Cause.NO_LINKS
    assert only(runs).evidence == (URL,)
    other = replace(runs[1], evidence={"no_links": ("https://baothu.vn/khac",)})
    assert causes([runs[0], other]) == []
    unchanged = replace(
        ran(timedelta(0)), counts=RunCounts(requested=2, signals={"unchanged_listings": 1})
    )
    assert causes([unchanged, *runs]) == [Cause.NO_LINKS]


@pytest.mark.parametrize("signal", ["no_body", "no_title", "no_time", "foreign_family"])
def test_a_broken_template_is_told_after_a_few_articles(signal: str) -> None:
    broken = ran(HALF_HOUR, newest=HALF_HOUR, articles=3, **one(signal, 3))
    found = only([broken, *healthy(from_=2 * HALF_HOUR)])
    assert found.cause is Cause.TEMPLATE
    assert "in 3 of 3 articles (before: 2%)" in found.summary
    assert found.evidence == (URL,)
    well = ran(timedelta(0), newest=HALF_HOUR, articles=3)
    assert causes([well, broken, *healthy(from_=2 * HALF_HOUR)]) == []


def test_one_odd_article_is_no_broken_template() -> None:
    odd = ran(HALF_HOUR, newest=HALF_HOUR, articles=3, no_authors=1, no_time=1)
    assert causes([odd, *healthy(from_=2 * HALF_HOUR)]) == []


def test_missing_authors_are_compared_with_what_is_usual() -> None:
    usual = [ran(HALF_HOUR * n, articles=10, no_authors=5) for n in range(20, 120)]
    few = [ran(HALF_HOUR, articles=10, no_authors=8)]
    many = [ran(HALF_HOUR * n, articles=10, no_authors=10) for n in (1, 2)]
    assert causes([*few, *usual]) == []
    assert causes([*many, *usual]) == [Cause.TEMPLATE]


def test_a_break_that_lasted_a_month_is_still_told() -> None:
    long = [ran(HALF_HOUR * n, newest=HALF_HOUR, articles=1, no_title=1) for n in range(1, 1500)]
    assert causes(long) == [Cause.TEMPLATE]


def test_silence_is_measured_by_the_sections_own_rhythm() -> None:
    daily = [ran(timedelta(days=n), newest=timedelta(hours=1)) for n in range(2, 30)]
    last = [ran(HALF_HOUR, newest=timedelta(days=2))]
    found = only([*last, *daily], NOW)
    assert found.cause is Cause.FEED_SILENT
    assert found.evidence == ("thoi-su",)
    assert "24 h" in found.summary
    assert causes([ran(HALF_HOUR, newest=timedelta(days=1)), *daily]) == []
    weekly = [ran(timedelta(days=7 * n), newest=timedelta(hours=1)) for n in range(1, 5)]
    assert causes([ran(HALF_HOUR, newest=timedelta(days=7)), *weekly]) == []


def test_an_outlet_that_cannot_be_asked_is_not_silent() -> None:
    daily = [ran(timedelta(days=n), newest=timedelta(hours=1)) for n in range(3, 30)]
    assert causes([cut(HALF_HOUR, "unreachable", "x"), *daily]) == []


def test_crashes_have_a_cause_of_their_own() -> None:
    crashed = [ran(HALF_HOUR * n, Outcome.DIED, "killed") for n in (1, 2, 3)]
    assert causes(crashed[:2]) == []
    assert only(crashed).cause is Cause.FAILING
    assert "killed" in only(crashed).summary


def test_replays_and_stopped_runs_say_nothing() -> None:
    replay = replace(cut(HALF_HOUR, "unreachable", "x"), replay=True)
    stopped = replace(cut(HALF_HOUR, "unreachable", "x"), outcome=Outcome.STOPPED)
    assert causes([replay, stopped, replay, stopped]) == []


def test_what_the_schedule_owes() -> None:
    began = NOW - timedelta(days=1)
    monitored = [
        MONITORED,
        MonitoredOutlet("kia", "epi", HALF_HOUR),
        MonitoredOutlet("nua", "epi", HALF_HOUR),
    ]
    started = {"baothu": NOW - timedelta(hours=3), "kia": NOW - HALF_HOUR}
    found = late_findings(monitored, started, NOW, since=began)
    assert [(each.cause, each.outlet) for each in found] == [
        (Cause.NEVER_RAN, "nua"),
        (Cause.SCHEDULER_LATE, None),
    ]
    assert found[1].evidence == ("baothu",)
    assert found[1].since == NOW - timedelta(hours=2.5)
    assert late_findings([MONITORED], {}, NOW, since=NOW - HALF_HOUR) == []


def test_a_full_disk() -> None:
    (found,) = disk_findings("/data", 4 << 28, 500 << 30, NOW)
    assert (found.cause, found.outlet, found.evidence) == (Cause.DISK, None, ("/data",))
    assert disk_findings("/data", 60 << 30, 500 << 30, NOW) == []
    assert disk_findings("/data", 1 << 29, 8 << 30, NOW) != []


def test_what_a_page_shows() -> None:
    whole = article(authors=("Lan",))
    assert list(signals_of(whole)) == [HealthSignal.ARTICLES]
    note = "family: configured onecms, read as epi"
    bare = article(title="", published_at=None, blocks=(), notes=(note,))
    assert set(signals_of(bare)) == {
        HealthSignal.ARTICLES,
        HealthSignal.NO_BODY,
        HealthSignal.NO_TITLE,
        HealthSignal.NO_TIME,
        HealthSignal.NO_AUTHORS,
        HealthSignal.FOREIGN_FAMILY,
    }
    assert list(signals_of(article(credit="TTXVN"))) == [HealthSignal.ARTICLES]
    assert list(signals_of(refusal(reason=RefusalReason.EMPTY))) == [
        HealthSignal.ARTICLES,
        HealthSignal.NO_BODY,
    ]
    assert list(signals_of(refusal(reason=RefusalReason.VIDEO))) == []
    assert list(signals_of(refusal(reason=RefusalReason.BLOCKED))) == [HealthSignal.BLOCKED]
    gone = replace(refusal(reason=RefusalReason.HTTP_ERROR), evidence="HTTP status 503")
    assert list(signals_of(gone)) == [HealthSignal.UNREACHABLE]
