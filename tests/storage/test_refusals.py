"""Pages that are no articles, and what was seen, on both databases."""

import pytest

from storage.archive import Archive
from storage.model.articles import Refusal, RefusalQuery, RefusalReason, Stored, Verdict
from tests.support.observations import put
from tests.support.samples import article, at, capture, refusal, url_of


@pytest.mark.parametrize("reason", RefusalReason)
def test_only_final_refusals_count_as_seen(archive: Archive, reason: RefusalReason) -> None:
    alias = "https://baothu.vn/amp/1"
    assert put(archive, 0, refusal(1, reason), (alias,)) == Stored(Verdict.REFUSED, None)
    seen = archive.articles.seen("baothu", [url_of(1), alias, url_of(2)])
    assert seen == ({url_of(1), alias} if reason.is_final else set())
    assert archive.articles.seen("baokhac", [url_of(1)]) == set()
    assert not RefusalReason.FUTURE_DATE.is_final, "tomorrow it is an article"


DAY = 24 * 60


@pytest.mark.parametrize(
    ("minutes", "is_seen"),
    [((0, DAY - 1), False), ((0, DAY), True), ((DAY, 60, 0), True), ((0, 600, 1200), False)],
)
def test_what_is_not_found_for_a_day_is_asked_no_more(
    archive: Archive, minutes: tuple[int, ...], is_seen: bool
) -> None:
    for moment in minutes:
        put(archive, moment, refusal(1, RefusalReason.NOT_FOUND), status=404)
    put(archive, 3 * DAY, refusal(1, RefusalReason.BLOCKED), status=403)
    put(archive, 5 * DAY, refusal(2, RefusalReason.NOT_FOUND), status=404)
    seen = archive.articles.seen("baothu", [url_of(1), url_of(2)])
    assert seen == ({url_of(1)} if is_seen else set())


def test_a_story_that_was_listed_before_its_page_was_up_is_stored(archive: Archive) -> None:
    put(archive, 0, refusal(1, RefusalReason.NOT_FOUND), status=404)
    assert archive.articles.seen("baothu", [url_of(1)]) == set()
    assert put(archive, 60).verdict is Verdict.NEW
    assert archive.articles.seen("baothu", [url_of(1)]) == {url_of(1)}


def test_a_refusal_stored_before_is_known(archive: Archive) -> None:
    put(archive, 0, refusal())
    assert put(archive, 0, refusal()) == Stored(Verdict.KNOWN, None)
    assert len(list(archive.articles.refusals())) == 1


def test_a_refused_url_that_becomes_an_article_is_one(archive: Archive) -> None:
    put(archive, 0, refusal(1, RefusalReason.BLOCKED))
    assert put(archive, 60).verdict is Verdict.NEW
    assert archive.articles.seen("baothu", [url_of(1)]) == {url_of(1)}
    assert put(archive, 0, refusal(1, RefusalReason.BLOCKED)) == Stored(Verdict.KNOWN, 1)


def test_an_article_that_is_gone_later_keeps_its_text(archive: Archive) -> None:
    stored = put(archive, 0)
    gone = put(archive, 60, refusal(), status=410)
    assert gone == Stored(Verdict.REFUSED, stored.id)
    assert archive.articles.get("1").latest.article == article()
    assert [(c.status, r.reason) for c, r in archive.articles.refusals()] == [(410, "not_found")]


def test_refusals_come_newest_capture_first(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.sql.articles.PAGE", 7)
    for number in (3, 1, 2, *range(4, 20)):
        put(archive, number, refusal(number))
    other = Refusal("baokhac", "https://baokhac.vn/x", RefusalReason.VIDEO, "player \x00")
    put(archive, 500, other)
    found = list(archive.articles.refusals())
    assert found[0][1] == Refusal("baokhac", other.url, RefusalReason.VIDEO, "player \ufffd")
    assert found[1:] == [(capture(n, url=url_of(n)), refusal(n)) for n in range(19, 0, -1)]
    for query, expected in (
        (RefusalQuery(outlets=("baokhac",)), found[:1]),
        (RefusalQuery(reasons=(RefusalReason.VIDEO, RefusalReason.BLOCKED)), found[:1]),
        (RefusalQuery(outlets=("baothu",), since=at(2), until=at(4)), found[17:19]),
    ):
        assert list(archive.articles.refusals(query)) == expected
        assert archive.articles.count_refusals(query) == len(expected)


def test_seen_takes_more_urls_than_a_statement_holds(archive: Archive) -> None:
    put(archive, 0)
    asked = [f"https://baothu.vn/{n}" for n in range(2000)] + [url_of(1)]
    assert archive.articles.seen("baothu", asked) == {url_of(1)}
    assert archive.articles.seen("baothu", []) == set()
