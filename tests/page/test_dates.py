"""Dates: every form in use, and which of several is believed."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.page.dates import (
    DateCandidate,
    DateChoice,
    choose_date,
    parse_date,
    read_stamp,
    url_stamp,
)
from storage.model.json import LOCAL

FETCHED = datetime(2026, 11, 20, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-10-09T17:55:47+0700", "2025-10-09T17:55:47+07:00"),
        ("2026-01-28T06:52:01+07:00", "2026-01-28T06:52:01+07:00"),
        ("2026-03-07T08:52:11.000 +07:00", "2026-03-07T08:52:11+07:00"),
        ("2026-03-07T08:01+07", "2026-03-07T08:01:00+07:00"),
        ("2026-03-07T01:00:00Z", "2026-03-07T01:00:00+00:00"),
        ("2026-03-07T08:01:53", "2026-03-07T08:01:53+07:00"),
        ("2026-03-07 08:07", "2026-03-07T08:07:00+07:00"),
        ("2026-01-08", "2026-01-08T00:00:00+07:00"),
        ("1/28/2026 6:52:01 AM", "2026-01-28T06:52:01+07:00"),
        ("9/3/2026 6:44:00 PM", "2026-09-03T18:44:00+07:00"),
        ("07-03-2026 - 00:01 AM", "2026-03-07T00:01:00+07:00"),
        ("07/03/2026 - 08:15 PM", "2026-03-07T20:15:00+07:00"),
        ("20/1/2025 8:00:00 SA", "2025-01-20T08:00:00+07:00"),
        ("20/1/2025 8:00:00 CH", "2025-01-20T20:00:00+07:00"),
        ("Thứ tư, 22/10/2025, 19:25 (GMT+7)", "2025-10-22T19:25:00+07:00"),
        ("07/03/2026 08:52 (GMT+07:00)", "2026-03-07T08:52:00+07:00"),
        ("07/03/2026 08:06 GMT+7", "2026-03-07T08:06:00+07:00"),
        ("09:00 | 10/03/2021", "2021-03-10T09:00:00+07:00"),
        ("Cập nhật: 13:05 07/03/2026", "2026-03-07T13:05:00+07:00"),
        ("28/01/2026 - 06:52", "2026-01-28T06:52:00+07:00"),
        ("28/01/2026 -06:52", "2026-01-28T06:52:00+07:00"),
        ("ngày 7 tháng 3 năm 2026, 8h06", "2026-03-07T08:06:00+07:00"),
        ("7/3/26 8:06", "2026-03-07T08:06:00+07:00"),
        ("Mon, 14 Sep 2026 14:54:42 +07:00", "2026-09-14T14:54:42+07:00"),
        ("Sat, 07 Mar 26 08:01:00 GMT+7", "2026-03-07T08:01:00+07:00"),
        ("Mon, 14 Sep 2026 07:54:42 GMT", "2026-09-14T07:54:42+00:00"),
        ("1761135952", "2025-10-22T12:25:52+00:00"),
        ("1761135952000", "2025-10-22T12:25:52+00:00"),
        ("31/12/2023 12:00 AM", "2023-12-31T00:00:00+07:00"),
        ("2026-09-14 01:00:00 Z", "2026-09-14T01:00:00+00:00"),
        ("Mon, 14 Sep 2026 01:00:00 UT", "2026-09-14T01:00:00+00:00"),
        ("Mon, 14 Sep 2026 01:00:00 EST", "2026-09-14T06:00:00+00:00"),
        ("Mon, 14 Sep 2026 01:00:00 PDT", "2026-09-14T08:00:00+00:00"),
        ("Mon, 14 Sep 2026 01:00:00 cst", "2026-09-14T07:00:00+00:00"),
        ("2026-09-14 24:00:00", "2026-09-15T00:00:00+07:00"),
        ("31/12/2025 24:00", "2026-01-01T00:00:00+07:00"),
        ("11/03/2026 03:04 chiều", "2026-03-11T15:04:00+07:00"),
        ("11/03/2026 08:05 tối", "2026-03-11T20:05:00+07:00"),
        ("11/03/2026 08:05 sáng", "2026-03-11T08:05:00+07:00"),
        ("11/03/2026 12:05 trưa", "2026-03-11T12:05:00+07:00"),
        ("11/03/2026 1h30 trưa", "2026-03-11T13:30:00+07:00"),
        ("11/03/2026 11:15 đêm", "2026-03-11T23:15:00+07:00"),
    ],
)
def test_reads_every_form(text: str, expected: str) -> None:
    assert parse_date(text) == utc(expected)


@pytest.mark.parametrize(
    "text",
    ["", "hôm nay 08:00", "17 phút trước", "30/02/2026 10:00", "13.500.000", "2026", "08:00",
     "32/13/2026", "0123456789", "x" * 400 + " 07/03/2026", "1/1/0001"],
)  # fmt: skip
def test_reads_no_date_where_there_is_none(text: str) -> None:
    assert parse_date(text) is None


def test_zone_of_outlet_is_used_where_none_is_given() -> None:
    assert parse_date("2026-03-07 08:00", zone=UTC) == utc("2026-03-07T08:00:00+00:00")


@given(
    st.dates(date(1998, 1, 1), date(2099, 12, 31)),
    st.times().map(lambda t: t.replace(microsecond=0)),
)
def test_iso_times_survive(day: date, clock: time) -> None:
    local = datetime.combine(day, clock, timezone(timedelta(hours=7)))
    for text in (local.isoformat(), local.strftime("%Y-%m-%dT%H:%M:%S%z")):
        assert parse_date(text) == local


@given(
    st.dates(date(1998, 1, 1), date(2099, 12, 31)),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    st.sampled_from(
        ["{d:%d/%m/%Y} {t:%H:%M}", "{t:%H:%M} | {d:%d/%m/%Y}", "{d:%d-%m-%Y}, {t:%Hh%M}"]
    ),
)
def test_printed_times_survive(day: date, clock: time, form: str) -> None:
    expected = datetime.combine(day, clock, LOCAL)
    assert parse_date(form.format(d=day, t=clock)) == expected


@given(st.text(max_size=400))
def test_no_text_breaks_the_reader(text: str) -> None:
    stamp = read_stamp(text)
    assert stamp is None or stamp.at.tzinfo is UTC


def _choose(*candidates: tuple[str, str], created_at: datetime | None = None) -> DateChoice:
    return choose_date(
        [DateCandidate(raw, rule) for raw, rule in candidates],
        fetched_at=FETCHED,
        created_at=created_at,
    )


def test_first_candidate_is_believed() -> None:
    choice = _choose(("2026-03-07T08:00:05+07:00", "jsonld"), ("07/03/2026 09:00", "page"))
    assert (choice.at, choice.raw, choice.rule) == (
        utc("2026-03-07T08:00:05+07:00"),
        "2026-03-07T08:00:05+07:00",
        "jsonld",
    )


def test_day_waits_for_a_time_of_the_same_day() -> None:
    choice = _choose(("2026-01-08", "jsonld"), ("08/01/2026 - 18:21", "page:.pubdate"))
    assert choice.at == utc("2026-01-08T18:21:00+07:00")
    assert choice.rule == "page:.pubdate"


def test_day_without_any_time_says_so() -> None:
    choice = _choose(("2026-01-08", "jsonld"), ("09/01/2026 - 18:21", "page:.date"))
    assert choice.at == utc("2026-01-08T00:00:00+07:00")
    assert choice.rule == "jsonld:day"


def test_day_printed_in_the_head_of_a_page_gives_way_to_a_time() -> None:
    choice = _choose(("Thứ sáu, 20/11/2026", "page:.date"), ("14:05 | 09/11/2026", "page:span"))
    assert choice.at == utc("2026-11-09T14:05:00+07:00")


def test_time_cut_to_minutes_is_completed() -> None:
    choice = _choose(("2026-03-07T08:01:00+07:00", "jsonld"), ("2026-03-07T08:01:53+07:00", "meta"))
    assert choice.at == utc("2026-03-07T08:01:53+07:00")


def test_false_zone_gives_way_to_what_the_page_prints() -> None:
    choice = _choose(
        ("2019-05-20T17:34:20+08:00", "meta"), ("Thứ hai, 20/5/2019, 17:34 (GMT+7)", "page:.date")
    )
    assert choice.at == utc("2019-05-20T17:34:20+07:00")
    assert choice.rule == "meta:zone"


def test_foreign_zone_alone_is_believed() -> None:
    assert _choose(("2019-05-20T17:34:20+08:00", "meta")).at == utc("2019-05-20T17:34:20+08:00")


def test_future_candidate_is_passed_over() -> None:
    choice = _choose(("2027-01-01T00:00:00+07:00", "jsonld"), ("19/11/2026 07:00", "page"))
    assert choice.at == utc("2026-11-19T07:00:00+07:00")


def test_only_future_dates_give_none_and_name_the_first() -> None:
    choice = _choose(("2027-01-01T00:00:00+07:00", "jsonld"))
    assert choice.at is None
    assert choice.future == DateCandidate("2027-01-01T00:00:00+07:00", "jsonld")


@pytest.mark.parametrize(
    ("printed", "expected"),
    [  # FETCHED is 07:00 in the outlet's zone
        ("2026-11-20T06:30:00Z", "2026-11-20T06:30:00+07:00"),
        ("2026-11-20 06:30:05 UTC", "2026-11-20T06:30:05+07:00"),
        ("Fri, 20 Nov 2026 06:59:00 GMT", "2026-11-20T06:59:00+07:00"),
        ("2026-11-20T02:00:00-05:00", "2026-11-20T02:00:00+07:00"),
        ("2026-11-20T07:10:00.000Z", "2026-11-20T07:10:00+07:00"),  # our clocks differ, too
    ],
)
def test_a_future_time_that_is_past_in_the_outlet_s_zone_is_read_so(
    printed: str, expected: str
) -> None:
    choice = _choose((printed, "jsonld"), ("20/11/2026 01:00", "page"))
    assert (choice.at, choice.raw, choice.rule) == (utc(expected), printed, "jsonld:zone")
    assert choice.future == DateCandidate(printed, "jsonld")


@pytest.mark.parametrize(
    "printed", ["2026-11-20T09:00:00Z", "2026-11-20T09:00:00+07:00", "20/11/2026 09:00"]
)
def test_a_time_that_is_future_in_any_zone_stays_one(printed: str) -> None:
    assert _choose((printed, "jsonld")).at is None


def test_a_time_that_a_false_zone_would_put_before_its_creation_is_passed_over() -> None:
    created = utc("2026-11-22T00:00:00+07:00")
    assert _choose(("2026-11-20T06:30:00Z", "jsonld"), created_at=created).at is None


def test_clocks_may_differ_by_minutes() -> None:
    soon = (FETCHED + timedelta(minutes=10)).isoformat()
    assert _choose((soon, "jsonld")).at == FETCHED + timedelta(minutes=10)


def test_article_is_not_published_before_it_was_created() -> None:
    created = url_stamp("https://tuoitre.vn/bai-20260307075519174.htm")
    assert created == utc("2026-03-07T07:55:19+07:00")
    choice = _choose(
        ("2020-01-01T08:00:00+07:00", "jsonld"), ("07/03/2026 08:01", "page"), created_at=created
    )
    assert choice.at == utc("2026-03-07T08:01:00+07:00")


@pytest.mark.parametrize(
    "url", ["https://a.vn/x-post1.html", "https://a.vn/20261399075519174.htm", "https://a.vn/"]
)
def test_addresses_without_a_time(url: str) -> None:
    assert url_stamp(url) is None
