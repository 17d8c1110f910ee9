"""Articles by place, and the gazetteer, on both databases."""

from dataclasses import replace
from datetime import date, datetime
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.archive import Archive
from storage.errors import NotFoundError
from storage.model.articles import Article, ArticleQuery, Stored, Verdict
from storage.model.places import Field, Mention, Score, Succession, Tags, Unit
from storage.model.search import SearchQuery
from tests.support.samples import article, articles, at, capture, refusal, url_of
from tests.support.tagging import BECAME, CITY, NEW, OLD, OTHER, UNITS, about, ids, put, retag


def rows(archive: Archive, statement: str) -> list[tuple[object, ...]]:
    with archive.database.engine.connect() as conn:
        return [tuple(row) for row in conn.exec_driver_sql(statement)]


def test_tags_come_back_as_they_were_stored(gazetteer: Archive) -> None:
    tags = about(OLD.id, OTHER.id, note="trước năm 2013")
    assert put(gazetteer, 0, tags=tags).verdict is Verdict.NEW
    found = gazetteer.articles.get("1").latest
    assert found.tags == tags
    assert found.tags.primary == (OLD.id, OTHER.id)
    assert put(gazetteer, 0, article(2)).verdict is Verdict.NEW
    assert gazetteer.articles.get("2").latest.tags is None


_serial = count()
_unit_ids = st.sampled_from([unit.id for unit in UNITS])


@st.composite
def tagged(draw: st.DrawFn) -> tuple[Article, Tags]:
    item = draw(articles)
    fields: dict[Field, str] = {"title": item.title, "sapo": item.sapo or "", "body": item.body}
    mentions = []
    for field, text in fields.items():
        for _ in range(draw(st.integers(0, 2))):
            start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
            mentions.append(Mention(field, start, end, text[start:end], draw(_unit_ids)))
    scores = st.lists(
        st.builds(
            Score,
            _unit_ids,
            st.floats(allow_nan=False),
            st.sampled_from((None, "certain", "likely")),
        ),
        max_size=4,
        unique_by=lambda score: score.unit,
    )
    # No column keeps controls, which terminals act on.
    printable = st.characters(exclude_categories=["Cc", "Cs"])
    note = draw(st.none() | st.text(printable))
    return item, Tags("v1", tuple(mentions), tuple(draw(scores)), note)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tagged())
def test_any_tags_come_back_as_they_were_stored(
    gazetteer: Archive, case: tuple[Article, Tags]
) -> None:
    item, tags = case
    mark = f"#{next(_serial)}"
    item = replace(item, url=item.url + mark, article_id=item.article_id and item.article_id + mark)
    stored = put(gazetteer, 0, item, tags)
    assert gazetteer.articles.get(str(stored.id)).latest.tags == tags
    primary = ArticleQuery(places=tags.primary or ("none",))
    assert (stored.id in {found.id for found in gazetteer.articles.find(primary)}) == bool(
        tags.primary
    )


def test_a_query_can_ask_for_what_is_certain(gazetteer: Archive) -> None:
    certain = put(gazetteer, 0, article(1), about(OLD.id)).id
    sure, unsure = Score(OTHER.id, 5.0, "certain"), Score(OLD.id, 4.0, "likely")
    likely = put(gazetteer, 0, article(2), Tags("v1", (), (sure, unsure))).id
    either = ArticleQuery(places=(OLD.id,))
    assert {one.id for one in gazetteer.articles.find(either)} == {certain, likely}
    only = replace(either, about="certain")
    assert {one.id for one in gazetteer.articles.find(only)} == {certain}
    found = gazetteer.search.find(SearchQuery(places=(OLD.id,), about="certain"))
    assert [hit.article.id for hit in found.hits] == [certain]
    assert dict(gazetteer.places.counts(ArticleQuery())) == {OLD.id: 2, OTHER.id: 1}
    counts = gazetteer.places.counts(ArticleQuery(about="certain"))
    assert dict(counts) == {OLD.id: 1, OTHER.id: 1}


def test_an_unknown_unit_is_named_and_nothing_is_stored(archive: Archive) -> None:
    with pytest.raises(NotFoundError, match=r"'tp-x'.*load the gazetteer"):
        put(archive, 0, tags=about())
    assert archive.articles.seen("baothu", [url_of(1)]) == set()
    put(archive, 0)
    ((content, _, _),) = archive.places.untagged("v1", 9)
    with pytest.raises(NotFoundError, match="'tp-x'"):
        archive.places.tag({content: about()})
    assert archive.places.count_untagged("v1") == 1


def test_the_latest_state_is_what_an_article_is_about(gazetteer: Archive) -> None:
    put(gazetteer, 10, article(text="A"), about(OLD.id))
    put(gazetteer, 20, article(text="B"), about(OTHER.id))
    assert ids(gazetteer, OLD) == []
    assert ids(gazetteer, OTHER, OLD) == ["1"]
    put(gazetteer, 5, article(text="C"), about(NEW.id))  # an older state changes nothing
    assert ids(gazetteer, OLD, NEW) == []
    put(gazetteer, 30, article(text="A"), about(OLD.id))
    assert ids(gazetteer, OLD, OTHER, NEW) == ["1"]
    assert ids(gazetteer, OTHER, NEW, CITY) == []
    assert [r.tags and r.tags.primary for r in gazetteer.articles.get("1").revisions] == [
        (NEW.id,),
        (OLD.id,),
        (OTHER.id,),
        (OLD.id,),
    ]


def test_articles_joined_are_about_what_their_latest_state_is(gazetteer: Archive) -> None:
    moved = "https://baothu.vn/moved-1.html"
    put(gazetteer, 0, article(text="A"), about(OLD.id))
    put(gazetteer, 30, article(text="C", url=moved, article_id=None), about(NEW.id))
    assert len(ids(gazetteer, OLD, NEW)) == 2
    put(gazetteer, 20, article(text="B", url=moved), about(OTHER.id))
    assert ids(gazetteer, OLD, OTHER) == []
    assert len(ids(gazetteer, NEW)) == 1


@pytest.fixture
def filled(gazetteer: Archive, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """Two outlets, 40 articles; pages of 7, two places a statement."""
    monkeypatch.setattr("storage.sql.articles.PAGE", 7)
    monkeypatch.setattr("storage.sql.read.article_pages._TERMS", 2)
    for number in range(40):
        item = article(
            number,
            outlet="baothu" if number % 2 else "baokhac",
            published_at=at(number - (number % 3 == 2)),
        )
        put(gazetteer, 0, item, about(*(unit.id for unit in of(number))))
    return gazetteer


def of(number: int) -> list[Unit]:
    return [
        unit for unit, step in ((OLD, 2), (NEW, 3), (OTHER, 5), (CITY, 40)) if number % step == 0
    ]


CASES: list[tuple[list[Unit], ArticleQuery]] = [
    ([OLD], ArticleQuery()),
    ([OLD, NEW, OTHER], ArticleQuery()),
    ([OLD, NEW, OTHER, CITY], ArticleQuery(outlets=("baothu", "baokhac"))),
    ([NEW, OTHER, NEW], ArticleQuery(outlets=("baokhac",), since=at(3), until=at(31))),
    ([OLD, NEW, OTHER], ArticleQuery(since=at(2), limit=9)),
    ([OLD, NEW], ArticleQuery(outlets=("none",))),
]


def test_a_query_by_places_finds_what_a_search_by_hand_does(filled: Archive) -> None:
    for places, plain in CASES:
        by_hand = [
            found
            for found in filled.articles.find(replace(plain, limit=None))
            if set(places) & set(of(int(found.latest.article.article_id or 0)))
        ]
        query = replace(plain, places=tuple(unit.id for unit in places))
        assert list(filled.articles.find(query)) == by_hand[: plain.limit]
        counts = {
            unit.id: sum(unit in of(int(found.latest.article.article_id or 0)) for found in by_hand)
            for unit in UNITS
        }
        expected = sorted(((u, n) for u, n in counts.items() if n), key=lambda x: (-x[1], x[0]))
        assert filled.places.counts(query) == expected


def test_a_unit_is_valid_within_its_era() -> None:
    assert [OLD.valid_on(date(y, 7, 1)) for y in (1995, 1996, 2024, 2025)] == [
        False,
        True,
        True,
        False,
    ]
    assert OTHER.valid_on(date(1900, 1, 1))
    assert [unit.level for unit in (CITY, OLD, NEW)] == ["province", "district", "ward"]
    assert OLD.full_name == "quận A"


def test_unknown_places_have_no_articles(filled: Archive) -> None:
    assert ids(filled, "q-none", "\0\ud800") == []
    assert len(ids(filled, *(f"q-{n}" for n in range(30)), CITY)) == 1


def test_counting_checks_times(archive: Archive) -> None:
    assert archive.places.counts(ArticleQuery()) == []
    naive = ArticleQuery(until=datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake meant
    with pytest.raises(ValueError, match="until has no time zone"):
        archive.places.counts(naive)


def test_a_gazetteer_replaces_the_one_before(archive: Archive) -> None:
    assert archive.places.gazetteer_version() is None
    archive.places.load_gazetteer("v1", UNITS, BECAME)
    renamed = replace(OLD, name="Á", valid_from=None)
    archive.places.load_gazetteer("v2", [CITY, renamed, NEW], [BECAME[0]])
    assert archive.places.gazetteer_version() == "v2"
    found = rows(archive, "SELECT id, name, valid_from, level FROM units WHERE current")
    assert {row[0] for row in found} == {CITY.id, OLD.id, NEW.id}
    assert (OLD.id, "Á", None, "district") in found
    assert rows(archive, "SELECT old, new, share, resolution, clause FROM successions") == [
        (OLD.id, NEW.id, "part", "1656", 3)
    ]
    archive.places.load_gazetteer("v1", UNITS, BECAME)
    assert len(rows(archive, "SELECT id FROM units WHERE current")) == len(UNITS)


def test_units_that_a_newer_gazetteer_lacks_keep_their_articles(gazetteer: Archive) -> None:
    put(gazetteer, 0, tags=about(OTHER.id))
    gazetteer.places.load_gazetteer("v2", [CITY, OLD, NEW], [])
    assert ids(gazetteer, OTHER) == ["1"]
    # A crawl that still runs with the older gazetteer loses nothing either.
    put(gazetteer, 0, article(2), about(OTHER.id))
    assert sorted(map(str, ids(gazetteer, OTHER))) == ["1", "2"]
    retag(gazetteer, "v2", lambda _: about(OLD.id, version="v2"))
    assert ids(gazetteer, OTHER) == []


@pytest.mark.parametrize(
    ("units", "became", "word"),
    [
        ([CITY, CITY], [], "by one id"),
        ([OLD], [], "'tp-x'"),
        ([CITY], [Succession(CITY.id, "tp-y", "whole")], "'tp-y'"),
    ],
)
def test_a_gazetteer_that_is_not_whole_is_refused(
    gazetteer: Archive, units: list[Unit], became: list[Succession], word: str
) -> None:
    with pytest.raises(ValueError, match=word):
        gazetteer.places.load_gazetteer("v2", units, became)
    assert gazetteer.places.gazetteer_version() == "v1"
    assert len(rows(gazetteer, "SELECT id FROM units WHERE current")) == len(UNITS)


def test_retagging_covers_every_content_once(filled: Archive) -> None:
    put(filled, 50, article(1, text="B"), about(OLD.id))
    put(filled, 60, article(5, text="B"))
    put(filled, 70, article(3, text="B"), about(OLD.id, version="v0"))
    assert filled.places.count_untagged("v1") == 2
    assert retag(filled, "v1", lambda _: about(NEW.id)) == 2
    assert filled.places.count_untagged("v2") == 43
    assert retag(filled, "v2", lambda _: about(OTHER.id, version="v2")) == 43
    assert filled.places.untagged("v2", 9) == []
    assert ids(filled, OLD, NEW, CITY) == []
    assert len(ids(filled, OTHER)) == 40
    assert {r.tags and r.tags.version for r in filled.articles.get(url_of(1)).revisions} == {"v2"}


def test_a_refusal_has_no_tags(gazetteer: Archive) -> None:
    stored = gazetteer.articles.store("run-1", capture(), refusal(), (), about(OLD.id))
    assert stored == Stored(Verdict.REFUSED, None)
    assert gazetteer.places.counts(ArticleQuery()) == []
