"""Where a backfill begins, what of it is left, and what sitemaps promise. No network."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crawler.discover import DiscoveryResult, Link
from crawler.families import FAMILIES, FAMILY_NAMES, GENERIC
from crawler.fetch.spiders.listings.backfill import Backfill, backfill_requests, window_of
from crawler.fetch.spiders.listings.listing_requests import ListingRequest, promised_day
from crawler.fetch.spiders.listings.pending_validators import PendingValidators
from crawler.fetch.spiders.plan import Plan, parse_plan
from crawler.outlets.model import Outlet, load_outlets
from crawler.shipped import shipped
from storage.archive import Archive
from storage.errors import UsageError

OUTLETS = load_outlets(shipped("outlets"), FAMILY_NAMES)
EPI = OUTLETS["tienphong"]
MASTER = OUTLETS["laodongthudo"].model_copy(update={"sitemap": None, "page_size": 15})
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def plan_of(outlet: Outlet, since: str, until: str, **words: str) -> Plan:
    return parse_plan(outlet, {"since": since, "until": until, "backfill": "1", **words})


def begins(outlet: Outlet, plan: Plan) -> list[ListingRequest]:
    return list(backfill_requests(outlet, FAMILIES[outlet.family], plan))


def test_sitemaps_come_first_in_the_order_asked_for() -> None:
    plan = plan_of(EPI, "2026-07-15", "2026-10-01")
    newest = [listing.url[-15:] for listing in begins(EPI, plan)]
    assert newest == [f"news-2026-{month}.xml" for month in (9, 8, 7)], (
        "October is not the window's"
    )
    oldest = begins(EPI, replace(plan, oldest_first=True))
    assert [listing.url[-15:] for listing in oldest] == newest[::-1]


def test_day_archives_come_before_paging() -> None:
    plan = plan_of(MASTER, "2026-08-30", "2026-09-02", section="do-thi")
    found = begins(MASTER, plan)
    url = "https://laodongthudo.vn/dan-sinh/do-thi&fv={}&s_cond=&BRSR=0"
    assert [listing.url for listing in found] == [
        url.format(day) for day in ("2026-09-01", "2026-08-31", "2026-08-30")
    ]
    assert [listing.day for listing in begins(MASTER, replace(plan, oldest_first=True))] == [
        date(2026, 8, 30),
        date(2026, 8, 31),
        date(2026, 9, 1),
    ]


def test_paging_is_the_last_way() -> None:
    outlet = EPI.model_copy(update={"sitemap": None})
    found = begins(outlet, plan_of(outlet, "2026-08-30", "2026-09-02"))
    assert [listing.url for listing in found] == [
        f"https://tienphong.vn{section.path}" for section in outlet.sections if section.crawl
    ]
    assert all(listing.pagination and not listing.pagination.trusts_known for listing in found)
    nowhere = outlet.model_copy(update={"family": "generic"})
    assert (
        list(backfill_requests(nowhere, GENERIC, plan_of(nowhere, "2026-08-30", "2026-09-02")))
        == []
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"backfill": "1", "since": "2026-08-01"}, "say since when and until when"),
        ({"backfill": "yes please"}, "backfill: 'yes please' is neither 1 nor 0"),
        ({"budget": "-3"}, "budget: '-3' is not a whole number"),
    ],
)
def test_wrong_words_are_named(words: dict[str, str], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parse_plan(EPI, words)


class Tale:
    """A backfill with its validators, on a real archive."""

    def __init__(self, archive: Archive, outlet: Outlet, plan: Plan):
        self.validators = PendingValidators(archive, lambda: NOW, timedelta(hours=1))
        self.backfill = Backfill(archive, outlet, FAMILIES[outlet.family], plan, self.validators)


def test_a_page_is_done_when_all_before_it_is_stored(sqlite_archive: Archive) -> None:
    plan = plan_of(MASTER, "2026-09-01", "2026-09-02", section="do-thi")
    tale = Tale(sqlite_archive, MASTER, plan)
    [first] = tale.backfill.requests()
    second = tale.backfill.next_page(first, DiscoveryResult())
    assert second
    assert second.url.endswith("&fv=2026-09-01&s_cond=&BRSR=15")
    for key in "abc":
        tale.validators.open(key)
    tale.backfill.record_page(first, "ab", second)
    tale.backfill.record_page(second, "c", None)
    tale.validators.resolve("c", is_ok=True)
    assert [listing.url for listing in Tale(sqlite_archive, MASTER, plan).backfill.requests()] == [
        first.url
    ]
    tale.validators.resolve("a", is_ok=True)
    tale.validators.resolve("b", is_ok=True)
    assert list(Tale(sqlite_archive, MASTER, plan).backfill.requests()) == []
    other = replace(plan, sections=MASTER.sections[:1])
    assert window_of(other) != window_of(plan)
    assert len(list(Tale(sqlite_archive, MASTER, other).backfill.requests())) == 1
    tale.backfill.end()
    assert [listing.url for listing in Tale(sqlite_archive, MASTER, plan).backfill.requests()] == [
        first.url
    ]


def test_what_failed_is_asked_for_again(sqlite_archive: Archive) -> None:
    plan = plan_of(MASTER, "2026-09-01", "2026-09-02", section="do-thi")
    tale = Tale(sqlite_archive, MASTER, plan)
    [first] = tale.backfill.requests()
    second = tale.backfill.next_page(first, DiscoveryResult())
    assert second
    for key in "ab":
        tale.validators.open(key)
    tale.backfill.record_page(first, "a", second)
    tale.validators.resolve("a", is_ok=False)
    tale.backfill.record_page(second, "b", None)
    tale.validators.resolve("b", is_ok=True)
    assert [listing.url for listing in Tale(sqlite_archive, MASTER, plan).backfill.requests()] == [
        first.url
    ]


def test_paging_goes_on_at_the_page_where_it_was_left(sqlite_archive: Archive) -> None:
    outlet = EPI.model_copy(update={"sitemap": None, "sections": EPI.sections[:1]})
    plan = plan_of(outlet, "2026-08-30", "2026-09-02")
    tale = Tale(sqlite_archive, outlet, plan)
    [first] = tale.backfill.requests()
    found = DiscoveryResult((Link("https://tienphong.vn/mot-bai-post1900001.tpo", "listing"),))
    listing = first
    for _ in range(3):
        following = tale.backfill.next_page(listing, found)
        assert following
        tale.backfill.record_page(listing, (), following)
        listing = following
    [left] = Tale(sqlite_archive, outlet, plan).backfill.requests()
    assert (left.url, left.number, left.form) == (listing.url, 4, "epi-json")
    assert left.url.endswith("morenews-zone-242-3.html?phrase=")
    after = Tale(sqlite_archive, outlet, plan).backfill.next_page(left, found)
    assert after
    assert after.url.endswith("morenews-zone-242-4.html?phrase=")


@pytest.mark.parametrize(
    ("published", "period", "day"),
    [
        ("2026-08-31T20:00Z", None, "2026-09-01"),  # the next day there
        (None, None, ""),
        ("2026-08-15T00:00Z", ("2026-08-01", "2026-09-01"), "2026-08-15"),
        ("2026-11-20T00:00Z", ("2026-08-01", "2026-09-01"), "2026-08"),  # the time of a build
        (None, ("2026-08-01", "2026-09-01"), "2026-08"),
        (None, ("2026-08-28", "2026-09-03"), ""),
        ("2026-11-20T00:00Z", ("2026-08-05", "2026-08-06"), "2026-08-05"),
    ],
)
def test_what_a_sitemap_promises(
    published: str | None, period: tuple[str, str] | None, day: str
) -> None:
    at = datetime.fromisoformat(published) if published else None
    bounds = (date.fromisoformat(period[0]), date.fromisoformat(period[1])) if period else None
    assert promised_day(at, bounds, ZONE) == day
