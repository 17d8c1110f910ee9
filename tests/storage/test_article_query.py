"""Each filter of ArticleQuery finds what a plain reading of all rows finds, on both databases."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.archive import Archive
from storage.model.articles import Article, ArticleQuery, Refusal, RefusalReason
from storage.model.places import Score, Tags
from tests.support.emptying import emptied
from tests.support.samples import article, at, capture, url_of
from tests.support.tagging import BECAME, UNITS

OUTLETS = ("baothu", "baokhac")
PLACES = tuple(unit.id for unit in UNITS)
LAST = 40  # minutes; every event has one of its own


@dataclass(frozen=True)
class Event:
    """A page that was asked for: the article's number, and what came.

    published: minutes, None where the page gives none. place: the unit that its text is about.
    """

    minutes: int
    number: int
    reason: RefusalReason | None
    published: int | None
    place: str

    @property
    def outlet(self) -> str:
        return OUTLETS[self.number % 2]

    @property
    def result(self) -> Article | Refusal:
        if self.reason:
            return Refusal(self.outlet, url_of(self.number), self.reason, "as the test says")
        return article(
            self.number,
            f"Một bài về {self.place}.",
            outlet=self.outlet,
            published_at=None if self.published is None else at(self.published),
        )


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    minutes = draw(st.lists(st.integers(0, LAST), unique=True, min_size=1, max_size=14))
    reasons = st.sampled_from(
        [None, None, RefusalReason.NOT_FOUND, RefusalReason.NOT_FOUND, RefusalReason.BLOCKED]
    )
    published = st.none() | st.integers(0, LAST)
    return [
        Event(
            minute,
            draw(st.integers(1, 4)),
            draw(reasons),
            draw(published),
            draw(st.sampled_from(PLACES)),
        )
        for minute in minutes  # in any order: replays bring older captures later
    ]


moments = st.none() | st.integers(-1, LAST + 1).map(at)
queries = st.builds(
    ArticleQuery,
    outlets=st.lists(st.sampled_from([*OUTLETS, "baola"]), max_size=2).map(tuple),
    places=st.lists(st.sampled_from([*PLACES, "khong-co"]), max_size=3).map(tuple),
    since=moments,
    until=moments,
    limit=st.none() | st.integers(0, 3),
    removed=st.booleans(),
)


@dataclass(frozen=True)
class Row:
    """What a plain reading makes of one article's events."""

    id: int
    outlet: str
    sort_at: datetime
    place: str
    removed_at: datetime | None


def read_plainly(events: Sequence[Event], ids: dict[int, int]) -> list[Row]:
    rows = []
    for number, id_ in ids.items():
        own = sorted((e for e in events if e.number == number), key=lambda e: e.minutes)
        shown = [e for e in own if e.reason is None]
        first, last = shown[0], shown[-1]
        gone = [
            e.minutes
            for e in own
            if e.reason is RefusalReason.NOT_FOUND and e.minutes > last.minutes
        ]
        sort_at = at(first.minutes if last.published is None else last.published)
        removed_at = at(gone[0]) if gone else None
        rows.append(Row(id_, last.outlet, sort_at, last.place, removed_at))
    return sorted(rows, key=lambda row: (row.sort_at, row.id), reverse=True)


def matches(row: Row, query: ArticleQuery) -> bool:
    return (
        (not query.outlets or row.outlet in query.outlets)
        and (not query.places or row.place in query.places)
        and (query.since is None or row.sort_at >= query.since)
        and (query.until is None or row.sort_at < query.until)
        and (not query.removed or row.removed_at is not None)
    )


def store(archive: Archive, events: Sequence[Event]) -> dict[int, int]:
    """Store events in the order given; return the short ids by number."""
    ids = {}
    for event in events:
        name = f"record {event.minutes}"
        seen = capture(event.minutes, event.number, record_id=name, digest=name)
        tags = None if event.reason else Tags("v1", (), (Score(event.place, 1.0, "certain"),))
        stored = archive.articles.store("run-1", seen, event.result, (), tags)
        if event.reason is None and stored.id is not None:
            ids[event.number] = stored.id
    return ids


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(events=histories(), asked=st.lists(queries, min_size=1, max_size=12))
def test_a_query_finds_what_a_plain_reading_finds(
    archive: Archive, events: list[Event], asked: list[ArticleQuery]
) -> None:
    emptied(archive)
    rows = read_plainly(events, store(archive, events))
    for query in [ArticleQuery(), ArticleQuery(removed=True), *asked]:
        every = [row for row in rows if matches(row, query)]
        assert archive.articles.count(query) == len(every), query
        for offset in (0, 1, 3):
            part = replace(query, offset=offset)
            found = list(archive.articles.find(part))
            expected = every[offset:][: query.limit]
            assert [(one.id, one.removed_at) for one in found] == [
                (row.id, row.removed_at) for row in expected
            ], part


def test_an_article_is_removed_beside_later_events_of_others(archive: Archive) -> None:
    archive.places.load_gazetteer("v1", UNITS, BECAME)
    gone, place = RefusalReason.NOT_FOUND, PLACES[0]
    events = [
        Event(0, 1, None, 5, place),
        Event(1, 2, None, 6, place),
        Event(2, 1, gone, None, place),
        Event(30, 2, None, 6, place),
        Event(31, 3, None, 7, place),
    ]
    ids = store(archive, events)
    (found,) = archive.articles.find(ArticleQuery(removed=True))
    assert (found.id, found.removed_at) == (ids[1], at(2))
    for query in (
        ArticleQuery(removed=True, outlets=("baokhac",)),
        ArticleQuery(removed=True, places=(place,), limit=1),
        ArticleQuery(removed=True, since=at(5), until=at(6)),
    ):
        assert [one.id for one in archive.articles.find(query)] == [ids[1]]
    assert not list(archive.articles.find(ArticleQuery(removed=True, outlets=("baothu",))))
