"""Storing and reading, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from storage.archive import Archive, open_archive
from storage.codec.articles import article_from_json, article_to_json
from storage.errors import NotFoundError
from storage.model.articles import (
    ArchivedArticle,
    Article,
    ArticleQuery,
    Revision,
    Stored,
    Verdict,
)
from tests.support.observations import put
from tests.support.samples import article, articles, at, capture, run, url_of


def history(found: ArchivedArticle) -> list[tuple[int, str, datetime, datetime, tuple[str, ...]]]:
    return [
        (r.number, r.article.body, r.first_seen_at, r.last_seen_at, r.changed)
        for r in found.revisions
    ]


def test_a_stored_article_comes_back_whole(archive: Archive) -> None:
    stored = put(archive, 0)
    assert stored.verdict is Verdict.NEW
    assert stored.id is not None
    found = archive.articles.get(str(stored.id))
    assert found.id == stored.id
    assert found.latest.article == article()
    assert found.latest.capture == capture(0)
    assert archive.articles.get(url_of(1)) == found


def test_the_same_capture_is_known_and_writes_nothing(archive: Archive) -> None:
    first = put(archive, 0)
    before = archive.articles.get("1")
    assert put(archive, 0) == Stored(Verdict.KNOWN, first.id)
    copied = capture(0, record_id="<urn:uuid:copy>", warc_file="copy.warc.gz")
    assert archive.articles.store("run-1", copied, article(text="?")) == Stored(
        Verdict.KNOWN, first.id
    )
    assert archive.articles.get("1") == before


def test_unchanged_content_adds_no_revision_but_moves_the_last_sight(archive: Archive) -> None:
    put(archive, 0)
    stored = put(archive, 60, article(tags=("cầu",), modified_at=at(50)))
    assert stored.verdict is Verdict.UNCHANGED
    assert history(archive.articles.get("1")) == [(1, article().body, at(0), at(60), ())]
    assert archive.articles.get("1").latest.article == article()  # what its first sight said


def test_an_edit_adds_a_revision_and_keeps_the_earlier_text(archive: Archive) -> None:
    put(archive, 0)
    edited = article(text="Cầu mới thông xe.", title="Cầu số 1 thông xe", published_at=at(90))
    assert put(archive, 60, edited).verdict is Verdict.REVISED
    assert history(archive.articles.get("1")) == [
        (1, article().body, at(0), at(0), ()),
        (2, edited.body, at(60), at(60), ("title", "body", "published_at")),
    ]
    newest = archive.articles.find(ArticleQuery(since=at(90)))
    assert [found.latest.article.title for found in newest] == ["Cầu số 1 thông xe"]


def test_there_and_back_gives_three_revisions(archive: Archive) -> None:
    back = article(modified_at=at(115))
    verdicts = [put(archive, 0), put(archive, 60, article(text="B")), put(archive, 120, back)]
    assert [stored.verdict for stored in verdicts] == ["new", "revised", "revised"]
    found = archive.articles.get("1")
    assert [row[1] for row in history(found)] == [article().body, "B", article().body]
    assert found.latest.article == back


# Minutes and text; the last two share their moment.
OBSERVATIONS = [
    (0, "A"),
    (10, "A"),
    (20, "B"),
    (30, "A"),
    (40, "A"),
    (50, "C"),
    (60, "D"),
    (60, "E"),
]


def revisions_after(
    archive: Archive, observations: list[tuple[int, Article]]
) -> tuple[Revision, ...]:
    for minutes, item in observations:
        name = item.tags[0]
        put(archive, minutes, item, record_id=name, digest=name)
    return archive.articles.get(url_of(1)).revisions


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_storing_gives_the_same_revisions(
    archive: Archive, tmp_path: Path, seed: int
) -> None:
    # Each sight differs in furniture, so that the revision's own content is compared too.
    observations = [
        (m, article(text=t, tags=(f"sight {n}",))) for n, (m, t) in enumerate(OBSERVATIONS)
    ]
    with open_archive(f"sqlite:///{tmp_path / 'in-order.db'}") as ordered:
        ordered.runs.start(run())
        expected = revisions_after(ordered, observations)
    assert [r.article.body for r in expected[:4]] == ["A", "B", "A", "C"]
    assert {r.article.body for r in expected[4:]} == {"D", "E"}
    Random(seed).shuffle(observations)
    assert revisions_after(archive, observations) == expected


def test_dateless_articles_sort_by_their_first_capture(archive: Archive) -> None:
    put(archive, 30, article(1, published_at=None))
    put(archive, 20, article(2, published_at=at(40)))
    put(archive, 10, article(3, published_at=at(25)))
    put(archive, 5, article(1, published_at=None), record_id="older", digest="older")
    assert ids(archive, ArticleQuery()) == ["2", "3", "1"]


def ids(archive: Archive, query: ArticleQuery) -> list[str | None]:
    return [found.latest.article.article_id for found in archive.articles.find(query)]


@pytest.fixture
def filled(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """Two outlets, 36 articles, every third with the same time as the one before; small pages."""
    monkeypatch.setattr("storage.sql.articles.PAGE", 7)
    for number in range(36):
        outlet = "baothu" if number % 2 else "baokhac"
        item = article(number, outlet=outlet, published_at=at(number - (number % 3 == 2)))
        put(archive, 0, item, record_id=f"r{number}", digest=f"d{number}")
    return archive


def test_articles_come_newest_first_in_a_stable_order(filled: Archive) -> None:
    found = [(a.latest.article.published_at, a.id) for a in filled.articles.find(ArticleQuery())]
    assert len(found) == 36
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("outlets", [("baothu",), ("baokhac", "baothu", "baothu"), ("none",)])
def test_articles_of_chosen_outlets(filled: Archive, outlets: tuple[str, ...]) -> None:
    every = list(filled.articles.find(ArticleQuery()))
    wanted = [found for found in every if found.latest.article.outlet in outlets]
    assert list(filled.articles.find(ArticleQuery(outlets=outlets))) == wanted


def test_since_is_inclusive_and_until_exclusive(filled: Archive) -> None:
    hanoi = timezone(timedelta(hours=7))
    query = ArticleQuery(since=at(10).astimezone(hanoi), until=at(13))
    assert ids(filled, query) == ["12", "11", "10"]
    assert ids(filled, ArticleQuery(until=at(3))) == ["2", "1", "0"]
    assert len(ids(filled, ArticleQuery(limit=20))) == 20
    assert ids(filled, ArticleQuery(limit=0)) == []


def test_reading_goes_on_while_the_archive_is_written(filled: Archive) -> None:
    stream = filled.articles.find(ArticleQuery())
    next(stream)
    put(filled, 99, article(999, published_at=at(-1)))
    assert sum(1 for _ in stream) == 36


def test_a_query_time_without_zone_is_refused(archive: Archive) -> None:
    with pytest.raises(ValueError, match="since has no time zone"):
        archive.articles.find(ArticleQuery(since=datetime(2026, 1, 1)))  # noqa: DTZ001 - the mistake meant


@pytest.mark.parametrize(
    "ref", ["7", "0", "9" * 40, "https://baothu.vn/nope.html", "", "1\x00", "²"]
)
def test_an_unknown_reference_is_named(archive: Archive, ref: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        archive.articles.get(ref)
    assert repr(ref) in str(caught.value)
    assert "\n" not in str(caught.value)


_serial = count()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(articles)
def test_any_article_comes_back_as_it_went_in(archive: Archive, item: Article) -> None:
    mark = f"#{next(_serial)}"  # an identity of its own, where one archive serves all examples
    item = replace(item, url=item.url + mark, article_id=item.article_id and item.article_id + mark)
    stored = put(archive, 0, item, record_id=mark, digest=mark)
    assert stored.verdict is Verdict.NEW
    assert archive.articles.get(str(stored.id)).latest.article == item


@given(articles)
def test_json_keeps_everything(item: Article) -> None:
    assert article_from_json(article_to_json(item), item.extraction.version) == item


def test_json_keeps_a_lone_surrogate(archive: Archive) -> None:
    item = article(text="nửa \ud83d ký tự", title="\ud83d\x00")
    put(archive, 0, item)
    assert archive.articles.get("1").latest.article == item


EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize("moment", [EARLIEST, LATEST])
def test_times_keep_their_microseconds_and_order(archive: Archive, moment: datetime) -> None:
    item = article(2, published_at=moment)
    put(archive, 0)
    put(archive, 1, item)
    assert archive.articles.get(url_of(2)).latest.article.published_at == moment
    assert ids(archive, ArticleQuery()) == (["1", "2"] if moment == EARLIEST else ["2", "1"])


def test_times_without_zone_are_refused_and_nothing_is_stored(archive: Archive) -> None:
    naive = datetime(2026, 3, 1)  # noqa: DTZ001 - the mistake meant
    with pytest.raises(ValueError, match="no time zone"):
        put(archive, 0, captured_at=naive)
    with pytest.raises(ValueError, match="no time zone"):
        put(archive, 0, article(published_at=naive))
    assert archive.articles.seen("baothu", [url_of(1)]) == set()


def test_a_capture_needs_a_record_id(archive: Archive) -> None:
    with pytest.raises(ValueError, match="no record id"):
        put(archive, 0, record_id="")


def test_storing_needs_a_started_run(archive: Archive) -> None:
    with pytest.raises(NotFoundError, match="'run-2'"):
        archive.articles.store("run-2", capture(), article())
    assert archive.articles.seen("baothu", [url_of(1)]) == set()
