"""Captures read again by newer code, on both databases."""

from dataclasses import replace
from datetime import datetime

import pytest

from storage.archive import Archive
from storage.errors import NotFoundError
from storage.model.articles import Article, ArticleQuery, RefusalReason, Stored, Verdict
from storage.model.places import Score, Tags, Unit
from storage.model.readings import Reading, RereadQuery
from tests.support.rereading import NOW, bodies, put, reread, waiting
from tests.support.samples import article, at, capture, read_by, refusal, url_of


def test_a_new_reading_replaces_the_text_and_is_no_edit(archive: Archive) -> None:
    put(archive, 0, article(text="A Quảng cáo"))
    put(archive, 30, article(text="B Quảng cáo"))
    assert reread(archive, article(text="A"), article(text="B", tags=("x",))) == ["changed"] * 2
    first, second = archive.articles.get("1").revisions
    assert (first.article, second.article.body) == (read_by(2, article(text="A")), "B")
    assert (first.first_seen_at, first.changed) == (at(0), ())
    assert (second.first_seen_at, second.changed, second.maybe_reextraction) == (
        at(30),
        ("body",),
        False,
    )
    assert first.readings == (
        Reading(at(0), 1, "outlet", ()),
        Reading(NOW, 2, "reextraction", ("body",)),
    )
    assert second.readings[1].changed == ("body", "tags")
    assert archive.articles.reading("1", 1, 0) == read_by(1, article(text="A Quảng cáo"))
    assert archive.articles.reading(url_of(1), 1, 1) == first.article
    assert waiting(archive) == []


def test_readings_pile_up_and_each_can_be_read(archive: Archive) -> None:
    put(archive, 0, article(text="A1"))
    for version in range(2, 6):
        reread(archive, article(text=f"A{version // 2}"), version=version)
    (revision,) = archive.articles.get("1").revisions
    assert [(r.version, r.origin, r.changed) for r in revision.readings] == [
        (3, "outlet", ()),  # 2 and 3 read it as 1 did
        (5, "reextraction", ("body",)),
    ]
    assert [archive.articles.reading("1", 1, n) for n in (0, 1)] == [
        read_by(3, article(text="A1")),
        read_by(5, article(text="A2")),
    ]


@pytest.mark.parametrize(
    ("ref", "number", "index"), [("2", 1, 0), ("1", 2, 0), ("1", 1, 1), ("1", 1, -1)]
)
def test_an_unknown_reading_is_named(archive: Archive, ref: str, number: int, index: int) -> None:
    put(archive, 0, article())
    with pytest.raises(NotFoundError):
        archive.articles.reading(ref, number, index)


def test_an_unchanged_reading_notes_its_version_only(archive: Archive) -> None:
    put(archive, 0, article())
    put(archive, 1, refusal(2))
    before = archive.articles.get("1").latest
    assert reread(archive, article(), refusal(2)) == ["unchanged"] * 2
    after = archive.articles.get("1").latest
    assert after == replace(
        before, article=read_by(2, article()), readings=(Reading(at(0), 2, "outlet", ()),)
    )
    assert [r for _, r in archive.articles.refusals()] == [refusal(2, version=2)]
    assert waiting(archive) == []


def test_states_that_differed_by_our_code_only_become_one(archive: Archive) -> None:
    put(archive, 0, article(text="A", title="Tựa"))
    put(archive, 30, article(text="A Quảng cáo", title="Tựa | Báo Thử"))
    put(archive, 60, article(text="A", title="Tựa"))
    assert len(bodies(archive)) == 3
    reread(archive, *[article(text="A", title="Tựa")] * 3)
    (state,) = archive.articles.get("1").revisions
    assert (state.first_seen_at, state.last_seen_at) == (at(0), at(60))


def test_a_listing_shows_what_the_latest_state_is_read_as(archive: Archive) -> None:
    put(archive, 0, article(text="A"))
    put(archive, 30, article(text="B", title="Sai", published_at=at(500)))
    reread(archive, article(text="A"), article(text="A"))  # its last state goes
    (found,) = archive.articles.find(ArticleQuery(until=at(499)))
    assert found == archive.articles.get("1")
    assert [name for name, _ in titles(archive)] == [article().title]


def titles(archive: Archive) -> list[tuple[str, datetime]]:
    with archive.database.engine.connect() as conn:
        rows = conn.exec_driver_sql("SELECT title, sort_at FROM articles ORDER BY id")
        return [(row[0], row[1]) for row in rows]


def test_a_difference_between_versions_is_marked_until_both_are_one(archive: Archive) -> None:
    put(archive, 0, article(text="A"))
    put(archive, 10, article(text="A"), version=2)
    put(archive, 20, article(text="B"), version=2)
    put(archive, 30, article(text="C"), version=3)
    # A and B were both read by 2; whether C is the outlet's, nobody knows yet.
    assert marks(archive) == [False, False, True]
    reread(archive, *map(read_a, "AAB"), version=3)
    assert marks(archive) == [False, False, False]
    put(archive, 25, article(text="B2"), version=1)
    assert marks(archive) == [False, False, True, True]


def read_a(text: str) -> Article:
    return article(text=text)


def marks(archive: Archive) -> list[bool]:
    return [revision.maybe_reextraction for revision in archive.articles.get("1").revisions]


def test_a_refusal_becomes_an_article(archive: Archive) -> None:
    amp = "https://baothu.vn/amp/1"
    crash = refusal(1, RefusalReason.CRASH, version=1)
    archive.articles.store("run-1", capture(5), crash, (amp,))
    assert archive.articles.seen("baothu", [url_of(1), amp]) == set()
    assert reread(archive, article()) == ["admitted"]
    assert archive.articles.get(amp).latest.article == read_by(2, article())
    assert archive.articles.seen("baothu", [url_of(1), amp]) == {url_of(1), amp}
    assert list(archive.articles.refusals()) == []
    assert archive.articles.get("1").latest.readings == (
        Reading(at(5), 1, "outlet", ()),
        Reading(NOW, 2, "reextraction", ("refusal",)),
    )
    assert archive.articles.reading("1", 1, 0) == crash
    assert archive.articles.store("run-1", capture(5), crash) == Stored(Verdict.KNOWN, 1)


def test_a_refusal_becomes_a_state_of_its_article(archive: Archive) -> None:
    put(archive, 0, article(text="A"))
    put(archive, 10, refusal(1, RefusalReason.EMPTY))
    put(archive, 20, article(text="A"))
    assert reread(archive, *map(read_a, "ABA")) == ["unchanged", "admitted", "unchanged"]
    assert bodies(archive) == ["A", "B", "A"]


def test_an_article_becomes_a_refusal_and_keeps_its_short_id(archive: Archive) -> None:
    amp = "https://baothu.vn/amp/1"
    archive.articles.store("run-1", capture(), article(), (amp,))
    put(archive, 1, article(2))
    video = refusal(1, RefusalReason.VIDEO)
    assert reread(archive, video) == ["refused"]
    for ref in ("1", url_of(1), amp):
        with pytest.raises(NotFoundError):
            archive.articles.get(ref)
    assert [found.id for found in archive.articles.find(ArticleQuery())] == [2]
    assert archive.articles.seen("baothu", [url_of(1), amp]) == set()  # one look settles nothing
    assert [r for _, r in archive.articles.refusals()] == [read_by(2, video)]
    assert reread(archive, refusal(1, RefusalReason.EMPTY), version=3) == ["changed"]
    assert archive.articles.seen("baothu", [url_of(1), amp]) == set()
    assert reread(archive, article(text="B"), version=4) == ["admitted"]
    revived = archive.articles.get(amp)
    assert (revived.id, revived.latest.article.body) == (1, "B")
    assert [r.changed for r in revived.latest.readings] == [()] + [("refusal",)] * 3
    assert archive.articles.reading("1", 1, 0) == read_by(1, article())


def test_a_page_refused_today_is_new_when_it_is_an_article_again(archive: Archive) -> None:
    put(archive, 0, article())
    reread(archive, refusal(1, RefusalReason.EMPTY))
    assert put(archive, 60, article(text="B"), version=2) == Stored(Verdict.NEW, 1)
    assert bodies(archive) == ["B"]


def test_what_our_code_fails_on_stays_as_it_was_read(archive: Archive) -> None:
    put(archive, 0, article())
    put(archive, 1, refusal(2, RefusalReason.EMPTY))
    failures = [refusal(1, RefusalReason.TIMEOUT), refusal(2, RefusalReason.CRASH)]
    assert reread(archive, *failures) == ["failed"] * 2
    assert bodies(archive) == [article().body]
    assert [r.reason for _, r in archive.articles.refusals()] == ["empty"]
    assert waiting(archive) == []  # asked again only by the version after


@pytest.mark.parametrize("reason", [RefusalReason.CRASH, RefusalReason.TIMEOUT])
def test_what_this_version_failed_on_is_read_again_by_it(
    archive: Archive, reason: RefusalReason
) -> None:
    put(archive, 0, article(1), version=2)
    put(archive, 1, replace(refusal(2), reason=reason), version=2)
    put(archive, 2, refusal(3), version=2)
    assert len(waiting(archive)) == archive.captures.count_to_reread(RereadQuery(2)) == 1
    assert len(waiting(archive, version=3)) == 3
    assert reread(archive, replace(refusal(2), reason=reason)) == ["failed"]
    assert reread(archive, article(2)) == ["admitted"]
    assert waiting(archive) == []


def test_redacted_captures_are_never_read_again(archive: Archive) -> None:
    put(archive, 0, refusal(1, RefusalReason.REDACTED))
    put(archive, 1, article(2))
    query = RereadQuery(2)
    ((id_, seen, item),) = archive.captures.to_reread(query, 9)
    assert (seen.url, item) == (url_of(2), article(2))
    assert archive.captures.count_to_reread(query) == 1
    assert archive.captures.reread([(id_ - 1, read_by(2, article()))], 2, NOW) == ["redacted"]
    assert archive.articles.seen("baothu", [url_of(1)]) == {url_of(1)}
    with pytest.raises(NotFoundError):
        archive.articles.get(url_of(1))


def test_wrong_calls_are_named_and_write_nothing(archive: Archive) -> None:
    put(archive, 0, article(1))
    put(archive, 1, article(2))
    good, other = waiting(archive)
    changed = read_by(2, article(1, text="B"))
    for wrong, error in (
        ((999, changed), NotFoundError),
        ((other, read_by(3, article(2))), ValueError),
        ((other, read_by(2, article(2, outlet="baokhac"))), ValueError),
        ((other, read_by(2, article(2, published_at=datetime(2026, 1, 1)))), ValueError),  # noqa: DTZ001 - the mistake
    ):
        with pytest.raises(error):
            archive.captures.reread([(good, changed), wrong], 2, NOW)
        assert bodies(archive) == [article().body]
    with pytest.raises(ValueError, match="no time zone"):
        archive.captures.reread([], 2, datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake
    with pytest.raises(ValueError, match="no time zone"):
        archive.captures.count_to_reread(RereadQuery(2, since=datetime(2026, 1, 1)))  # noqa: DTZ001 - the mistake
    assert waiting(archive) == [good, other]


def test_new_readings_await_their_tags(archive: Archive) -> None:
    unit = Unit("q-a", None, "quận", "A", None, None, None, "x")
    archive.places.load_gazetteer("v1", [unit], [])
    tags = Tags("v1", (), (Score("q-a", 5.0, "certain"),))
    archive.articles.store("run-1", capture(0), article(text="A"), (), tags)
    archive.articles.store("run-1", capture(1), article(text="A"), (), tags)
    about = ArticleQuery(places=("q-a",))
    reread(archive, article(text="B"))
    assert [r.tags for r in archive.articles.get("1").revisions] == [None, tags]
    assert len(list(archive.articles.find(about))) == 1  # its latest state is tagged
    reread(archive, article(text="B"))
    assert list(archive.articles.find(about)) == []
    ((content, item, first),) = archive.places.untagged(
        "v1", 9
    )  # the earlier readings are not asked for
    assert (item.body, first) == ("B", at(0))
    archive.places.tag({content: tags})
    assert len(list(archive.articles.find(about))) == 1
    reread(archive, article(text="A"), article(text="A"), version=3)
    assert [item.body for _, item, _ in archive.places.untagged("v1", 9)] == ["A"]
