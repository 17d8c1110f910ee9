"""What pages ask an archive: bounded in time and rows, by place, from a position on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from storage.archive import Archive, open_archive
from storage.errors import SlowQueryError
from storage.model.alarms import Cause, Finding
from storage.model.articles import ArticleQuery, RefusalReason
from storage.model.clusters import ClusterQuery, ClusterSize
from storage.model.edits import EditQuery
from storage.model.places import MonthCount, Score, Tags
from storage.model.runs import Outcome
from tests.support.samples import T0, article, at, capture, refusal, run
from tests.support.stories import put as put_story
from tests.support.stories import start_runs, story, told
from tests.support.tagging import NEW, OLD, OTHER, about, put

MONTH = 31 * 24 * 60  # minutes


def months(archive: Archive, *places: str, outlets: tuple[str, ...] = ()) -> list[MonthCount]:
    return archive.places.months(ArticleQuery(places=places, outlets=outlets))


def test_months_are_those_of_viet_nam(gazetteer: Archive) -> None:
    # T0 is 1 March, 8:00 UTC; a day before, at 17:00 UTC, March begins in Việt Nam.
    eve = article(1, published_at=T0 - timedelta(hours=15, seconds=1))
    begun = article(2, published_at=T0 - timedelta(hours=15))
    put(gazetteer, 0, eve, about(OLD.id))
    put(gazetteer, 0, begun, about(OLD.id))
    assert months(gazetteer, OLD.id) == [
        MonthCount("2026-02", "baothu", 1),
        MonthCount("2026-03", "baothu", 1),
    ]


def test_an_article_about_two_of_the_places_counts_once(gazetteer: Archive) -> None:
    put(gazetteer, 0, article(1), about(OLD.id, OTHER.id))
    put(gazetteer, 0, article(2), about(OTHER.id))
    assert [one.articles for one in months(gazetteer, OLD.id, OTHER.id)] == [2]
    assert [one.articles for one in months(gazetteer, NEW.id)] == []
    assert months(gazetteer, OLD.id, OTHER.id, outlets=("other",)) == []
    counts = gazetteer.places.unit_counts(ArticleQuery(places=(OLD.id, OTHER.id, NEW.id)))
    assert counts == {OLD.id: 1, OTHER.id: 2}
    late = ArticleQuery(places=(OTHER.id,), since=at(2))
    assert gazetteer.places.unit_counts(late) == {OTHER.id: 1}


def test_a_list_goes_on_after_a_position(archive: Archive) -> None:
    for number in range(1, 8):  # all of one minute
        archive.articles.store("run-1", capture(9, number), article(number, published_at=at(1)))
    query, seen, after = ArticleQuery(limit=2), list[int](), None
    while page := list(archive.articles.find(query, after)):
        seen += [one.id for one in page]
        after = at(1), page[-1].id
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 7


def test_articles_of_very_many_places_are_those_of_each(gazetteer: Archive) -> None:
    for number in range(1, 9):
        unit = (OLD, NEW, OTHER)[number % 3]
        put(gazetteer, number, article(number), about(unit.id))
    nowhere = tuple(f"none-{number}" for number in range(700))

    def found(*places: str, **more: object) -> list[int]:
        query = ArticleQuery(places=places, **more)  # type: ignore[arg-type]
        return [one.id for one in gazetteer.articles.find(query)]

    for units in ((OLD.id,), (OLD.id, NEW.id), (OLD.id, NEW.id, OTHER.id)):
        assert found(*units, *nowhere) == found(*units)
        assert found(*units, *nowhere, limit=2, offset=1) == found(*units, limit=2, offset=1)
        assert found(*units, *nowhere, outlets=("baothu",)) == found(*units)
    assert found(*nowhere) == []


def test_only_what_is_certain_counts_where_that_is_asked_for(gazetteer: Archive) -> None:
    for number, confidence in ((1, "certain"), (2, "likely"), (3, "certain")):
        tags = Tags("v1", (), (Score(OLD.id, 5.0, confidence),))  # type: ignore[arg-type]
        put(gazetteer, number, article(number), tags)
    nowhere = tuple(f"none-{number}" for number in range(50))
    for places in ((OLD.id,), (OLD.id, *nowhere)):
        query = ArticleQuery(places=places, about="certain")
        found = [one.latest.article.article_id for one in gazetteer.articles.find(query)]
        assert found == ["3", "1"]
        later = replace(query, offset=1)
        assert [one.latest.article.article_id for one in gazetteer.articles.find(later)] == ["1"]
        assert gazetteer.articles.count(query) == 2
        assert [one.articles for one in gazetteer.places.months(query)] == [2]
        assert gazetteer.places.unit_counts(query) == {OLD.id: 2}


@pytest.mark.parametrize("recent", [timedelta(), timedelta(days=7)])
@pytest.mark.parametrize("most", [2, 20])
def test_articles_of_places_with_very_many_articles(
    gazetteer: Archive, monkeypatch: pytest.MonkeyPatch, most: int, recent: timedelta
) -> None:
    monkeypatch.setattr("storage.sql.read.article_pages._SORTED", most)
    monkeypatch.setattr("storage.sql.read.article_pages._RECENT", recent)
    for number in range(1, 9):
        put(gazetteer, number, article(number), about((OLD, NEW)[number % 2].id))
    nowhere = tuple(f"none-{number}" for number in range(50))
    query = ArticleQuery(places=(OLD.id, *nowhere), limit=3)
    plain = ArticleQuery(places=(OLD.id,), limit=3)
    for until in (None, at(6), at(4), datetime.min.replace(tzinfo=UTC)):
        found = gazetteer.articles.find(replace(query, until=until))
        assert list(found) == list(gazetteer.articles.find(replace(plain, until=until)))
    first, second, _ = gazetteer.articles.find(plain)
    position = (first.latest.article.published_at or first.latest.first_seen_at, first.id)
    [following, *_] = gazetteer.articles.find(query, after=position)
    assert following == second


def test_edits_and_removals_are_found_by_place(gazetteer: Archive) -> None:
    for number, unit in ((1, OLD), (2, NEW)):
        put(gazetteer, number, article(number, "Trước."), about(unit.id))
        put(gazetteer, number + 60, article(number, "Sau."), about(unit.id))
        gone = capture(number + 90, number, status=404)
        gazetteer.articles.store("run-1", gone, refusal(number))
    edits = list(gazetteer.articles.edits(EditQuery(places=(OLD.id,))))
    assert [edit.after.article.article_id for edit in edits] == ["1"]
    assert len(list(gazetteer.articles.edits(EditQuery(limit=1)))) == 1
    query = EditQuery(places=(NEW.id,), since=at(0), limit=5)
    found = gazetteer.articles.removals(query)
    assert [(one.latest.article.article_id, one.removed_at) for one in found] == [("2", at(92))]
    everything = gazetteer.articles.removals(EditQuery(since=at(0), limit=5))
    assert [one.removed_at for one in everything] == [at(92), at(91)]
    assert gazetteer.articles.removals(EditQuery(since=at(95), limit=5)) == []
    assert gazetteer.articles.removals(EditQuery(since=at(0), until=at(91), limit=5)) == []
    other = EditQuery(outlets=("other",), since=at(0), limit=5)
    assert gazetteer.articles.removals(other) == []
    with pytest.raises(ValueError, match="needs `since` and `limit`"):
        gazetteer.articles.removals(EditQuery())


def test_an_article_that_is_back_is_not_gone(archive: Archive) -> None:
    archive.articles.store("run-1", capture(1), article())
    archive.articles.store("run-1", capture(5, status=404), refusal())
    archive.articles.store("run-1", capture(9), article())
    assert archive.articles.removals(EditQuery(since=at(0), limit=5)) == []


def test_stories_are_counted_and_shown_once(archive: Archive) -> None:
    start_runs(archive)
    lines = story(1, 12)
    source = put_story(archive, told(0, lines, minutes=1))
    copy = put_story(archive, told(1, lines, minutes=2))
    other = put_story(archive, told(2, story(2, 12), minutes=3))
    sizes = archive.clusters.sizes([source, copy, other, 999])
    assert sizes == {source: ClusterSize(source, 2, 2), copy: ClusterSize(source, 2, 2)}
    assert archive.clusters.sizes([]) == {}
    only = ArticleQuery(without_copies=True)
    assert [one.id for one in archive.articles.find(only)] == [other, source]
    assert archive.articles.count(only) == 2
    assert list(archive.clusters.find(ClusterQuery(places=("none",)))) == []


def test_a_story_is_about_what_any_of_its_articles_is_about(gazetteer: Archive) -> None:
    start_runs(gazetteer)
    source = put_story(gazetteer, told(0, story(1, 12), minutes=1))
    copy = put_story(gazetteer, told(1, story(1, 12), minutes=2))
    put_story(gazetteer, told(2, story(2, 12), minutes=3))
    named = {
        gazetteer.articles.get(str(id_)).latest.article.url: unit
        for id_, unit in ((source, OLD.id), (copy, OTHER.id))
    }
    texts = gazetteer.places.untagged("v1", 9)
    gazetteer.places.tag({row: about(named.get(item.url, NEW.id)) for row, item, _ in texts})

    def found(unit: str, minutes: float | None = None) -> list[int]:
        since = None if minutes is None else at(minutes)
        query = ClusterQuery(places=(unit,), since=since)
        ids = [one.id for one in gazetteer.clusters.find(query)]
        many = replace(query, places=(unit, *(f"none-{number}" for number in range(50))))
        assert [one.id for one in gazetteer.clusters.find(many)] == ids
        assert gazetteer.clusters.count(many) == len(ids)
        return ids

    assert found(OLD.id) == found(OTHER.id) == found(OTHER.id, 1) == [source]
    assert found(OTHER.id, 2) == found(NEW.id) == []


def test_refusals_are_counted_by_reason(archive: Archive) -> None:
    for number in (1, 2):
        archive.articles.store("run-1", capture(number, number, status=404), refusal(number))
    archive.articles.store("run-1", capture(3, 3), refusal(3, RefusalReason.VIDEO))
    counts = archive.articles.refusal_counts("baothu", at(2))
    assert counts == {RefusalReason.NOT_FOUND: 1, RefusalReason.VIDEO: 1}
    assert list(archive.articles.refusal_counts("baothu", at(0)).values()) == [2, 1]
    assert archive.articles.refusal_counts("other", at(0)) == {}


def test_the_stamp_changes_with_what_pages_show(gazetteer: Archive) -> None:
    stamps = [gazetteer.articles.stamp()]

    def changed() -> bool:
        stamps.append(gazetteer.articles.stamp())
        return stamps[-1] not in stamps[:-1]

    assert not changed()
    put(gazetteer, 1, article(1), about(OLD.id))
    assert changed()
    gazetteer.maintenance.redact("1", "asked", "me", at(5))
    assert changed()
    gazetteer.runs.finish(run(outcome=Outcome.DONE, ended_at=at(9)))
    assert changed()
    gazetteer.places.load_gazetteer("v2", [], [])
    assert changed()
    gazetteer.alarms.sync([Finding(Cause.DISK, None, "đầy đĩa", at(9))], [None], at(10))
    assert changed()
    gazetteer.alarms.sync([], [None], at(20))
    assert gazetteer.articles.stamp() != stamps[-1]


def test_a_question_that_takes_too_long_is_ended(archive_url: str) -> None:
    with open_archive(archive_url, create=False, read_only=True, query_seconds=0.2) as opened:
        numbers = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000)"
        )
        endless = sa.text(f"{numbers} SELECT count(*) FROM n")
        for _ in range(2):
            with (
                pytest.raises(SlowQueryError, match="ask for less"),
                opened.database.reading() as conn,
            ):
                conn.execute(endless)
        with opened.database.reading() as conn:  # the connection serves on
            assert conn.execute(sa.text("SELECT 1")).scalar_one() == 1
