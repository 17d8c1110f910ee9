"""What a crawl is asked to do, what it asks for, and when it stops asking."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import Headers
from scrapy.settings import Settings

from crawler.discover import Child
from crawler.families import FAMILIES, FAMILY_NAMES
from crawler.fetch.spiders.listings.listing_requests import (
    MAX_DEPTH,
    ListingRequest,
    child_period,
    child_requests,
    first_requests,
    next_page_request,
)
from crawler.fetch.spiders.listings.pending_validators import PendingValidators, conditional_headers
from crawler.fetch.spiders.loader import OutletLoader
from crawler.fetch.spiders.outlet import OutletSpider
from crawler.fetch.spiders.plan import Plan, parse_plan
from crawler.fetch.spiders.session import outlet_settings, replay_files
from crawler.outlets.model import Outlet, load_outlets
from crawler.page.urls import canonical_url
from crawler.shipped import shipped
from storage.archive import Archive
from storage.errors import CaptureError, UsageError
from storage.model.runs import Validator

OUTLETS = load_outlets(shipped("outlets"), FAMILY_NAMES)
EPI, MASTER = OUTLETS["tienphong"], OUTLETS["laodongthudo"]
FAMILY = FAMILIES["epi"]
NOW = datetime(2026, 9, 15, tzinfo=UTC)


# Plans


def test_a_plan_without_arguments_takes_what_the_file_says() -> None:
    plan = parse_plan(EPI, {})
    assert [s.slug for s in plan.sections] == [s.slug for s in EPI.sections if s.crawl]
    assert (plan.since, plan.until, plan.limit, plan.recrawl) == (None, None, None, False)
    assert not plan.is_bounded


def test_a_plan_s_arguments() -> None:
    given_words = {
        "section": "xa-hoi, nstd-moi-truong,xa-hoi",
        "since": "2026-07-01",
        "until": "2026-07-02T08:00:00+02:00",
        "limit": "5",
        "recrawl": "1",
    }
    plan = parse_plan(EPI, given_words)
    assert [s.slug for s in plan.sections] == ["xa-hoi", "nstd-moi-truong"]
    assert plan.since == datetime(2026, 6, 30, 17, tzinfo=UTC)
    assert plan.until == datetime(2026, 7, 2, 6, tzinfo=UTC)
    assert (plan.limit, plan.recrawl, plan.is_bounded) == (5, True, True)


@pytest.mark.parametrize(
    "words",
    [
        {"since": "yesterday"}, {"since": "2026-13-01"}, {"sitemaps": "1"},
        {"since": "0001-01-01"}, {"since": "0001-01-01T00:00+07:00"},
        {"since": "2026-07-02", "until": "2026-07-01"}, {"limit": "0"}, {"limit": "-1"},
        {"limit": "many"}, {"limit": "١"}, {"recrawl": "perhaps"}, {"section": "none"},
        {"colour": "red"},
    ],
)  # fmt: skip
def test_wrong_arguments_are_named(words: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        parse_plan(EPI, words)
    assert next(reversed(words)) in str(caught.value) or "section" in str(caught.value)
    assert "\n" not in str(caught.value)


# Which listings


def steps(outlet: Outlet, plan: Plan) -> list[ListingRequest]:
    return list(first_requests(outlet, plan, FAMILIES[outlet.family], NOW, trusts_known=True))


def test_each_section_s_feed_and_page_come_first() -> None:
    found = steps(EPI, Plan(EPI.sections[:1]))
    assert [(s.form, s.url) for s in found] == [
        ("feed", "https://tienphong.vn/rss/nhip-song-thu-do-242.rss"),
        ("html", "https://tienphong.vn/nhip-song-thu-do/"),
    ]
    first = next_page_request(found[1], EPI, FAMILY)
    assert first
    assert first.url == "https://api.tienphong.vn/api/morenews-zone-242-1.html?phrase="
    assert first.pagination is not found[1].pagination, "the API begins with what the page showed"
    second = next_page_request(first, EPI, FAMILY)
    assert second
    assert (second.url[-23:], second.pagination is first.pagination) == (
        "zone-242-2.html?phrase=",
        True,
    )
    assert next_page_request(found[0], EPI, FAMILY) is None
    assert [s.can_be_conditional for s in (*found, first)] == [True, True, False]


def test_mastercms_pages_by_its_page_size() -> None:
    found = steps(MASTER, Plan((MASTER.section("do-thi"),)))
    first = next_page_request(found[1], MASTER, FAMILIES["mastercms"])
    assert first
    assert first.url == "https://laodongthudo.vn/dan-sinh/do-thi&s_cond=&BRSR=15"
    second = next_page_request(first, MASTER, FAMILIES["mastercms"])
    assert second
    assert second.url.endswith("BRSR=30")


def test_sitemaps_are_read_only_where_asked_for() -> None:
    since = datetime(2026, 6, 30, 18, tzinfo=UTC)  # already July there
    asked = steps(EPI, Plan(EPI.sections[:1], since=since, sitemaps=True))
    urls = [s.url for s in asked if s.form == "sitemap"]
    assert urls == [f"https://tienphong.vn/sitemaps/news-2026-{month}.xml" for month in (9, 8, 7)]
    assert not [s for s in steps(EPI, Plan(EPI.sections, since=since)) if s.section is None]
    assert [s.url for s in steps(MASTER, Plan((), since=since, sitemaps=True))] == [
        "https://laodongthudo.vn/sitemap.xml"
    ]


def test_a_time_without_zone_is_the_outlet_s() -> None:
    plan = parse_plan(EPI, {"since": "2026-07-01T08:00"})
    assert plan.since == datetime(2026, 7, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "first", "end"),
    [
        ("sitemaps-2026-7-16-20.xml", "2026-07-16", "2026-07-21"),
        ("news-2026-9.xml", "2026-09-01", "2026-10-01"),
        ("sitemap-article-12-2025.xml", "2025-12-01", "2026-01-01"),
        ("2026-09-14.xml", "2026-09-14", "2026-09-15"),
    ],
)
def test_a_sitemap_s_name_speaks_of_days(name: str, first: str, end: str) -> None:
    period = child_period(f"https://a.vn/x/{name}")
    assert period
    assert [day.isoformat() for day in period] == [first, end]


@pytest.mark.parametrize(
    "name", ["categories.xml", "news-2026-13.xml", "s-2026-2-30-31.xml", "v12.xml"]
)
def test_other_names_do_not(name: str) -> None:
    assert child_period(f"https://a.vn/{name}") is None


def test_an_index_s_children_are_chosen_by_name_then_by_date() -> None:
    old = datetime(2011, 1, 1, tzinfo=UTC)
    children = tuple(
        Child(f"https://a.vn/{name}", date)
        for name, date in [
            ("maps-2026-7-1-5.xml", old),
            ("maps-2026-9-11-15.xml", old),  # the outlet dates every child 2011
            ("maps-2026-12-1-5.xml", old),
            ("plain.xml", NOW),
            ("old.xml", old),
            ("none.xml", None),
        ]
    )
    index = ListingRequest("https://a.vn/sitemap.xml", "sitemap")
    plan = Plan((), since=NOW - timedelta(days=5), until=NOW)
    wanted = child_requests(index, children, plan, NOW.date())
    assert [s.url for s in wanted] == [
        "https://a.vn/maps-2026-9-11-15.xml", "https://a.vn/plain.xml", "https://a.vn/none.xml",
    ]  # fmt: skip
    depth = 0
    while wanted:
        depth += 1
        wanted = child_requests(wanted[0], children, plan, NOW.date())
    assert depth == MAX_DEPTH, "indexes that hold each other come to an end"


def test_names_and_dates_that_tell_nothing_leave_no_child_out() -> None:
    def chosen(children: list[Child], since: datetime = NOW - timedelta(hours=36)) -> list[str]:
        index = ListingRequest("https://a.vn/sitemap.xml", "sitemap")
        plan = Plan((), since=since, until=NOW)
        found = child_requests(index, tuple(children), plan, NOW.date())
        return [one.url.rsplit("/", 1)[1] for one in found]

    old, day = datetime(2019, 1, 1, tzinfo=UTC), datetime(2026, 9, 13, tzinfo=UTC)
    same = [Child(f"https://a.vn/{n}.xml", old) for n in range(3)]
    assert len(chosen(same)) == 3, "one date for all is the date of none"
    assert chosen([*same, Child("https://a.vn/new.xml", NOW)]) == ["new.xml"]
    parts = [Child(f"https://a.vn/s-2026-{n}.xml") for n in range(1, 13)]
    assert len(chosen(parts)) == 12, "no month after next one has a sitemap"
    assert chosen(parts[:9]) == ["s-2026-9.xml"]
    changed = [Child("https://a.vn/s-2026-2.xml", NOW - timedelta(hours=1)), *same]
    assert chosen(changed) == ["s-2026-2.xml"], "changed within the window, whatever its name"
    dated = [Child("https://a.vn/day.xml", day, is_day=True), *same]
    assert chosen(dated) == ["day.xml"], "its day reaches into the window"
    assert chosen(dated, NOW - timedelta(hours=23)) == []


# Conditional requests


def before(back: timedelta) -> datetime:
    return NOW - back


def test_a_validator_waits_for_all_articles(sqlite_archive: Archive) -> None:
    validators = PendingValidators(sqlite_archive, lambda: NOW, timedelta(hours=24))
    headers = Headers({"ETag": '"1"', "Last-Modified": "yesterday"})
    for key in "abc":
        validators.open(key)
    validators.expect("https://a.vn/1", headers, ["a", "b", "known"])
    validators.expect("https://a.vn/2", headers, ["c"])
    validators.expect("https://a.vn/none", Headers({}), [])
    validators.resolve("a", is_ok=True)
    assert validators.usable("https://a.vn/1") is None
    validators.resolve("b", is_ok=True)
    validators.resolve("c", is_ok=False)
    validator = Validator("https://a.vn/1", '"1"', "yesterday", NOW)
    assert validators.usable("https://a.vn/1") == validator
    assert validators.usable("https://a.vn/2") is None
    validators.expect("https://a.vn/3", headers, ["c"])
    assert validators.usable("https://a.vn/3") is None
    later = PendingValidators(
        sqlite_archive, lambda: NOW + timedelta(hours=25), timedelta(hours=24)
    )
    assert later.usable("https://a.vn/1") is None
    for back, wanted in ((timedelta(minutes=1), validator), (timedelta(days=300), None)):
        set_back = PendingValidators(sqlite_archive, partial(before, back), timedelta(hours=24))
        assert set_back.usable("https://a.vn/1") == wanted
    assert conditional_headers(validator) == {
        "If-None-Match": '"1"',
        "If-Modified-Since": "yesterday",
    }
    assert conditional_headers(None) == {}


EVENTS = st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans()), max_size=12)


@given(needed=st.sets(st.sampled_from("abcdef")), events=EVENTS)
def test_no_validator_is_saved_before_its_articles(
    needed: set[str], events: list[tuple[str, bool]]
) -> None:
    saved: list[Validator] = []

    class Keeps:
        def save_validators(self, validators: list[Validator]) -> None:
            saved.extend(validators)

    keeps: Any = SimpleNamespace(links=Keeps())
    validators = PendingValidators(keeps, lambda: NOW, timedelta(hours=1))
    for key in "abcdef":
        validators.open(key)
    validators.expect("https://a.vn/", Headers({"ETag": "1"}), needed)
    good: set[str] = set()
    failed: set[str] = set()
    for key, well in events:
        if key not in good | failed:
            (good if well else failed).add(key)
            validators.resolve(key, is_ok=well)
    assert bool(saved) == (needed <= good)


# Classes and settings


def test_one_class_an_outlet_file(tmp_path: Path) -> None:
    loader = OutletLoader.from_settings(Settings({"TINQUAN_OUTLETS": [str(shipped("outlets"))]}))
    assert loader.list() == sorted(OUTLETS)
    spider = loader.load("tienphong")
    assert issubclass(spider, OutletSpider)
    assert (spider.name, spider.outlet, spider.family) == ("tienphong", EPI, FAMILY)
    assert loader.find_by_request(Request("https://www.tienphong.vn/x")) == ["tienphong"]
    assert loader.find_by_request(Request("https://elsewhere.vn/x")) == []
    with pytest.raises(KeyError, match=r"there are: .*laodongthudo, .*tienphong"):
        loader.load("nowhere")
    assert canonical_url("https://www.tienphong.vn") == "https://tienphong.vn/"


def test_an_outlet_s_politeness_and_a_replay_s() -> None:
    polite = outlet_settings(EPI, Settings({}))
    assert polite == {"DOWNLOAD_DELAY": 2.0, "DOWNLOAD_DELAY_JITTER": 0.5}
    replay = outlet_settings(EPI, Settings({"TINQUAN_REPLAY": ["a"]}))
    assert (replay["DOWNLOAD_DELAY"], replay["RETRY_ENABLED"]) == (0, False)
    assert replay["DOWNLOAD_HANDLERS"]["https"] == "crawler.fetch.middlewares.replay.ReplayHandler"


@pytest.mark.parametrize(
    ("value", "names"),
    [(None, []), (["a,b", "c"], ["a,b", "c"]), ('["a,b"]', ["a,b"]), ("a,b", ["a", "b"])],
)
def test_a_replay_s_files(value: object, names: list[str]) -> None:
    assert [str(f) for f in replay_files(Settings({"TINQUAN_REPLAY": value}))] == names


def test_a_broken_list_of_files_is_said() -> None:
    with pytest.raises(CaptureError, match="is not a JSON list"):
        replay_files(Settings({"TINQUAN_REPLAY": "[a"}))
