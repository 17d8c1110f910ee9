"""Addresses that brought no article: when they are asked again, and when given up; on both."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from storage.archive import Archive, open_archive, upgrade_archive
from storage.model.articles import RefusalReason
from storage.model.links import DiscoveredLink, Looks
from tests.storage.test_upgrade import schema_of
from tests.support.first_schema import make_first
from tests.support.observations import put
from tests.support.rereading import reread
from tests.support.samples import article, at, capture, refusal, run, url_of

HOUR, DAY = 60, 24 * 60
NOT_ARTICLE = RefusalReason.NOT_ARTICLE


def name(archive: Archive, *numbers: int) -> None:
    """Let a listing name those articles."""
    met = [DiscoveredLink(url_of(number), str(number), "feed") for number in numbers]
    archive.links.record("baothu", met, at(0))


def due(archive: Archive, minutes: float, limit: int = 9) -> list[str]:
    return archive.links.due("baothu", at(minutes), limit)


def seen(archive: Archive, *numbers: int) -> set[str]:
    return archive.articles.seen("baothu", [url_of(number) for number in numbers])


@pytest.mark.parametrize("reason", [reason for reason in RefusalReason if not reason.is_final])
def test_no_reason_is_final_after_one_look(archive: Archive, reason: RefusalReason) -> None:
    put(archive, 0, refusal(1, reason))
    put(archive, DAY - 1, refusal(1, reason))
    assert seen(archive, 1) == set()
    put(archive, DAY, refusal(1, reason))
    assert seen(archive, 1) == ({url_of(1)} if reason.can_settle else set())


def test_looks_that_do_not_agree_give_nothing_up(archive: Archive) -> None:
    put(archive, 0, refusal(1, NOT_ARTICLE))
    put(archive, DAY, refusal(1, RefusalReason.NOT_FOUND), status=404)
    put(archive, 2 * DAY - 1, refusal(1, RefusalReason.NOT_FOUND), status=404)
    assert seen(archive, 1) == set()
    put(archive, 2 * DAY, refusal(1, RefusalReason.NOT_FOUND), status=404)
    assert seen(archive, 1) == {url_of(1)}


def test_one_look_is_enough_where_it_is_final(archive: Archive) -> None:
    gone, alias = refusal(1), "https://baothu.vn/amp/1"
    archive.articles.store(
        "run-1", capture(0, url=gone.url, status=410), gone, (alias,), is_final=True
    )
    assert archive.articles.seen("baothu", [url_of(1), alias]) == {url_of(1), alias}
    name(archive, 1)
    assert due(archive, 2 * DAY) == []


@pytest.mark.slow
def test_what_waits_is_due_at_growing_intervals_for_thirty_days(archive: Archive) -> None:
    name(archive, 1)
    asked = []
    # Later on only at 6-hourly times of the schedule and just before them.
    for half_hour in (n for n in range(40 * 48) if n <= 256 or n % 12 in (3, 4)):
        moment = half_hour * 30
        if half_hour == 0 or due(archive, moment):
            asked.append(moment)
            put(archive, moment, refusal(1, RefusalReason.EMPTY))
    hours = [moment / HOUR for moment in asked]
    assert hours == [0, 0.5, 1, 2, 4, 8, 16, 32, 64, *range(128, 777, 72)]
    assert seen(archive, 1) == set(), "a shell without a text is never settled"


@pytest.mark.parametrize("silence", [15, 40, 400])
def test_after_a_long_silence_there_is_one_more_look(archive: Archive, silence: int) -> None:
    name(archive, 1)
    put(archive, 0, refusal(1, RefusalReason.EMPTY))
    assert due(archive, silence * DAY) == [url_of(1)]
    put(archive, silence * DAY, refusal(1, RefusalReason.EMPTY))
    again = due(archive, (silence + 3) * DAY)
    assert again == ([url_of(1)] if silence < 30 else []), "thirty days lie between its looks"


def test_what_waits_longest_comes_first_and_only_what_listings_named(archive: Archive) -> None:
    name(archive, 1, 2, 3, 4)
    for number, minute in ((3, 1), (1, 2), (2, 3), (9, 0)):
        put(archive, minute, refusal(number, NOT_ARTICLE))
    put(archive, 3, article(4))
    assert due(archive, 60) == [url_of(3), url_of(1), url_of(2)]
    assert due(archive, 60, limit=2) == [url_of(3), url_of(1)]
    assert archive.links.due("baokhac", at(60), 9) == []
    put(archive, 61, article(3))
    assert due(archive, 90) == [url_of(1), url_of(2)], "its article came"


def test_what_one_outlet_has_settled_another_still_waits_for(archive: Archive) -> None:
    for outlet in ("baothu", "baokhac"):
        archive.links.record(outlet, [DiscoveredLink(url_of(1), "1", "feed")], at(0))
        put(archive, 0, replace(refusal(1, RefusalReason.EMPTY), outlet=outlet))
    put(archive, 5, article(1))
    for _ in range(2):
        assert due(archive, 60) == []
        assert archive.links.due("baokhac", at(60), 9) == [url_of(1)]


def test_an_article_stored_at_another_address_waits_no_more(archive: Archive) -> None:
    name(archive, 1)
    put(archive, 0, refusal(1, NOT_ARTICLE))
    put(archive, 5, article(1, url="https://baothu.vn/ten-moi-1.html"))
    assert due(archive, 60) == []


def test_looks_are_told_by_address(archive: Archive) -> None:
    put(archive, 0, refusal(1, NOT_ARTICLE))
    put(archive, 50, refusal(1, RefusalReason.BLOCKED))
    put(archive, 0, article(2))
    urls = [url_of(1), url_of(2), url_of(3)]
    assert archive.links.looks("baothu", urls) == {url_of(1): Looks(at(0), at(50))}
    assert archive.links.looks("baokhac", urls) == {}


def test_what_a_later_version_refuses_is_stored_no_more_and_waits(archive: Archive) -> None:
    sitemap = DiscoveredLink(url_of(1), "1", "sitemap", "2026-03-01")
    archive.links.record("baothu", [sitemap], at(0))
    put(archive, 0, article(1))
    assert [row.stored for row in archive.links.promises("baothu", None, None, "day")] == [1]
    assert reread(archive, refusal(1, RefusalReason.EMPTY)) == ["refused"]
    assert [row.stored for row in archive.links.promises("baothu", None, None, "day")] == [0]
    assert archive.links.missing("baothu", None, None, 9) == [("2026-03-01", url_of(1))]
    assert due(archive, 60) == [url_of(1)]
    assert archive.articles.seen_ids("baothu", ["1"]) == set()


@pytest.mark.parametrize(
    ("first", "last", "now", "is_due"),
    [
        (0, 0, 0, True),
        (0, 59, 60, True),
        (0, 60, 119, False),
        (0, 60, 120, True),
        (0, 10 * DAY, 13 * DAY - 1, False),
        (0, 10 * DAY, 13 * DAY, True),
        (0, 200 * DAY, 203 * DAY, True),
    ],
)
def test_the_time_between_looks_doubles_up_to_three_days(
    first: int, last: int, now: int, is_due: bool
) -> None:
    assert Looks(at(first), at(last)).is_due(at(now)) is is_due


def test_a_second_reading_of_a_final_refusal_leaves_it_final(archive: Archive) -> None:
    sent_on = refusal(1, RefusalReason.MOVED, version=1)
    archive.articles.store("run-1", capture(0), sent_on, is_final=True)
    assert reread(archive, refusal(1, NOT_ARTICLE)) == ["changed"]
    assert seen(archive, 1) == {url_of(1)}


def test_an_upgraded_archive_gives_up_what_is_gone_for_good(empty_url: str) -> None:
    make_first(empty_url)
    engine = sa.create_engine(empty_url)
    with engine.begin() as conn:
        of_a_refusal = "(SELECT capture FROM refusals WHERE reason = 'video')"
        conn.exec_driver_sql(f"UPDATE captures SET status = 410 WHERE id IN {of_a_refusal}")
    before, now = upgrade_archive(empty_url)
    assert (before, schema_of(empty_url)) == ("0001", now)
    with engine.begin() as conn:
        final = conn.exec_driver_sql("SELECT reason FROM refusals WHERE final").scalars()
        assert list(final) == ["video"]
    engine.dispose()
    with open_archive(empty_url) as archive:
        archive.runs.start(run("run-9"))
        archive.articles.store("run-9", capture(9, 99), refusal(99, NOT_ARTICLE), is_final=True)
        assert seen(archive, 99) == {url_of(99)}
